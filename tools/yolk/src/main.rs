//! `yolk`: the command line of the host command, and its exit statuses.

#![forbid(unsafe_code)]

mod network_options;

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::{Args, Parser, Subcommand};
use network_options::NetworkOptions;
use tempfile::TempDir;
use yolk::guest::{self, Folder, Job};
use yolk::qemu::{self, Boot, Extra, Options};
use yolk::session::Outcome;
use yolk::{console, image, pack, session};

/// Runs WebAssembly apps on Yolk, a kernel of its own, in QEMU.
#[derive(Parser)]
#[command(version, disable_help_subcommand = true)]
struct CommandLine {
    #[command(subcommand)]
    command: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Runs an app as if it were a program of this machine
    #[command(after_help = STATUSES)]
    Run {
        #[command(flatten)]
        machine: MachineOptions,
        /// Gives the app a socket that listens there, in the machine (0.0.0.0:80): LISTEN_FDS says how many
        #[arg(long = "listen", value_name = "ADDRESS")]
        listeners: Vec<SocketAddr>,
        /// The app (.wasm or .wat) and its arguments
        #[arg(value_name = "APP [ARGS]", required = true, trailing_var_arg = true, allow_hyphen_values = true)]
        app: Vec<OsString>,
    },
    /// Boots to the shell in this terminal, or runs one command line
    #[command(after_help = STATUSES)]
    Sh {
        #[command(flatten)]
        machine: MachineOptions,
        /// Run this command line and end with its status
        #[arg(short)]
        command: Option<String>,
        /// Wait until gdb attaches to port 1234
        #[arg(long)]
        gdb: bool,
    },
    /// Makes a bootable ISO that starts the app by itself, or the shell when no app is given
    Pack {
        /// The ISO to write
        #[arg(short, value_name = "ISO")]
        output: PathBuf,
        #[command(flatten)]
        files: FileOptions,
        /// The app (.wasm or .wat) and its arguments
        #[arg(value_name = "APP [ARGS]", trailing_var_arg = true, allow_hyphen_values = true)]
        app: Vec<OsString>,
    },
    /// Adds symbols and initrd to a linked kernel
    #[command(hide = true)]
    Image(image::Parts),
}

const STATUSES: &str =
    "The exit status is the program's; 134 after a trap, 124 when the time is up, 125 when Yolk itself fails.
The image is $YOLK_IMAGE or what `make` built; QEMU is $YOLK_QEMU or qemu-system-x86_64.";

#[derive(Args)]
struct FileOptions {
    /// Copies a folder in; changes stay in the machine
    #[arg(long = "dir", value_name = "HOST[::GUEST]")]
    folders: Vec<Folder>,
    /// Sets an environment variable
    #[arg(long = "env", value_name = "NAME=VALUE", value_parser = environment_pair)]
    environment: Vec<String>,
}

#[derive(Args)]
struct MachineOptions {
    #[command(flatten)]
    files: FileOptions,
    /// RAM of the machine [default: 512M and what the folders take]
    #[arg(long, env = "YOLK_MEM", value_name = "SIZE", value_parser = size_mib)]
    mem: Option<u64>,
    /// Number of CPUs
    #[arg(long, env = "YOLK_SMP", default_value_t = 2, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=255))]
    smp: u32,
    /// Ends with 124 after so long
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    timeout: Option<Duration>,
    /// Where the kernel's log goes
    #[arg(long, value_name = "FILE")]
    log: Option<PathBuf>,
    /// Opens a window that shows the machine's screen, with keyboard and mouse
    #[arg(long)]
    display: bool,
    #[command(flatten)]
    network: NetworkOptions,
}

/// RAM of a machine, without what its boot module takes.
const DEFAULT_MEMORY_MIB: u64 = 512;
/// RAM besides what is loaded: the firmware takes 16 MiB at the top for itself, and before the kernel runs it writes over
/// what lies right below them; the rest is the kernel's.
const ROOM_MIB: u64 = 24;

/// Statuses as of `timeout` and of shells.
const TIMED_OUT: u8 = 124;
const FAILED: u8 = 125;
const SIGNAL_BASE: i32 = 128;
const SIGPIPE: i32 = 13;

fn main() -> ExitCode {
    let command_line = CommandLine::try_parse().unwrap_or_else(|error| {
        // Nothing can be done about a closed stream here.
        let _ = error.print();
        std::process::exit(if error.use_stderr() { i32::from(FAILED) } else { 0 })
    });
    let status = match perform(command_line.command) {
        // A status is a byte on the host, as everywhere.
        Ok(Outcome::Exited(status)) => (status & 0xff) as u8,
        Ok(Outcome::Signalled(signal)) => ((SIGNAL_BASE + signal) & 0xff) as u8,
        Ok(Outcome::OutputClosed) => (SIGNAL_BASE + SIGPIPE) as u8,
        Ok(Outcome::TimedOut) => {
            eprintln!("yolk: the time is up");
            TIMED_OUT
        }
        Err(error) => {
            eprintln!("yolk: {error:#}");
            FAILED
        }
    };
    ExitCode::from(status)
}

