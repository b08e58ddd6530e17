//! The grammar: texts and their trees.

use super::*;

fn bare(text: &str) -> Part {
    Part::Text(text.into(), Quoting::Bare)
}

fn quoted(text: &str) -> Part {
    Part::Text(text.into(), Quoting::Quoted)
}

/// The words of a script that is one command.
fn words(text: &str) -> Vec<Vec<Part>> {
    let script = parse(text).unwrap();
    let [list] = script.lists.as_slice() else { panic!("{script:?}") };
    let [command] = list.first.commands.as_slice() else { panic!("{script:?}") };
    simple(command).words.iter().map(|word| word.parts.clone()).collect()
}

fn simple(command: &Command) -> &Simple {
    match &command.body {
        Body::Simple(simple) => simple,
        Body::Compound(_) | Body::Function(..) => panic!("{command:?}"),
    }
}

#[test]
fn words_keep_their_quoting() {
    assert_eq!(
        words("a 'b c' \"d\" e\\ f"),
        [vec![bare("a")], vec![quoted("b c")], vec![quoted("d")], vec![bare("e"), quoted(" "), bare("f")],]
    );
    assert_eq!(words("a''b"), [vec![bare("a"), quoted(""), bare("b")]]);
    assert_eq!(words("x\t\\\n y # z"), [vec![bare("x")], vec![bare("y")]]);
}

#[test]
fn variables_end_where_names_do() {
    let variable = |name: &str, quoting| Part::Variable(name.into(), quoting);
    assert_eq!(words("$a.b"), [vec![variable("a", Quoting::Bare), bare(".b")]]);
    assert_eq!(words("\"${a}b\""), [vec![variable("a", Quoting::Quoted), quoted("b")]]);
    assert_eq!(words("$12"), [vec![variable("1", Quoting::Bare), bare("2")]]);
    assert_eq!(words("'$a' $"), [vec![quoted("$a")], vec![bare("$")]]);
}

#[test]
fn lists_pipelines_and_modes() {
    let script = parse("a | b && c || d & e; f\ng").unwrap();
    let texts: Vec<_> = script.lists.iter().map(|list| (list.text.as_str(), list.mode)).collect();
    assert_eq!(
        texts,
        [
            ("a | b && c || d", Mode::Background),
            ("e", Mode::Foreground),
            ("f", Mode::Foreground),
            ("g", Mode::Foreground),
        ]
    );
    assert_eq!(script.lists[0].first.commands.len(), 2);
    assert_eq!(
        script.lists[0].rest.iter().map(|(connector, _)| *connector).collect::<Vec<_>>(),
        [Connector::And, Connector::Or,]
    );
    assert!(parse("! a").unwrap().lists[0].first.negated);
    assert_eq!(parse(" \n# nothing\n").unwrap(), Script::default());
}

#[test]
fn assignments_and_redirections() {
    let script = parse("A=1 B=$x cmd C=3 <in 2>>log >&2 3>three").unwrap();
    let command = &script.lists[0].first.commands[0];
    assert_eq!(simple(command).assignments.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["A", "B"]);
    assert_eq!(simple(command).words.len(), 2);
    let word = |text: &str| Word { parts: vec![bare(text)] };
    assert_eq!(
        command.redirections,
        [
            Redirection { fd: 0, target: Target::Read(word("in")) },
            Redirection { fd: 2, target: Target::Append(word("log")) },
            Redirection { fd: 1, target: Target::Duplicate(2) },
            Redirection { fd: 3, target: Target::Write(word("three")) },
        ]
    );
    assert_eq!(words("a2>x").len(), 1, "a number inside a word is no descriptor");
}

#[test]
fn what_more_text_could_complete() {
    for text in [
        "'a",
        "\"a",
        "\"a\\",
        "a\\",
        "${a",
        "${a:",
        "${a:-",
        "${a%'}",
        "\"${a:-\"b",
        "$(",
        "$(a",
        "$(a; (b)",
        "$(case x in a) b;;",
        "$((",
        "$((1",
        "$((1 + (2))",
        "`a",
        "a << b",
        "a << b\nc\n",
        "a <<- b; c << d\nx\nb\n",
        "a |",
        "a &&",
        "a ||\n",
        "!",
        "if",
        "if a",
        "if a\nthen",
        "if a; then b",
        "if a; then b; else",
        "while a; do",
        "for",
        "for x",
        "for x in a b",
        "for x in a; do b",
        "case",
        "case x",
        "case x in",
        "case x in a",
        "case x in a)",
        "case x in a) b ;;",
        "{",
        "{ a",
        "(",
        "( a",
        "( a; { b; }",
        "f(",
        "f()",
        "f() {",
        "f()\n",
        "! { a; } && (",
    ] {
        assert!(matches!(parse(text), Err(SyntaxError::Incomplete(_))), "{text:?}: {:?}", parse(text));
    }
    for text in [
        "|",
        "a ; ; b",
        "&",
        "a > > b",
        "a >",
        "a 10> b",
        "a >& x",
        "a <> b",
        "a << $b\n",
        "$(a << b)\nb",
        "$(a; then)",
        "`a)`",
        "`'`",
        "${a:b}",
        "${:-a}",
        "${#a-b}",
        ")",
        "${}",
        "${a b}",
        "a & && b",
        "a ;; b",
        "if ; then b; fi",
        "if a; then fi",
        "if a; fi",
        "then",
        "a; fi",
        "do",
        "while a; done",
        "for 1 in a; do b; done",
        "for $x in a; do b; done",
        "for x in a & do b; done",
        "for x a; do b; done",
        "case x a) b;; esac",
        "case x in ) b;; esac",
        "case x in a b) c;; esac",
        "{ }",
        "()",
        "( a ) b",
        "{ a; } b",
        "f() a",
        "f( ) ; a",
        "f x() { a; }",
        "$f() { a; }",
        "1() { a; }",
        "f(x) { a; }",
        "}",
        "esac",
        "( a; }",
        "{ a; )",
    ] {
        assert!(matches!(parse(text), Err(SyntaxError::Invalid(_))), "{text:?}: {:?}", parse(text));
    }
}

