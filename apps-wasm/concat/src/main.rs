//! Writes its inputs one after another.
//!
//! It does what `cat` does under another name: `cat` is a command of the shell, and a name shall mean one thing.

#![forbid(unsafe_code)]

use cli::lexopt::prelude::*;
use cli::{App, Stop, lexopt};
use std::io::{self, BufRead, BufReader, Read, Write};
use std::process::ExitCode;

const APP: App = App {
    name: "concat",
    help: "\
usage: concat [-n] [FILE...]

Writes the files one after another. Without a file, or for '-', it reads standard input.

  -n, --number   number the lines
  -h, --help     show this
",
};

fn main() -> ExitCode {
    APP.run(concat)
}

fn concat(mut args: lexopt::Parser) -> Result<(), Stop> {
    let mut files = Vec::new();
    let mut lines = None;
    while let Some(arg) = args.next()? {
        match arg {
            Short('n') | Long("number") => lines = Some(LineNumbers::default()),
            Short('h') | Long("help") => return Err(Stop::Help),
            Value(file) => files.push(file),
            other => return Err(other.unexpected().into()),
        }
    }
    let mut output = io::stdout().lock();
    APP.for_each_input(&files, |_, input| {
        match &mut lines {
            Some(lines) => lines.copy(input, &mut output)?,
            None => drop(io::copy(input, &mut output)?),
        }
        // What waits in the buffer is the end of a line without a newline: it must not stay behind while a next input
        // waits.
        Ok(output.flush()?)
    })
}

/// Counts lines through all inputs.
#[derive(Default)]
struct LineNumbers {
    count: u64,
    inside_line: bool,
}

impl LineNumbers {
    /// Copies `input` and puts a number before each line. An input without a newline at its end goes on in the next
    /// one.
    fn copy(&mut self, input: &mut impl Read, output: &mut impl Write) -> io::Result<()> {
        let mut input = BufReader::new(input);
        let mut line = Vec::new();
        while input.read_until(b'\n', &mut line)? > 0 {
            if !self.inside_line {
                self.count += 1;
                write!(output, "{:6}\t", self.count)?;
            }
            output.write_all(&line)?;
            self.inside_line = !line.ends_with(b"\n");
            line.clear();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::LineNumbers;

    fn numbered(inputs: &[&[u8]]) -> String {
        let mut lines = LineNumbers::default();
        let mut output = Vec::new();
        for input in inputs {
            lines.copy(&mut &input[..], &mut output).expect("a vector takes all");
        }
        String::from_utf8_lossy(&output).into_owned()
    }

    #[test]
    fn every_line_has_a_number() {
        assert_eq!(numbered(&[b"a\n\nb\n"]), "     1\ta\n     2\t\n     3\tb\n");
    }

    #[test]
    fn numbers_and_lines_go_on_through_inputs() {
        assert_eq!(numbered(&[b"a\nb", b"c\n", b"", b"d"]), "     1\ta\n     2\tbc\n     3\td");
    }
}