fn perform(action: Action) -> Result<Outcome> {
    match action {
        Action::Run { mut machine, listeners, app } => {
            if !listeners.is_empty() {
                machine.network.need_card()?;
            }
            let app = app_job(&app, listeners).context("which app?")?;
            run(&machine, &app)
        }
        Action::Sh { machine, command: Some(line), .. } => run(&machine, &Job::Line(line)),
        Action::Sh { machine, gdb, .. } if yolk::is_interactive() => interact(&machine, gdb),
        // Without a terminal, the shell is a program that reads its commands from the link.
        Action::Sh { machine, .. } => run(&machine, &Job::Line("sh".to_owned())),
        Action::Pack { output, files, app } => {
            let job = app_job(&app, Vec::new());
            pack::write(&output, &qemu::default_image()?, job.as_ref(), &files.folders, &files.environment)?;
            Ok(Outcome::Exited(0))
        }
        Action::Image(parts) => image::build(&parts).map(|()| Outcome::Exited(0)),
    }
}

fn app_job(words: &[OsString], listeners: Vec<SocketAddr>) -> Option<Job> {
    let (file, arguments) = words.split_first()?;
    Some(Job::App { file: file.into(), arguments: arguments.to_vec(), listeners })
}

/// Runs a job over the link.
fn run(machine: &MachineOptions, job: &Job) -> Result<Outcome> {
    let command_line = format!("{} link=ttyS1", guest::COMMAND_LINE);
    let (options, _files) = options(machine, job, command_line, vec![Extra::Link])?;
    session::run(&options, machine.timeout, machine.log.as_deref())
}

/// Shows the console here.
fn interact(machine: &MachineOptions, gdb: bool) -> Result<Outcome> {
    if !machine.files.environment.is_empty() {
        bail!("--env is for -c: at the prompt, type `export NAME=VALUE`");
    }
    let extras = if gdb { vec![Extra::Gdb] } else { Vec::new() };
    let (options, _files) = options(machine, &Job::Prompt, String::new(), extras)?;
    console::run(&options, machine.timeout, machine.log.as_deref())
}

/// The machine for a job, and the folder with its boot module.
fn options(
    machine: &MachineOptions,
    job: &Job,
    command_line: String,
    extras: Vec<Extra>,
) -> Result<(Options, TempDir)> {
    let image = qemu::default_image()?;
    let folder = qemu::temporary_folder()?;
    let files = &machine.files;
    let module = if matches!(job, Job::Prompt) && files.folders.is_empty() {
        None
    } else {
        let module = folder.path().join("module.tar");
        guest::write_module(&module, job, &files.folders, &files.environment)?;
        Some(module)
    };
    let mib = |path: &Path| path.metadata().map(|metadata| metadata.len().div_ceil(1 << 20));
    let module_mib = module.as_deref().map_or(Ok(0), mib).context("the boot module is gone")?;
    let loaded_mib = module_mib + mib(&image).context("the image is gone")?;
    let memory_mib = machine.mem.unwrap_or(DEFAULT_MEMORY_MIB + module_mib);
    let least_mib = loaded_mib + ROOM_MIB;
    if memory_mib < least_mib {
        bail!(
            "{memory_mib} MiB of RAM are too few: what is loaded takes {loaded_mib}, the machine at least {least_mib}"
        );
    }
    let boot = Boot::Image { image, command_line, module };
    let networks = machine.network.card()?.into_iter().collect();
    let mut extras = extras;
    if machine.display {
        extras.push(Extra::Window);
    }
    Ok((Options { boot, memory_mib, cpus: machine.smp, networks, extras }, folder))
}

fn environment_pair(text: &str) -> Result<String> {
    match text.split_once('=') {
        Some((name, _)) if !name.is_empty() => Ok(text.to_owned()),
        _ => bail!("write NAME=VALUE"),
    }
}

fn seconds(text: &str) -> Result<Duration> {
    Duration::try_from_secs_f64(text.parse()?).context("write a number of seconds")
}

/// A size as QEMU takes it: MiB, or with a unit.
fn size_mib(text: &str) -> Result<u64> {
    let (digits, unit) = text.split_at(text.trim_end_matches(|c: char| c.is_ascii_alphabetic()).len());
    let number: u64 = digits.parse().context("write a size like 256M")?;
    match unit.to_ascii_uppercase().trim_end_matches("IB").trim_end_matches('B') {
        "" | "M" => Ok(number),
        "G" => number.checked_mul(1 << 10).context("too large"),
        "K" if number >= 1 << 10 => Ok(number >> 10),
        _ => bail!("write a size like 256M"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes() {
        assert_eq!(size_mib("256M").ok(), Some(256));
        assert_eq!(size_mib("2GiB").ok(), Some(2048));
        assert_eq!(size_mib("65536K").ok(), Some(64));
        assert_eq!(size_mib("64").ok(), Some(64));
        for wrong in ["", "M", "1T", "-1M", "99999999999999999999G"] {
            assert!(size_mib(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn an_apps_options_are_its_own() {
        let line = ["yolk", "run", "--smp", "4", "a.wasm", "--dir", "x", "--", "-v"];
        let line = CommandLine::try_parse_from(line).map(|line| line.command);
        let Ok(Action::Run { machine, app, .. }) = line else { panic!("does not parse") };
        assert_eq!((machine.smp, app), (4, ["a.wasm", "--dir", "x", "--", "-v"].map(OsString::from).to_vec()));
    }
}
