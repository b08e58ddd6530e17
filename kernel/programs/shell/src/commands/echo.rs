//! `echo`: its arguments.

use super::{Call, Outcome};

/// What is written at the end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    LineFeed,
    Nothing,
}

/// Whether backslashes mean something.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Escapes {
    Plain,
    Interpreted,
}

pub(super) fn run(call: &Call) -> Outcome {
    let (mut end, mut escapes) = (End::LineFeed, Escapes::Plain);
    let mut words = call.operands();
    // Only what consists of these letters is an option; anything else is text.
    while let Some((first, rest)) = words.split_first() {
        match first.strip_prefix('-') {
            Some(letters) if !letters.is_empty() && letters.chars().all(|letter| "neE".contains(letter)) => {
                for letter in letters.chars() {
                    match letter {
                        'n' => end = End::Nothing,
                        'e' => escapes = Escapes::Interpreted,
                        _ => escapes = Escapes::Plain,
                    }
                }
            }
            _ => break,
        }
        words = rest;
    }
    let mut text = words.join(" ").into_bytes();
    if escapes == Escapes::Interpreted {
        let (interpreted, stopped) = interpret(&text);
        text = interpreted;
        end = if stopped { End::Nothing } else { end };
    }
    if end == End::LineFeed {
        text.push(b'\n');
    }
    // In one piece, so that lines of different commands do not mix.
    call.context.stdout.write_all(&text)?;
    call.status()
}

/// Replaces escapes; the flag says that `\c` ended the text.
fn interpret(text: &[u8]) -> (Vec<u8>, bool) {
    let mut result = Vec::with_capacity(text.len());
    let mut rest = text.iter().copied().peekable();
    while let Some(byte) = rest.next() {
        if byte != b'\\' {
            result.push(byte);
            continue;
        }
        match rest.next() {
            Some(b'a') => result.push(0x07),
            Some(b'b') => result.push(0x08),
            Some(b'c') => return (result, true),
            Some(b'e') => result.push(0x1b),
            Some(b'f') => result.push(0x0c),
            Some(b'n') => result.push(b'\n'),
            Some(b'r') => result.push(b'\r'),
            Some(b't') => result.push(b'\t'),
            Some(b'v') => result.push(0x0b),
            Some(b'\\') | None => result.push(b'\\'),
            Some(b'0') => result.push(number(&mut rest, 3, 8)),
            Some(b'x') => result.push(number(&mut rest, 2, 16)),
            Some(other) => result.extend([b'\\', other]),
        }
    }
    (result, false)
}

/// A number of at most `digits` digits; its low 8 bits.
fn number(rest: &mut std::iter::Peekable<impl Iterator<Item = u8>>, digits: usize, radix: u32) -> u8 {
    let mut value = 0_u8;
    for _ in 0..digits {
        let Some(digit) = rest.peek().and_then(|byte| char::from(*byte).to_digit(radix)) else { break };
        rest.next();
        let digit = u8::try_from(digit).unwrap_or_default();
        value = value.wrapping_mul(u8::try_from(radix).unwrap_or_default()).wrapping_add(digit);
    }
    value
}

#[cfg(test)]
mod tests {
    use super::interpret;

    #[test]
    fn escapes() {
        let text = |text: &str| String::from_utf8_lossy(&interpret(text.as_bytes()).0).into_owned();
        assert_eq!(text(r"a\tb\n\\\e[1m\x41\0102\q\"), "a\tb\n\\\x1b[1mAB\\q\\");
        assert_eq!(interpret(br"a\cb"), (b"a".to_vec(), true));
    }
}
