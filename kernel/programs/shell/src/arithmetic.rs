//! Arithmetic expansion: integers of 64 bits that wrap, with the operators of C (POSIX XCU 2.6.4, ISO C 6.5).
//!
//! `expand` evaluates an expression once its own `$` are gone. It is evaluated while it is read, so that its length costs no stack.

use crate::syntax::is_name;

/// Parentheses, signs and conditions inside of each other: each takes stack.
const MAX_NESTING: usize = 50;

/// What names stand for.
pub(crate) trait Names {
    /// The value; `None` for what is not set. An error when it may not be missing.
    fn get(&self, name: &str) -> Result<Option<String>, String>;
    /// Sets it.
    fn set(&mut self, name: &str, value: i64) -> Result<(), String>;
}

/// The value of `text`, 0 for an empty one; why it has none.
pub(crate) fn evaluate(text: &str, names: &mut dyn Names) -> Result<i64, String> {
    let mut evaluation = Evaluation { text: text.trim(), position: 0, names, nesting: 0, skipping: 0 };
    if evaluation.is_at_end() {
        return Ok(0);
    }
    let value = evaluation.assignment()?;
    if evaluation.is_at_end() { Ok(value) } else { Err(evaluation.unexpected()) }
}

/// Operators of two operands, from those that bind least.
const LEVELS: [&[&str]; 10] = [
    &["||"],
    &["&&"],
    &["|"],
    &["^"],
    &["&"],
    &["==", "!="],
    &["<=", ">=", "<", ">"],
    &["<<", ">>"],
    &["+", "-"],
    &["*", "/", "%"],
];
const ASSIGNMENTS: [&str; 11] = ["=", "+=", "-=", "*=", "/=", "%=", "<<=", ">>=", "&=", "^=", "|="];
/// All signs, the longer ones first.
const SIGNS: [&str; 35] = [
    "<<=", ">>=", "||", "&&", "==", "!=", "<=", ">=", "<<", ">>", "+=", "-=", "*=", "/=", "%=", "&=", "^=", "|=", "+",
    "-", "*", "/", "%", "&", "^", "|", "<", ">", "=", "!", "~", "?", ":", "(", ")",
];

struct Evaluation<'a> {
    text: &'a str,
    /// What comes next, in bytes.
    position: usize,
    names: &'a mut dyn Names,
    nesting: usize,
    /// Operators around what is read now that leave it out: it is only looked at.
    skipping: usize,
}

