//! `grep`: lines that match a regular expression.

use super::call::for_each_line;
use super::{Call, Failure, Outcome};
use process::ExitStatus;
use regex_lite::{Regex, RegexBuilder};
use std::io::Write;

pub(super) fn run(call: &Call) -> Outcome {
    let (pattern, names) = call.some_operands("a pattern")?.split_at(1);
    let expression = compile(call, &pattern.concat())?;
    let names = if names.is_empty() { &["-".to_string()] } else { names };
    let mut found = 0;
    let mut out = call.out();
    for (name, file) in call.open_all(names)? {
        let prefix = if names.len() > 1 && !call.has('h') { format!("{name}:") } else { String::new() };
        let (mut number, mut matches) = (0_u64, 0_u64);
        for_each_line(call, &file, |line| {
            number += 1;
            let text = String::from_utf8_lossy(line.strip_suffix(b"\n").unwrap_or(line));
            if expression.is_match(&text) == call.has('v') {
                return Ok(());
            }
            matches += 1;
            if call.has('c') || call.has('l') || call.has('q') {
                return Ok(());
            }
            let number = if call.has('n') { format!("{number}:") } else { String::new() };
            Ok(writeln!(out, "{prefix}{number}{text}")?)
        })?;
        found += matches;
        match () {
            () if call.has('q') => {}
            () if call.has('l') && matches > 0 => writeln!(out, "{name}")?,
            () if call.has('c') && !call.has('l') => writeln!(out, "{prefix}{matches}")?,
            () => {}
        }
    }
    // POSIX: 0 found, 1 not found, above 1 an error.
    match call.status()? {
        ExitStatus::SUCCESS if found == 0 => Ok(ExitStatus::FAILURE),
        ExitStatus::SUCCESS => Ok(ExitStatus::SUCCESS),
        _ => Ok(ExitStatus::USAGE),
    }
}

fn compile(call: &Call, pattern: &str) -> Result<Regex, Failure> {
    let pattern = if call.has('F') { regex_lite::escape(pattern) } else { pattern.into() };
    let expression = RegexBuilder::new(&pattern).case_insensitive(call.has('i')).build();
    expression.map_err(|error| Failure::Usage(format!("{pattern}: {error}")))
}
