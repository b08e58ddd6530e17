//! `cut`: parts of lines (POSIX XCU, cut).

use super::call::for_each_line;
use super::{Call, Failure, Outcome};
use std::io::{BufWriter, Write};

pub(super) const DETAILS: &str = "\
  -f LIST  fields, counted from 1: 2 or 1,3 or 2-4 or 3- or -2
  -d SIGN  what separates them; without it a tab
  -c LIST  characters
  -s       leave lines without separator out";

/// From which part to which, both included.
type Range = (usize, usize);

pub(super) fn run(call: &Call) -> Outcome {
    let separator = match call.value('d').map(|value| value.chars().collect::<Vec<_>>()).as_deref() {
        None => '\t',
        Some([separator]) => *separator,
        Some(_) => return Err(Failure::Usage("-d wants one character".into())),
    };
    let (list, separator) = match (call.value('f'), call.value('c')) {
        (Some(list), None) => (list, Some(separator)),
        (None, Some(list)) => (list, None),
        _ => return Err(Failure::Usage("-f or -c is wanted".into())),
    };
    let ranges = parse(list).ok_or_else(|| Failure::Usage(format!("{list} is no list like 1,3-5,7-")))?;
    let mut out = BufWriter::new(&*call.context.stdout);
    for (_, file) in call.inputs()? {
        for_each_line(call, &file, |line| {
            let text = String::from_utf8_lossy(line.strip_suffix(b"\n").unwrap_or(line));
            match separator {
                Some(separator) if !text.contains(separator) && call.has('s') => {}
                Some(separator) if !text.contains(separator) => writeln!(out, "{text}")?,
                Some(separator) => {
                    let fields = text.split(separator).enumerate().filter(|(index, _)| is_in(&ranges, *index));
                    let fields: Vec<&str> = fields.map(|(_, field)| field).collect();
                    writeln!(out, "{}", fields.join(separator.encode_utf8(&mut [0; 4])))?;
                }
                None => {
                    let characters = text.chars().enumerate().filter(|(index, _)| is_in(&ranges, *index));
                    writeln!(out, "{}", characters.map(|(_, character)| character).collect::<String>())?;
                }
            }
            Ok(())
        })?;
    }
    out.flush()?;
    call.status()
}

fn parse(list: &str) -> Option<Vec<Range>> {
    let range = |part: &str| {
        let number = |text: &str| text.parse::<usize>().ok().filter(|number| *number > 0);
        let (first, last) = match part.split_once('-') {
            Some(("", last)) => (1, number(last)?),
            Some((first, "")) => (number(first)?, usize::MAX),
            Some((first, last)) => (number(first)?, number(last)?),
            None => (number(part)?, number(part)?),
        };
        (first <= last).then_some((first, last))
    };
    list.split(',').map(range).collect()
}

fn is_in(ranges: &[Range], index: usize) -> bool {
    ranges.iter().any(|(first, last)| (*first..=*last).contains(&(index + 1)))
}
