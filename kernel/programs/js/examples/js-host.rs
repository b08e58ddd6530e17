//! Runs `js` on the host: the reference that the benchmark compares with.
//!
//!     js-host FILE... [-- ARGUMENT...]
//!
//! The files are copied into memory, to `/tmp` by their names, and `js` is run on the first: the same engine with the same
//! objects as in the kernel, on the host's std. Its status is the script's.

#[path = "../tests/support/mod.rs"]
mod support;

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;
use support::{Machine, copy_in, drain};

fn main() -> ExitCode {
    let machine = Machine::new();
    let words: Vec<String> = std::env::args().skip(1).collect();
    let (files, arguments) = match words.iter().position(|word| word == "--") {
        Some(at) => (&words[..at], &words[at + 1..]),
        None => (&words[..], &[][..]),
    };
    let mut command = Vec::new();
    for file in files {
        let name = Path::new(file).file_name().expect("a file's name").to_string_lossy().into_owned();
        copy_in(&machine, Path::new(file), &format!("/tmp/{name}"));
        if command.is_empty() {
            command.push(name);
        }
    }
    command.extend(arguments.iter().cloned());
    let command: Vec<&str> = command.iter().map(String::as_str).collect();
    let (process, readers) = machine.start_piped(&command, "");
    let [output, errors] = readers.map(|reader| std::thread::spawn(move || drain(&reader)));
    let status = process.wait().map_or(125, |status| status.code());
    // A closed stream of the host is nobody's loss.
    let _closed = std::io::stdout().write_all(output.join().unwrap_or_default().as_bytes());
    let _closed = std::io::stderr().write_all(errors.join().unwrap_or_default().as_bytes());
    ExitCode::from(u8::try_from(status).unwrap_or(125))
}