#[test]
fn compound_commands() {
    let compound = |text: &str| match parse(text).unwrap().lists.remove(0).first.commands.remove(0) {
        Command { body: Body::Compound(compound), redirections } => (compound, redirections.len()),
        other => panic!("{other:?}"),
    };
    let counts = |script: &Script| script.lists.len();
    let (found, _) = compound("if a; b\nthen c; elif d; then e; f; else g; fi");
    let Compound::If(branches, Some(otherwise)) = &*found else { panic!("{found:?}") };
    let branches: Vec<_> = branches.iter().map(|(condition, body)| (counts(condition), counts(body))).collect();
    assert_eq!((branches, counts(otherwise)), (vec![(2, 1), (1, 2)], 1));
    let (found, redirections) = compound("until a\ndo\n\nb & c\ndone > x 2>&1");
    assert!(matches!(&*found, Compound::While(Until::Success, _, body) if counts(body) == 2) && redirections == 2);
    for (text, count) in [
        ("for x in a $b 'c'; do d; done", Some(3)),
        ("for x in\ndo d; done", Some(0)),
        ("for x in do; do d; done", Some(1)),
        ("for x do d; done", None),
        ("for x; do d; done", None),
        ("for x\n\ndo d; done", None),
    ] {
        let (found, _) = compound(text);
        let Compound::For(name, words, _) = &*found else { panic!("{found:?}") };
        assert_eq!((name.as_str(), words.as_ref().map(Vec::len)), ("x", count), "{text}");
    }
    for (text, patterns) in [
        ("case $x in a|b) c;; (d) ;; *) e; f\nesac", vec![2, 1, 1]),
        ("case x\nin\na)\n;;\nesac", vec![1]),
        ("case x in esac", vec![]),
    ] {
        let (found, _) = compound(text);
        let Compound::Case(_, arms) = &*found else { panic!("{found:?}") };
        assert_eq!(arms.iter().map(|(patterns, _)| patterns.len()).collect::<Vec<_>>(), patterns, "{text}");
    }
    assert!(matches!(&*compound("(a; (b))").0, Compound::Subshell(script) if counts(script) == 2));
    assert_eq!(words("echo if then { } done ! in").len(), 8, "an argument is no reserved word");
    assert!(matches!(parse("'if' a").unwrap().lists[0].first.commands[0].body, Body::Simple(_)), "quoted, it is none");
    assert_eq!(parse("if a; then b; fi | c &").unwrap().lists[0].text, "if a; then b; fi | c");
}

#[test]
fn nesting_has_an_end() {
    for (opener, closer) in
        [("(", ")"), ("{ ", "; }"), ("if a; then ", "; fi"), ("while a; do ", "; done"), ("case x in y) ", ";; esac")]
    {
        let nested = |depth: usize| format!("{}a{}", opener.repeat(depth), closer.repeat(depth));
        assert!(parse(&nested(50)).is_ok(), "{opener}: {:?}", parse(&nested(50)));
        let error = parse(&nested(51)).unwrap_err().to_string();
        assert!(error.contains("nested more than 50 deep"), "{error}");
        assert!(parse(&opener.repeat(100_000)).is_err());
        assert!(parse(&format!("{}\n", nested(3)).repeat(100)).is_ok(), "one behind the other is no nesting");
    }
}

#[test]
fn expansions_nest() {
    for (opener, closer) in [("$(a ", ")"), ("${a:-", "}"), ("\"${a:-", "}\""), ("$((1 + ", "))")] {
        let nested = |depth: usize| format!("{}1{}", opener.repeat(depth), closer.repeat(depth));
        assert!(parse(&nested(40)).is_ok(), "{opener}: {:?}", parse(&nested(40)));
        let error = parse(&nested(100)).unwrap_err().to_string();
        assert!(error.contains("nested more than 50 deep"), "{error}");
    }
    assert!(parse("$((a) | (b))").is_ok() && parse("$( (a) )").is_ok() && parse("$(case x in a) b;; esac)").is_ok());
    assert!(matches!(words("$((1))").concat().as_slice(), [Part::Arithmetic(..)]));
    assert!(matches!(words("$((a); (b))").concat().as_slice(), [Part::Commands(..)]));
    assert_eq!(words("a$(b)\"$(c)\"`d`").concat().len(), 4);
}