impl<'a> Evaluation<'a> {
    fn remaining(&mut self) -> &'a str {
        let rest = self.text.get(self.position..).unwrap_or_default().trim_start();
        self.position = self.text.len() - rest.len();
        rest
    }

    fn is_at_end(&mut self) -> bool {
        self.remaining().is_empty()
    }

    fn unexpected(&mut self) -> String {
        match self.remaining() {
            "" => format!("a number or a name is missing at the end of {}", self.text),
            rest => format!("{}: unexpected {rest}", self.text),
        }
    }

    fn missing(&self, sign: &str) -> String {
        format!("{}: a {sign} is missing", self.text)
    }

    fn take(&mut self, wanted: &[&str]) -> Option<&'static str> {
        let remaining = self.remaining();
        let sign = *SIGNS.iter().find(|sign| remaining.starts_with(**sign)).filter(|sign| wanted.contains(sign))?;
        self.position += sign.len();
        Some(sign)
    }

    fn word(&mut self) -> &'a str {
        let remaining = self.remaining();
        let length = remaining.bytes().take_while(|byte| byte.is_ascii_alphanumeric() || *byte == b'_').count();
        self.position += length;
        remaining.get(..length).unwrap_or_default()
    }

    fn nested(&mut self, evaluate: impl FnOnce(&mut Self) -> Result<i64, String>) -> Result<i64, String> {
        self.nesting += 1;
        if self.nesting > MAX_NESTING {
            return Err(format!("expressions are nested more than {MAX_NESTING} deep"));
        }
        let value = evaluate(self);
        self.nesting -= 1;
        value
    }

    /// Looks at what is left out.
    fn skip(&mut self, evaluate: impl FnOnce(&mut Self) -> Result<i64, String>) -> Result<i64, String> {
        self.skipping += 1;
        let value = evaluate(self);
        self.skipping -= 1;
        value
    }

    fn assignment(&mut self) -> Result<i64, String> {
        let start = self.position;
        let name = self.word();
        let Some(sign) = is_name(name).then(|| self.take(&ASSIGNMENTS)).flatten() else {
            self.position = start;
            return self.condition();
        };
        let right = self.nested(Self::assignment)?;
        let value = match sign.trim_end_matches('=') {
            "" => right,
            operator => {
                let left = self.value_of(name)?;
                self.join(operator, left, right)?
            }
        };
        if self.skipping == 0 {
            self.names.set(name, value)?;
        }
        Ok(value)
    }

    fn condition(&mut self) -> Result<i64, String> {
        let value = self.binary(0)?;
        if self.take(&["?"]).is_none() {
            return Ok(value);
        }
        let then = |evaluation: &mut Self| {
            let value = evaluation.nested(Self::assignment)?;
            evaluation.take(&[":"]).map(|_| value).ok_or_else(|| evaluation.missing(":"))
        };
        let otherwise = |evaluation: &mut Self| evaluation.nested(Self::condition);
        if value != 0 {
            let value = then(self)?;
            self.skip(otherwise)?;
            Ok(value)
        } else {
            self.skip(then)?;
            otherwise(self)
        }
    }

    /// Operators of this level and those that bind more.
    fn binary(&mut self, level: usize) -> Result<i64, String> {
        let mut left = self.unary()?;
        loop {
            let of_level = |(index, operators): (usize, &&[&str])| Some((index, self.take(operators)?));
            let Some((index, operator)) = LEVELS.iter().enumerate().skip(level).find_map(of_level) else {
                return Ok(left);
            };
            let right = |evaluation: &mut Self| evaluation.binary(index + 1);
            left = match operator {
                "&&" | "||" if (left != 0) == (operator == "||") => {
                    self.skip(right)?;
                    i64::from(left != 0)
                }
                "&&" | "||" => i64::from(right(self)? != 0),
                _ => {
                    let right = right(self)?;
                    self.join(operator, left, right)?
                }
            };
        }
    }

    fn unary(&mut self) -> Result<i64, String> {
        if let Some(sign) = self.take(&["+", "-", "~", "!", "("]) {
            let value = self.nested(if sign == "(" { Self::assignment } else { Self::unary })?;
            return match sign {
                "-" => Ok(value.wrapping_neg()),
                "~" => Ok(!value),
                "!" => Ok(i64::from(value == 0)),
                "(" => self.take(&[")"]).map(|_| value).ok_or_else(|| self.missing(")")),
                _ => Ok(value),
            };
        }
        match self.word() {
            "" => Err(self.unexpected()),
            name if is_name(name) => self.value_of(name),
            digits => number(digits).ok_or_else(|| format!("{digits} is not a number")),
        }
    }

    /// What a variable's value is as a number.
    fn value_of(&self, name: &str) -> Result<i64, String> {
        if self.skipping > 0 {
            return Ok(0);
        }
        let Some(text) = self.names.get(name)? else { return Ok(0) };
        value(&text).ok_or_else(|| format!("{name}: {text} is not a number"))
    }

    fn join(&self, operator: &str, left: i64, right: i64) -> Result<i64, String> {
        // Of a distance only the low bits count, as in the machine's instruction.
        let distance = u32::try_from(right & 63).unwrap_or_default();
        Ok(match operator {
            "|" => left | right,
            "^" => left ^ right,
            "&" => left & right,
            "==" => i64::from(left == right),
            "!=" => i64::from(left != right),
            "<=" => i64::from(left <= right),
            ">=" => i64::from(left >= right),
            "<" => i64::from(left < right),
            ">" => i64::from(left > right),
            "<<" => left << distance,
            ">>" => left >> distance,
            "+" => left.wrapping_add(right),
            "-" => left.wrapping_sub(right),
            "*" => left.wrapping_mul(right),
            _ if right == 0 && self.skipping > 0 => 0,
            _ if right == 0 => return Err("division by 0".into()),
            "/" => left.wrapping_div(right),
            _ => left.wrapping_rem(right),
        })
    }
}

