//! Counts lines, words and bytes.
//!
//! It does what `wc` does under another name: `wc` is a command of the shell, and a name shall mean one thing.

#![forbid(unsafe_code)]

use cli::lexopt::prelude::*;
use cli::{App, Stop, lexopt};
use std::io::{self, Read, Write};
use std::ops::AddAssign;
use std::process::ExitCode;

const APP: App = App {
    name: "wordcount",
    help: "\
usage: wordcount [-lwc] [FILE...]

Counts lines, words and bytes of each file, and of all. Without a file, or for '-', it reads standard input.

  -l, --lines   show lines only
  -w, --words   show words only
  -c, --bytes   show bytes only
  -h, --help    show this

Several of -l, -w and -c show what each of them names.
",
};

fn main() -> ExitCode {
    APP.run(wordcount)
}

fn wordcount(mut args: lexopt::Parser) -> Result<(), Stop> {
    let mut files = Vec::new();
    let mut columns = Vec::new();
    while let Some(arg) = args.next()? {
        match arg {
            Short('l') | Long("lines") => columns.push(Column::Lines),
            Short('w') | Long("words") => columns.push(Column::Words),
            Short('c') | Long("bytes") => columns.push(Column::Bytes),
            Short('h') | Long("help") => return Err(Stop::Help),
            Value(file) => files.push(file),
            other => return Err(other.unexpected().into()),
        }
    }
    if columns.is_empty() {
        columns = vec![Column::Lines, Column::Words, Column::Bytes];
    }
    let mut output = io::stdout().lock();
    let mut total = Counts::default();
    let outcome = APP.for_each_input(&files, |name, input| {
        // What comes from standard input because no file is named has no name to show.
        let name = if files.is_empty() { "" } else { name };
        let counts = Counts::of(input)?;
        total += counts;
        Ok(writeln!(output, "{}", counts.row(&columns, name))?)
    });
    if files.len() > 1 {
        writeln!(output, "{}", total.row(&columns, "total"))?;
    }
    outcome
}

#[derive(Clone, Copy)]
enum Column {
    Lines,
    Words,
    Bytes,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Counts {
    lines: u64,
    words: u64,
    bytes: u64,
}

impl Counts {
    /// Counts in all of `input`. A word is what stands between ASCII white space.
    fn of(input: &mut impl Read) -> io::Result<Counts> {
        let mut counts = Counts::default();
        let mut inside_word = false;
        let mut buffer = vec![0; 64 * 1024];
        loop {
            let length = input.read(&mut buffer)?;
            if length == 0 {
                return Ok(counts);
            }
            for byte in buffer.iter().take(length) {
                let starts_word = !inside_word && !byte.is_ascii_whitespace();
                counts.words += u64::from(starts_word);
                counts.lines += u64::from(*byte == b'\n');
                inside_word = !byte.is_ascii_whitespace();
            }
            counts.bytes += length as u64;
        }
    }

    fn row(self, columns: &[Column], name: &str) -> String {
        let number = |column: &Column| match column {
            Column::Lines => self.lines,
            Column::Words => self.words,
            Column::Bytes => self.bytes,
        };
        let numbers: Vec<String> = columns.iter().map(|column| format!("{:7}", number(column))).collect();
        format!("{} {name}", numbers.join(" ")).trim_end().to_string()
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Counts) {
        self.lines += other.lines;
        self.words += other.words;
        self.bytes += other.bytes;
    }
}

#[cfg(test)]
mod tests {
    use super::{Column, Counts};
    use std::io::Read;

    fn count(text: &str) -> Counts {
        Counts::of(&mut text.as_bytes()).expect("a slice can be read")
    }

    #[test]
    fn lines_words_and_bytes() {
        assert_eq!(count(""), Counts::default());
        assert_eq!(count("x\ny\n"), Counts { lines: 2, words: 2, bytes: 4 });
        assert_eq!(count("  two\twords "), Counts { lines: 0, words: 2, bytes: 12 });
    }

    #[test]
    fn a_word_goes_on_through_reads() {
        let mut halves = "wo".as_bytes().chain("rd".as_bytes());
        assert_eq!(Counts::of(&mut halves).expect("a slice can be read").words, 1);
    }

    #[test]
    fn rows() {
        let mut counts = count("x\n");
        counts += count("y z\n");
        assert_eq!(
            counts.row(&[Column::Lines, Column::Words, Column::Bytes], "total"),
            "      2       3       6 total"
        );
        assert_eq!(counts.row(&[Column::Words], ""), "      3");
    }
}
