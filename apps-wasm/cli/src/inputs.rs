//! Inputs of a filter: the files that its user names, or standard input.

use crate::{App, Stop};
use std::ffi::OsString;
use std::fs::File;
use std::io::{self, ErrorKind, Read};

/// One input. It ends where reading fails, so that a filter sees the end of a file only; [`App::for_each_input`]
/// reports the error.
pub struct Input {
    source: Box<dyn Read>,
    error: Option<io::Error>,
}

impl Input {
    fn open(name: &OsString) -> io::Result<Input> {
        let source: Box<dyn Read> = if name == "-" { Box::new(io::stdin()) } else { Box::new(File::open(name)?) };
        Ok(Input { source, error: None })
    }
}

impl Read for Input {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        match self.source.read(buf) {
            Err(error) if error.kind() != ErrorKind::Interrupted => {
                self.error = Some(error);
                Ok(0)
            }
            result => result,
        }
    }
}

impl App {
    /// Calls `each` with the name of every input and the input itself. `-` is standard input, as is an empty list.
    ///
    /// # Errors
    /// What `each` answers ends the loop. An input that fails is reported, the others are still read, and the answer is
    /// [`Stop::Reported`].
    pub fn for_each_input(
        self,
        names: &[OsString],
        mut each: impl FnMut(&str, &mut Input) -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        let standard_input = [OsString::from("-")];
        let names = if names.is_empty() { &standard_input } else { names };
        let mut all_well = true;
        for name in names {
            let label = name.to_string_lossy();
            let failure = match Input::open(name) {
                Ok(mut input) => {
                    each(&label, &mut input)?;
                    input.error
                }
                Err(error) => Some(error),
            };
            if let Some(error) = failure {
                self.complain(format_args!("{label}: {error}"));
                all_well = false;
            }
        }
        if all_well { Ok(()) } else { Err(Stop::Reported) }
    }
}

#[cfg(test)]
mod tests {
    use crate::{App, Stop};
    use std::ffi::OsString;
    use std::io::Read;
    use std::path::Path;

    const APP: App = App { name: "app", help: "" };

    /// Everything that could be read from the named files of this crate.
    fn read(names: &[&str]) -> (Vec<String>, Result<(), Stop>) {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let names: Vec<OsString> = names.iter().map(|name| here.join(name).into_os_string()).collect();
        let mut contents = Vec::new();
        let outcome = APP.for_each_input(&names, |_, input| {
            let mut text = String::new();
            input.read_to_string(&mut text)?;
            contents.push(text);
            Ok(())
        });
        (contents, outcome)
    }

    #[test]
    fn a_failing_input_does_not_stop_the_others() {
        let (contents, outcome) = read(&["no such file", "src", "Cargo.toml"]);
        assert!(matches!(outcome, Err(Stop::Reported)));
        assert_eq!(contents.last().map(String::as_str), Some(include_str!("../Cargo.toml")));
    }

    #[test]
    fn all_well() {
        let (contents, outcome) = read(&["Cargo.toml", "Cargo.toml"]);
        assert!(outcome.is_ok());
        assert_eq!(contents.len(), 2);
    }

    #[test]
    fn what_the_caller_answers_ends_the_loop() {
        let name = OsString::from(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"));
        let outcome = APP.for_each_input(&[name.clone(), name], |_, _| Err(Stop::OutputClosed));
        assert!(matches!(outcome, Err(Stop::OutputClosed)));
    }
}
