//! Finds loops and functions in a source text as rustfmt has laid it out, and puts a question where each turn or call begins.

/// What stands around a line: a function or a closure.
struct Around<'a> {
    indent: &'a str,
    can_fail: bool,
}

/// The text with `question` as the first line of every loop of a function that gives a `JsResult`, and of the functions
/// called `functions`. Loops of closures are left alone: what they give cannot be seen.
pub fn ask(text: &str, functions: &[&str], question: &str) -> String {
    let mut made = String::with_capacity(text.len());
    let mut around: Vec<Around<'_>> = Vec::new();
    // The head of a function or of a loop that goes on over several lines.
    let mut function_head: Option<(&str, String)> = None;
    let mut loop_head: Option<&str> = None;
    for line in text.lines() {
        made.push_str(line);
        made.push('\n');
        let code = line.trim_start();
        let indent = line.get(..line.len() - code.len()).unwrap_or_default();
        if code.is_empty() || code.starts_with("//") {
            continue;
        }
        if code.starts_with('}') {
            while around.last().is_some_and(|inner| inner.indent.len() >= indent.len()) {
                around.pop();
            }
        }
        if let Some((at, head)) = &mut function_head {
            head.push_str(code);
            if code.ends_with('{') || code.ends_with(';') || code.ends_with('}') {
                let (indent, can_fail) = (*at, head.contains("-> JsResult<"));
                if code.ends_with('{') {
                    around.push(Around { indent, can_fail });
                    if can_fail && functions.contains(&name_of(head)) {
                        made.push_str(question);
                    }
                }
                function_head = None;
            }
            continue;
        }
        if begins_function(code) {
            if code.ends_with('{') {
                let can_fail = code.contains("-> JsResult<");
                around.push(Around { indent, can_fail });
                if can_fail && functions.contains(&name_of(code)) {
                    made.push_str(question);
                }
            } else if !code.ends_with([';', '}']) {
                function_head = Some((indent, code.to_owned()));
            }
            continue;
        }
        let is_body = match loop_head {
            Some(head) => code == "{" && head == indent,
            None => begins_loop(code) && code.ends_with('{'),
        };
        if is_body {
            loop_head = None;
            if around.last().is_some_and(|inner| inner.can_fail) {
                made.push_str(question);
            }
        } else if begins_loop(code) && !code.ends_with('}') {
            loop_head = Some(indent);
        } else if begins_closure(code) {
            around.push(Around { indent, can_fail: false });
        }
    }
    made
}

fn begins_function(code: &str) -> bool {
    let words = code.split_whitespace().find(|word| !word.starts_with("pub") && !matches!(*word, "const" | "unsafe" | "async"));
    words == Some("fn")
}

/// What stands between `fn` and what follows the name.
fn name_of(head: &str) -> &str {
    let behind = head.split_once("fn ").map_or("", |(_, behind)| behind);
    behind.split(['(', '<']).next().unwrap_or_default()
}

fn begins_loop(code: &str) -> bool {
    let code = match code.split_once(": ") {
        Some((label, rest)) if label.starts_with('\'') => rest,
        _ => code,
    };
    code == "loop {" || code.starts_with("while ") || (code.starts_with("for ") && !code.starts_with("for<"))
}

/// Whether a block belongs to a closure, or to an async block, whose value is its own.
fn begins_closure(code: &str) -> bool {
    code.contains("(|| ")
        || code.ends_with("| {")
        || code.ends_with("async move {")
        || code.ends_with("async {")
        || (code.contains('|') && code.contains("| -> ") && code.ends_with('{'))
}
