//! Backslashes in texts that `echo -e` and `printf` print.

/// How an octal number is written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Octal {
    /// `\0OOO` (XCU, echo; `%b` of printf).
    BehindZero,
    /// `\OOO` (XBD 5, file format notation).
    Plain,
}

/// Whether there is more to print.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rest {
    Wanted,
    /// `\c` ended the output.
    Unwanted,
}

/// Replaces escapes.
pub(super) fn interpret(text: &[u8], octal: Octal) -> (Vec<u8>, Rest) {
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
            Some(b'c') => return (result, Rest::Unwanted),
            Some(b'e') => result.push(0x1b),
            Some(b'f') => result.push(0x0c),
            Some(b'n') => result.push(b'\n'),
            Some(b'r') => result.push(b'\r'),
            Some(b't') => result.push(b'\t'),
            Some(b'v') => result.push(0x0b),
            Some(b'\\') | None => result.push(b'\\'),
            Some(b'0') if octal == Octal::BehindZero => result.push(number(0, &mut rest, 3, 8)),
            Some(digit @ b'0'..=b'7') if octal == Octal::Plain => result.push(number(digit - b'0', &mut rest, 2, 8)),
            Some(b'x') => result.push(number(0, &mut rest, 2, 16)),
            Some(b'"') if octal == Octal::Plain => result.push(b'"'),
            Some(other) => result.extend([b'\\', other]),
        }
    }
    (result, Rest::Wanted)
}

/// A number of at most so many more digits; its low 8 bits.
fn number(first: u8, rest: &mut std::iter::Peekable<impl Iterator<Item = u8>>, digits: usize, radix: u8) -> u8 {
    let mut value = first;
    for _ in 0..digits {
        let Some(digit) = rest.peek().and_then(|byte| char::from(*byte).to_digit(radix.into())) else { break };
        rest.next();
        let digit = u8::try_from(digit).unwrap_or_default();
        value = value.wrapping_mul(radix).wrapping_add(digit);
    }
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes() {
        let text = |text: &str, octal| String::from_utf8_lossy(&interpret(text.as_bytes(), octal).0).into_owned();
        assert_eq!(text(r"a\tb\n\\\e[1m\x41\0102\q\", Octal::BehindZero), "a\tb\n\\\x1b[1mAB\\q\\");
        assert_eq!(text(r"\102\0012\7\8", Octal::Plain), "B\x012\x07\\8");
        assert_eq!(interpret(br"a\cb", Octal::BehindZero), (b"a".to_vec(), Rest::Unwanted));
    }
}
