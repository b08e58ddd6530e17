//! Yolk's machine: one QEMU process, with its serial lines as streams.
//!
//! COM1 is the kernel's log and console, on QEMU's own standard streams. COM2 is the [`link`](crate::link), on a socket.
//! The process ends with its [`Machine`], and where `setpriv` exists also with this process, however that ends.

mod backlog;
mod complaints;
mod network;
mod options;
mod places;

use std::fs;
use std::os::unix::net::UnixListener;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use tempfile::TempDir;

use complaints::Complaints;
pub use network::{Card, Forward, Network, Slot, Transport, UserNetwork, Wire};
pub use options::{Boot, Extra, Firmware, Options};
use options::{CONTROL_SOCKET, LINK_SOCKET, SOUND_FILE};
pub use places::{default_image, find, project_folder, temporary_folder};

/// What the kernel said to QEMU's debug exit, or that it said nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It was switched off.
    Done,
    /// It stopped because of a fault of its own.
    Failed,
    /// It ended in another way: a reset, or an error of QEMU's.
    None,
}

impl Verdict {
    /// A byte `n` ends QEMU with status `2n + 1`; `machine::power` has the bytes.
    fn of(status: ExitStatus) -> Self {
        match status.code() {
            Some(0x21) => Self::Done,
            Some(0x41) => Self::Failed,
            _ => Self::None,
        }
    }
}

/// A running machine.
pub struct Machine {
    process: Child,
    folder: TempDir,
    complaints: Arc<Complaints>,
    /// What the machine reads from COM1.
    pub console_input: Option<ChildStdin>,
    /// What the machine says on COM1.
    pub console_output: Option<ChildStdout>,
    /// The socket that COM2 connects to.
    pub link: Option<UnixListener>,
}

impl Machine {
    /// Starts the machine.
    pub fn start(options: &Options) -> Result<Self> {
        let folder = temporary_folder()?;
        let link = match options.extras.contains(&Extra::Link) {
            true => Some(UnixListener::bind(folder.path().join(LINK_SOCKET)).context("cannot make the link's socket")?),
            false => None,
        };
        let program = places::emulator()?;
        let mut command = bound_to_this_process(&program);
        command.args(options.words(&program, folder.path())?);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        // In a group of its own, so that ^C at the terminal is ours to pass on.
        command.process_group(0);
        let mut process = command.spawn().with_context(|| format!("cannot run {}", program.display()))?;
        backlog::widen(process.id(), options.networks.iter().flat_map(Network::listens).collect());
        let complaints = Complaints::collect(process.stderr.take());
        let (console_input, console_output) = (process.stdin.take(), process.stdout.take());
        Ok(Self { process, folder, complaints, console_input, console_output, link })
    }

    /// Where QEMU's control socket is, on a machine with [`Extra::Control`].
    pub fn control_path(&self) -> PathBuf {
        self.folder.path().join(CONTROL_SOCKET)
    }

    /// Where what it plays is recorded, on a machine with a sound card. The file is whole when the machine has ended.
    pub fn sound_path(&self) -> PathBuf {
        self.folder.path().join(SOUND_FILE)
    }

    /// Waits for the end of the machine.
    pub fn wait(&mut self, limit: Duration) -> Result<Verdict> {
        self.complaints.wait_for_end(limit).context("the machine did not stop")?;
        Ok(Verdict::of(self.process.wait()?))
    }

    /// Calls `told` when the machine has ended, with what QEMU complained of.
    pub fn when_ended(&self, told: impl FnOnce(String) + Send + 'static) {
        let complaints = Arc::clone(&self.complaints);
        thread::spawn(move || {
            // A machine that runs longer than this has long been given up.
            if let Some(text) = complaints.wait_for_end(Duration::MAX) {
                told(text);
            }
        });
    }

    /// Removes the files that the machine has opened by now, so that not even a killed command leaves them.
    pub fn forget_files(&self) {
        // What cannot be removed now is removed with the folder.
        let _ = fs::remove_file(self.folder.path().join(LINK_SOCKET));
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A command whose process is killed when the thread that starts it ends, where the system has the tool for that.
fn bound_to_this_process(program: &Path) -> Command {
    let Some(setpriv) = find("setpriv") else { return Command::new(program) };
    let mut command = Command::new(setpriv);
    command.args(["--pdeathsig", "KILL", "--"]).arg(program);
    command
}
