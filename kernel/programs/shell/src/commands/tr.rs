//! `tr`: characters in place of others (POSIX XCU, tr).

use super::escapes::{self, Octal};
use super::{Call, Failure, Outcome};
use std::io::{BufReader, BufWriter, Read, Write};
use std::ops::RangeInclusive;

pub(super) const DETAILS: &str = "\
  -d  remove those of SET1  -s  write repeated ones once  -c  SET1 is all but these
SET is characters, ranges a-z, \\n \\t \\\\ \\OOO, and [:upper:] [:lower:] [:digit:] [:alpha:] [:alnum:] [:space:] [:punct:].
If SET2 is shorter, its last character stands for the rest.";

/// A class's name and its members.
type Class = (&'static str, fn(&char) -> bool);

const CLASSES: [Class; 7] = [
    ("[:upper:]", char::is_ascii_uppercase),
    ("[:lower:]", char::is_ascii_lowercase),
    ("[:digit:]", char::is_ascii_digit),
    ("[:alpha:]", char::is_ascii_alphabetic),
    ("[:alnum:]", char::is_ascii_alphanumeric),
    ("[:space:]", |character| character.is_ascii_whitespace() || *character == '\x0b'),
    ("[:punct:]", char::is_ascii_punctuation),
];

/// Characters in their order.
struct Set(Vec<RangeInclusive<char>>);

pub(super) fn run(call: &Call) -> Outcome {
    let sets = call.operands().iter().map(|text| Set::parse(text)).collect::<Result<Vec<_>, _>>();
    let sets = sets.map_err(Failure::Usage)?;
    let (first, second) = match (sets.as_slice(), call.has('d'), call.has('s')) {
        ([first], true, false) | ([first], false, true) => (first, None),
        ([first, second], true, true) | ([first, second], false, _) => (first, Some(second)),
        _ => return Err(Failure::Usage("two sets are wanted, with -d or -s one".into())),
    };
    let mut out = BufWriter::new(&*call.context.stdout);
    let mut input = BufReader::new(&*call.context.stdin);
    let mut last = None;
    while let Some(character) = next(&mut input)? {
        let index = match (first.position(character), call.has('c')) {
            (index, false) => index,
            (Some(_), true) => None,
            (None, true) => Some(usize::MAX),
        };
        let translated = match (index, second) {
            (Some(_), _) if call.has('d') => continue,
            (Some(index), Some(second)) => second.at(index).unwrap_or(character),
            _ => character,
        };
        let squeezed = match second {
            Some(second) => second.position(translated).is_some(),
            None => index.is_some(),
        };
        if call.has('s') && squeezed && last == Some(translated) {
            continue;
        }
        last = Some(translated);
        out.write_all(translated.encode_utf8(&mut [0; 4]).as_bytes())?;
    }
    out.flush()?;
    call.status()
}

/// The next character; what is none in UTF-8 comes as U+FFFD.
fn next(input: &mut impl Read) -> std::io::Result<Option<char>> {
    let mut bytes = [0; 4];
    let (first, rest) = bytes.split_at_mut(1);
    if input.read(first)? == 0 {
        return Ok(None);
    }
    let length = match first.first() {
        Some(0xc0..=0xdf) => 1,
        Some(0xe0..=0xef) => 2,
        Some(0xf0..=0xf7) => 3,
        _ => 0,
    };
    let wanted = rest.get_mut(..length).unwrap_or_default();
    let mut count = 0;
    while count < length {
        match input.read(wanted.get_mut(count..).unwrap_or_default())? {
            0 => break,
            more => count += more,
        }
    }
    let text = bytes.get(..=count).map(String::from_utf8_lossy).unwrap_or_default();
    Ok(text.chars().next())
}

impl Set {
    fn parse(text: &str) -> Result<Set, String> {
        let mut ranges = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            if let Some((name, is_member)) = CLASSES.iter().find(|(name, _)| rest.starts_with(name)) {
                let members = (0..=127_u8).map(char::from).filter(is_member);
                ranges.extend(members.map(|member| member..=member));
                rest = rest.get(name.len()..).unwrap_or_default();
                continue;
            }
            let first = character(&mut rest)?;
            let Some(behind) = rest.strip_prefix('-').filter(|behind| !behind.is_empty()) else {
                ranges.push(first..=first);
                continue;
            };
            rest = behind;
            let last = character(&mut rest)?;
            if last < first {
                return Err(format!("{first}-{last} is no range: it goes backwards"));
            }
            ranges.push(first..=last);
        }
        if ranges.is_empty() { Err("a set is empty".into()) } else { Ok(Set(ranges)) }
    }

    fn position(&self, character: char) -> Option<usize> {
        let mut before = 0;
        for range in &self.0 {
            if range.contains(&character) {
                return Some(before + length(&(*range.start()..=character)) - 1);
            }
            before += length(range);
        }
        None
    }

    /// The member at `index`, or else the last.
    fn at(&self, index: usize) -> Option<char> {
        let mut left = index;
        for range in &self.0 {
            match length(range) {
                length if left < length => return range.clone().nth(left),
                length => left -= length,
            }
        }
        self.0.last().map(|range| *range.end())
    }
}

fn length(range: &RangeInclusive<char>) -> usize {
    const SURROGATES: u32 = 0x800;
    let (first, last) = (u32::from(*range.start()), u32::from(*range.end()));
    // There are no characters at U+D800 to U+DFFF.
    let gap = if first < 0xd800 && last > 0xdfff { SURROGATES } else { 0 };
    usize::try_from(last - first + 1 - gap).unwrap_or(usize::MAX)
}

/// Takes a character, which may be an escape.
fn character(rest: &mut &str) -> Result<char, String> {
    let length = match rest.strip_prefix('\\') {
        Some(behind) => {
            let digits = behind.bytes().take(3).take_while(|digit| (b'0'..=b'7').contains(digit)).count();
            1 + if digits > 0 { digits } else { behind.chars().next().map_or(0, char::len_utf8) }
        }
        None => rest.chars().next().map_or(0, char::len_utf8),
    };
    let (taken, behind) = rest.split_at_checked(length).ok_or("a set is cut off")?;
    *rest = behind;
    if !taken.starts_with('\\') {
        return taken.chars().next().ok_or_else(|| "a set is cut off".into());
    }
    // Octal escapes are bytes; as characters those of Latin 1.
    let (bytes, _) = escapes::interpret(taken.as_bytes(), Octal::Plain);
    match bytes.as_slice() {
        [byte] => Ok(char::from(*byte)),
        _ => taken.chars().nth(1).ok_or_else(|| "a set is cut off".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::Set;

    #[test]
    fn sets() {
        let set = Set::parse(r"a-c\n[:digit:]\101é").unwrap();
        assert_eq!(set.position('b'), Some(1));
        assert_eq!(set.position('\n'), Some(3));
        assert_eq!(set.position('7'), Some(11));
        assert_eq!((set.position('A'), set.position('é'), set.position('z')), (Some(14), Some(15), None));
        assert_eq!((set.at(4), set.at(15), set.at(99)), (Some('0'), Some('é'), Some('é')));
        assert!(Set::parse("z-a").is_err() && Set::parse("").is_err());
        assert_eq!(Set::parse("a-").unwrap().position('-'), Some(1));
        assert_eq!(Set::parse("\\\\").unwrap().position('\\'), Some(0));
    }
}
