//! Boots machines for tests.

use std::path::PathBuf;
use std::time::Instant;

use yolk::qemu::{self, Boot, Extra, Firmware, Machine, Options, Verdict};

use crate::LIMIT;
use crate::transcript::Transcript;

/// What the shell says when it waits for a command.
pub const PROMPT: &str = "$ ";

/// A machine and what its console says.
pub struct Booted {
    /// The console.
    pub console: Transcript,
    machine: Machine,
}

/// A machine that starts from the image, with 512 MiB and two CPUs.
pub fn from_image() -> Options {
    let image = qemu::default_image().unwrap_or_else(|error| panic!("{error}"));
    let boot = Boot::Image { image, command_line: String::new(), module: None };
    Options { boot, memory_mib: 512, cpus: 2, networks: Vec::new(), extras: Vec::new() }
}

/// Adds words to the kernel's command line.
pub fn with_words(mut options: Options, words: &str) -> Options {
    if let Boot::Image { command_line, .. } = &mut options.boot {
        *command_line = format!("{command_line} {words}").trim_start().to_owned();
    }
    options
}

/// A machine that starts from the disc that `make iso` builds.
pub fn from_disc(firmware: Firmware) -> Options {
    let disc = qemu::project_folder().join("build/yolk.iso");
    assert!(disc.is_file(), "there is no disc at {}: run `make iso`", disc.display());
    Options { boot: Boot::Disc { disc, firmware }, ..from_image() }
}

impl Booted {
    /// Starts the machine.
    pub fn start(options: &Options) -> Self {
        let mut machine = Machine::start(options).unwrap_or_else(|error| panic!("{error:#}"));
        let output = machine.console_output.take().expect("a console");
        let input = machine.console_input.take().expect("a console");
        Self { console: Transcript::new(output, input), machine }
    }

    /// Starts the machine and waits for its prompt.
    pub fn to_prompt(options: &Options) -> Self {
        let mut booted = Self::start(options);
        booted.console.expect(PROMPT);
        booted
    }

    /// Types a command and returns the lines that it prints.
    pub fn command(&mut self, line: &str) -> String {
        self.console.send(&format!("{line}\r"));
        // The echo of the command ends with the line. The kernel's log may come before it, behind the prompt.
        while is_of_log(&self.console.expect("\n")) {}
        let said = self.console.expect(PROMPT);
        // The prompt begins with the directory, on the last line.
        said.rsplit_once('\n').map_or(String::new(), |(lines, _)| format!("{lines}\n"))
    }

    /// Types a command until it says `wanted`: for what happens by itself after the boot.
    pub fn command_until(&mut self, line: &str, wanted: &str) -> String {
        let deadline = Instant::now() + LIMIT;
        loop {
            let said = self.command(line);
            if said.contains(wanted) {
                return said;
            }
            assert!(Instant::now() < deadline, "{line} does not say {wanted:?}:\n{}", self.console.text());
        }
    }

    /// Waits until the machine stops by itself, and tells how.
    pub fn verdict(&mut self) -> Verdict {
        self.machine.wait(LIMIT).unwrap_or_else(|error| panic!("{error}:\n{}", self.console.text()))
    }

    /// What a sound card has played, on a machine with one.
    pub fn sound_path(&self) -> PathBuf {
        self.machine.sound_path()
    }

    /// The socket of QEMU's control protocol, on a machine with [`Extra::Control`].
    pub fn control_path(&self) -> PathBuf {
        self.machine.control_path()
    }
}

/// Whether a line is the log's: it begins with a time like `[   10.450643]`.
fn is_of_log(line: &str) -> bool {
    let time = line.strip_prefix('[').and_then(|rest| rest.split_once("] "));
    time.is_some_and(|(time, _)| time.trim_start().parse::<f64>().is_ok())
}

/// Adds a screen that [`crate::control`] can look at.
pub fn with_screen(mut options: Options) -> Options {
    options.extras.extend([Extra::Vga, Extra::Control]);
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_log_is_told_from_an_echo() {
        assert!(is_of_log("[    0.109272] pci 00:01.0 [1af4:1000] EthernetController: virtio-net"));
        for echo in ["[ 1 = 1 ]", "cat [0.5] x", "[0.5]", "[ x.1] y", ""] {
            assert!(!is_of_log(echo), "{echo}");
        }
    }
}
