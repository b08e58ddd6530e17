//! `printf`: arguments in a form (POSIX XCU, printf; XBD 5, file format notation).

use super::escapes::{self, Octal, Rest};
use super::{Call, Failure, Outcome};
use crate::arithmetic;

pub(super) const DETAILS: &str = "\
  %s  text             %b  text with \\n \\t \\e ...      %c  its first character      %%  a percent sign
  %d %i  a number      %u %o %x %X  without sign; in octal; in hexadecimal
Between % and the letter can stand - to the left, 0 with zeros, + or a blank for signs, # for 0 and 0x; a width;
and . with the least number of digits, or the most of text. Either can be *, an argument.
FORMAT is used again as long as there are arguments.";

/// Characters that a number or text is filled up to at most.
const MAX_WIDTH: usize = 65536;

pub(super) fn run(call: &Call) -> Outcome {
    let Some((format, arguments)) = call.operands().split_first() else {
        return Err(Failure::Usage("a format is missing".into()));
    };
    let format = Format::parse(format).map_err(Failure::Usage)?;
    let mut printing = Printing { call, arguments: arguments.iter(), out: Vec::new() };
    loop {
        let before = printing.arguments.len();
        let rest = printing.print(&format)?;
        // What takes no arguments is printed once.
        if rest == Rest::Unwanted || printing.arguments.len() == 0 || printing.arguments.len() == before {
            break;
        }
        printing.flush()?;
    }
    printing.flush()?;
    call.status()
}

/// A form, taken apart.
struct Format {
    pieces: Vec<Piece>,
}

enum Piece {
    Text(Vec<u8>),
    /// `\c`.
    End,
    Conversion(Conversion),
}

#[derive(Clone, Default)]
struct Conversion {
    flags: String,
    width: Size,
    precision: Size,
    letter: char,
}

/// How wide something is, at least or at most.
#[derive(Clone, Copy, Default)]
enum Size {
    #[default]
    Any,
    Given(usize),
    /// `*`
    Argument,
}

impl Format {
    fn parse(text: &str) -> Result<Format, String> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((plain, behind)) = rest.split_once('%') {
            push_text(&mut pieces, plain);
            match behind.strip_prefix('%') {
                Some(behind) => {
                    pieces.push(Piece::Text(b"%".to_vec()));
                    rest = behind;
                }
                None => {
                    let (conversion, behind) = Conversion::parse(behind)?;
                    pieces.push(Piece::Conversion(conversion));
                    rest = behind;
                }
            }
        }
        push_text(&mut pieces, rest);
        Ok(Format { pieces })
    }
}

fn push_text(pieces: &mut Vec<Piece>, text: &str) {
    let (text, rest) = escapes::interpret(text.as_bytes(), Octal::Plain);
    pieces.push(Piece::Text(text));
    if rest == Rest::Unwanted {
        pieces.push(Piece::End);
    }
}

impl Conversion {
    /// What stands behind a `%`, and what comes then.
    fn parse(text: &str) -> Result<(Conversion, &str), String> {
        let flags = text.len() - text.trim_start_matches(['-', '+', ' ', '#', '0']).len();
        let (flags, rest) = text.split_at_checked(flags).unwrap_or_default();
        let (width, rest) = Size::parse(rest)?;
        let (precision, rest) = match rest.strip_prefix('.') {
            Some(rest) => match Size::parse(rest)? {
                (Size::Any, rest) => (Size::Given(0), rest),
                given => given,
            },
            None => (Size::Any, rest),
        };
        let mut characters = rest.chars();
        match characters.next() {
            Some(letter @ ('s' | 'b' | 'c' | 'd' | 'i' | 'u' | 'o' | 'x' | 'X')) => {
                Ok((Conversion { flags: flags.into(), width, precision, letter }, characters.as_str()))
            }
            Some(other) => Err(format!("%{other} is not known; try help printf")),
            None => Err("a letter is missing behind %".into()),
        }
    }

    fn has(&self, flag: char) -> bool {
        self.flags.contains(flag)
    }

    /// `digits` of a number with what the flags put around them.
    fn number(&self, sign: &str, digits: &str) -> String {
        let digits = match self.precision {
            Size::Given(least) => format!("{}{digits}", "0".repeat(least.saturating_sub(digits.len()))),
            _ => digits.into(),
        };
        let missing = self.least_width().saturating_sub(sign.len() + digits.len());
        // Zeros would be digits: where their number is given, or to the right, there are none.
        if self.has('0') && !self.has('-') && matches!(self.precision, Size::Any) {
            return format!("{sign}{}{digits}", "0".repeat(missing));
        }
        format!("{sign}{digits}")
    }

    fn least_width(&self) -> usize {
        if let Size::Given(width) = self.width { width } else { 0 }
    }