#[test]
fn here_documents_stand_behind_their_line() {
    let texts = |text: &str| -> Vec<Word> {
        let script = parse(text).unwrap();
        let commands = script.lists.iter().flat_map(|list| &list.first.commands);
        let redirections = commands.flat_map(|command| &command.redirections);
        let here = redirections.filter_map(|redirection| match &redirection.target {
            Target::Here(text) => text.get().cloned(),
            _ => None,
        });
        here.collect()
    };
    let word = |parts: &[Part]| Word { parts: parts.to_vec() };
    assert_eq!(texts("a <<X\nb\nX\nc"), [word(&[quoted("b\n")])]);
    assert_eq!(texts("a <<X; b <<'Y'\n$1\nX\n$1\nY\n").len(), 2);
    assert_eq!(texts("a <<\\X\n$b \\$\nX"), [word(&[quoted("$b \\$\n")])]);
    assert_eq!(texts("a <<-X\n\tb\n\t\tX\n"), [word(&[quoted("b\n")])]);
    assert_eq!(texts("a <<X\nX"), [word(&[])]);
    assert_eq!(parse("a <<X | b\nc\nX\nd").unwrap().lists.len(), 2);
}

#[test]
fn the_last_word_of_a_line() {
    let last = |text: &str| {
        let LastWord { start, word, role } = last_word(text);
        let text = |part: &Part| match part {
            Part::Text(text, _) | Part::Variable(text, _) => text.clone(),
            other => format!("{other:?}"),
        };
        let word: String = word.parts.iter().map(text).collect();
        (start, word, role)
    };
    assert_eq!(last(""), (0, String::new(), Role::Command));
    assert_eq!(last("l"), (0, "l".into(), Role::Command));
    assert_eq!(last("ls "), (3, String::new(), Role::Argument));
    assert_eq!(last("ls a; c"), (6, "c".into(), Role::Command));
    assert_eq!(last("A=1 c"), (4, "c".into(), Role::Command));
    assert_eq!(last("cat 'a b"), (4, "a b".into(), Role::Argument));
    assert_eq!(last("cat \"x\\"), (4, "x\\".into(), Role::Argument));
    assert_eq!(last("cat a\\ b"), (4, "a b".into(), Role::Argument));
    assert_eq!(last("cat < f"), (6, "f".into(), Role::Argument));
    assert_eq!(last("a | b"), (4, "b".into(), Role::Command));
    assert_eq!(last("if a; then b"), (11, "b".into(), Role::Command));
    assert_eq!(last("while ! c"), (8, "c".into(), Role::Command));
    assert_eq!(last("echo if c"), (8, "c".into(), Role::Argument));
    assert_eq!(last("echo $(c"), (7, "c".into(), Role::Command));
    assert_eq!(last("echo \"a $(cat b"), (14, "b".into(), Role::Argument));
    assert_eq!(last("echo $(a; b $(c d"), (16, "d".into(), Role::Argument));
    assert_eq!(last("echo `c"), (6, "c".into(), Role::Command));
    assert_eq!(last("echo $(a) b"), (10, "b".into(), Role::Argument));
}

#[test]
fn any_text_is_survived() {
    const PIECES: [&str; 46] = [
        "if ", "then ", "fi", "while ", "do ", "done", "for ", " in ", "case ", "esac", ";;", " { ", "a", " ", "\n",
        "'", "\"", "\\", "$", "{", "}", "(", ")", "<", ">", "&", "|", ";", "#", "=", "!", "2", "é", "\0", "*",
        "\u{2028}", "$(", "$((", "))", "${a", ":-", "%", "`", "<<a ", "\na\n", "<<-'a'",
    ];
    let mut seed = 0x1357_9bdf_2468_ace0_u64;
    let mut random = |limit: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed >> 11) as usize % limit
    };
    for _ in 0..100_000 {
        let text: String = (0..random(20)).map(|_| PIECES[random(PIECES.len())]).collect();
        let _ = parse(&text);
        let last = last_word(&text);
        assert!(text.is_char_boundary(last.start));
    }
    for piece in [
        "(",
        "{ ",
        "if ",
        "case x in (",
        "for x do ",
        "'a' ",
        "$a",
        "a|",
        "a&&",
        "!",
        "\\\n",
        ">a ",
        "$(",
        "$((",
        "${a:-",
        "\"${a:-",
        "`",
        "`\\`",
        "<<a ",
        "<<a\n",
    ] {
        let _ = parse(&piece.repeat(100_000));
    }
}