/// What a text is as a number, which may have a sign: 0, if it is empty.
pub(crate) fn value(text: &str) -> Option<i64> {
    let text = text.trim();
    match text.strip_prefix('-') {
        // The lowest number has no positive counterpart.
        Some(_) if text.parse() == Ok(i64::MIN) => Some(i64::MIN),
        Some(digits) => number(digits).map(i64::wrapping_neg),
        None if text.is_empty() => Some(0),
        None => number(text.strip_prefix('+').unwrap_or(text)),
    }
}

/// A constant of C: decimal, octal behind `0`, hexadecimal behind `0x`.
fn number(text: &str) -> Option<i64> {
    let (digits, radix) = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => (digits, 16),
        None if text.len() > 1 && text.starts_with('0') => (text, 8),
        None => (text, 10),
    };
    i64::from_str_radix(digits, radix).ok().filter(|_| !digits.starts_with(['+', '-']))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    impl Names for BTreeMap<String, String> {
        fn get(&self, name: &str) -> Result<Option<String>, String> {
            Ok(BTreeMap::get(self, name).cloned())
        }

        fn set(&mut self, name: &str, value: i64) -> Result<(), String> {
            self.insert(name.into(), value.to_string());
            Ok(())
        }
    }

    fn value(text: &str) -> Result<i64, String> {
        let set = [("x", "5"), ("hex", "0x10"), ("word", "abc"), ("none", ""), ("low", "-9223372036854775808")];
        let mut names =
            set.map(|(name, value)| (name.to_owned(), value.to_owned())).into_iter().collect::<BTreeMap<_, _>>();
        evaluate(text, &mut names)
    }

    #[test]
    fn operators_bind_as_in_c() {
        for (text, expected) in [
            ("1 + 2 * 3", 7),
            ("(1 + 2) * 3", 9),
            ("10 - 4 - 3", 3),
            ("100 / 10 / 5", 2),
            ("-7 / 2", -3),
            ("-7 % 3", -1),
            ("1 << 3 + 1", 16),
            ("-16 >> 2", -4),
            ("1 < 2 == 1", 1),
            ("5 & 3 | 8 ^ 1", 9),
            ("1 || 1 && 0", 1),
            ("!0 + ~0", 0),
            ("- -3", 3),
            ("1 ? 2 : 0 ? 3 : 4", 2),
            ("0 ? 2 : 0 ? 3 : 4", 4),
            ("0x1F + 010", 39),
            ("x * hex + none + unset", 80),
            ("low / -1", i64::MIN),
            ("9223372036854775807 + 1", i64::MIN),
            ("1 << 64", 1),
            ("", 0),
            ("  ", 0),
            ("x = y = 4", 4),
            ("x += 2", 7),
            ("(x = 3) + x", 6),
            ("x <<= 2", 20),
            ("0 && (x = 9) || x", 1),
        ] {
            assert_eq!(value(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_left_out_does_not_happen() {
        for text in ["0 && 1 / 0", "!(1 || 1 / 0)", "0 ? 1 / 0 : 0", "0 && word"] {
            assert_eq!(value(text), Ok(0), "{text}");
        }
    }

    #[test]
    fn errors_say_what_is_wrong() {
        for (text, error) in [
            ("1 / 0", "division by 0"),
            ("x % none", "division by 0"),
            ("1 +", "a number or a name is missing at the end of 1 +"),
            ("1 2", "1 2: unexpected 2"),
            ("(1", "(1: a ) is missing"),
            ("1 ? 2", "1 ? 2: a : is missing"),
            ("word", "word: abc is not a number"),
            ("08", "08 is not a number"),
            ("12ab", "12ab is not a number"),
            ("9223372036854775808", "9223372036854775808 is not a number"),
            ("1 = 2", "1 = 2: unexpected = 2"),
            ("é", "é: unexpected é"),
        ] {
            assert_eq!(value(text), Err(error.into()), "{text}");
        }
    }

    #[test]
    fn any_text_is_survived() {
        for piece in ["(", "-", "!", "x=", "1?", "1+", "1?1:", "~(", "||"] {
            assert!(value(&piece.repeat(100_000)).is_err(), "{piece}");
        }
        assert!(value(&"1+".repeat(10_000)).is_err());
        assert_eq!(value(&format!("{}1", "1+".repeat(10_000))), Ok(10_001));
    }
}