    /// Filled up with blanks.
    fn filled(&self, text: &[u8]) -> Vec<u8> {
        let length = String::from_utf8_lossy(text).chars().count();
        let blanks = vec![b' '; self.least_width().saturating_sub(length)];
        if self.has('-') { [text, &blanks].concat() } else { [&blanks, text].concat() }
    }
}

impl Size {
    fn parse(text: &str) -> Result<(Size, &str), String> {
        if let Some(rest) = text.strip_prefix('*') {
            return Ok((Size::Argument, rest));
        }
        let rest = text.trim_start_matches(|digit: char| digit.is_ascii_digit());
        match text.strip_suffix(rest).unwrap_or_default() {
            "" => Ok((Size::Any, rest)),
            digits => Ok((Size::Given(within_limits(digits.parse().ok())?), rest)),
        }
    }
}

fn within_limits(width: Option<usize>) -> Result<usize, String> {
    width.filter(|width| *width <= MAX_WIDTH).ok_or_else(|| format!("nothing is wider than {MAX_WIDTH}"))
}

struct Printing<'a> {
    call: &'a Call<'a>,
    arguments: std::slice::Iter<'a, String>,
    out: Vec<u8>,
}

impl Printing<'_> {
    fn flush(&mut self) -> interfaces::Result<()> {
        self.call.context.stdout.write_all(&std::mem::take(&mut self.out))
    }

    fn print(&mut self, format: &Format) -> Result<Rest, Failure> {
        for piece in &format.pieces {
            match piece {
                Piece::Text(text) => self.out.extend_from_slice(text),
                Piece::End => return Ok(Rest::Unwanted),
                Piece::Conversion(conversion) => {
                    if self.convert(conversion.clone())? == Rest::Unwanted {
                        return Ok(Rest::Unwanted);
                    }
                }
            }
        }
        Ok(Rest::Wanted)
    }

    fn convert(&mut self, mut conversion: Conversion) -> Result<Rest, Failure> {
        if let Size::Argument = conversion.width {
            let width = self.number();
            if width < 0 {
                conversion.flags.push('-');
            }
            let width = usize::try_from(width.unsigned_abs()).ok();
            conversion.width = Size::Given(within_limits(width).map_err(Failure::Usage)?);
        }
        if let Size::Argument = conversion.precision {
            // A negative one is taken as omitted.
            conversion.precision = match usize::try_from(self.number()) {
                Ok(precision) => Size::Given(within_limits(Some(precision)).map_err(Failure::Usage)?),
                Err(_) => Size::Any,
            };
        }
        let (text, rest) = match conversion.letter {
            's' | 'b' | 'c' => self.text(&conversion),
            'd' | 'i' => (self.signed(&conversion).into_bytes(), Rest::Wanted),
            _ => (self.unsigned(&conversion).into_bytes(), Rest::Wanted),
        };
        self.out.extend(conversion.filled(&text));
        Ok(rest)
    }

    fn text(&mut self, conversion: &Conversion) -> (Vec<u8>, Rest) {
        let argument = self.arguments.next().map_or("", String::as_str);
        let (text, rest) = match conversion.letter {
            'b' => escapes::interpret(argument.as_bytes(), Octal::BehindZero),
            'c' => (argument.chars().take(1).collect::<String>().into_bytes(), Rest::Wanted),
            _ => (argument.as_bytes().to_vec(), Rest::Wanted),
        };
        match conversion.precision {
            Size::Given(most) => {
                (String::from_utf8_lossy(&text).chars().take(most).collect::<String>().into_bytes(), rest)
            }
            _ => (text, rest),
        }
    }

    fn signed(&mut self, conversion: &Conversion) -> String {
        let value = self.number();
        let sign = match value {
            ..0 => "-",
            _ if conversion.has('+') => "+",
            _ if conversion.has(' ') => " ",
            _ => "",
        };
        conversion.number(sign, &value.unsigned_abs().to_string())
    }

    fn unsigned(&mut self, conversion: &Conversion) -> String {
        let value = self.number();
        let (prefix, digits) = match conversion.letter {
            'o' => ("0", format!("{value:o}")),
            'x' => ("0x", format!("{value:x}")),
            'X' => ("0X", format!("{value:X}")),
            _ => ("", value.cast_unsigned().to_string()),
        };
        let prefix = if conversion.has('#') && value != 0 { prefix } else { "" };
        conversion.number(prefix, &digits)
    }

    /// The next argument as a number, 0 if there is none; behind a quote the code of a character.
    fn number(&mut self) -> i64 {
        let argument = self.arguments.next().map_or("", String::as_str);
        if let Some(character) = argument.strip_prefix(['\'', '"']) {
            return character.chars().next().map_or(0, |character| u32::from(character).into());
        }
        arithmetic::value(argument).unwrap_or_else(|| {
            self.call.complain(argument, "is not a number");
            0
        })
    }
}
