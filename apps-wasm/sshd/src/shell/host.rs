//! Sessions on the host: processes on pipes or on a pseudo terminal.

use super::{Output, Size, Start};
use rustix::process::{Pid, PidfdFlags, Signal, kill_process_group, pidfd_open};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};
use sockets::{Interest, Watch};
use std::env;
use std::fs::{self, File, Permissions};
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command};

/// A process group, and this end of its streams.
pub(crate) struct Shell {
    process: Child,
    /// Becomes readable when the process ends.
    end: OwnedFd,
    streams: Streams,
}

enum Streams {
    Terminal(File),
    Pipes { input: Option<File>, output: Option<File>, errors: Option<File> },
}

impl Shell {
    pub(crate) fn start(start: &Start<'_>) -> io::Result<Shell> {
        let mut command = match start.terminal {
            // It makes the terminal the controlling one, which takes a call between fork and exec.
            Some(_) => Command::new("setsid"),
            None => Command::new("sh"),
        };
        if start.terminal.is_some() {
            command.args(["--ctty", "sh"]);
        } else {
            command.process_group(0);
        }
        if let Some(line) = start.command {
            command.args(["-c", line]);
        }
        command.envs(start.environment.iter().map(|(name, value)| (name, value)));
        match start.terminal {
            Some(size) => Shell::on_terminal(command, size),
            None => Shell::on_pipes(command),
        }
    }

    fn on_terminal(mut command: Command, size: Size) -> io::Result<Shell> {
        let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
        grantpt(&master)?;
        unlockpt(&master)?;
        tcsetwinsize(&master, winsize(size))?;
        let name = ptsname(&master, Vec::new())?;
        let slave =
            File::options().read(true).write(true).open(Path::new(std::ffi::OsStr::from_bytes(name.to_bytes())))?;
        command.stdin(slave.try_clone()?).stdout(slave.try_clone()?).stderr(slave);
        sockets::unblock(&master)?;
        Shell::spawn(command, Streams::Terminal(master.into()))
    }

    fn on_pipes(mut command: Command) -> io::Result<Shell> {
        let ((stdin, input), (output, stdout), (errors, stderr)) = (io::pipe()?, io::pipe()?, io::pipe()?);
        command.stdin(stdin).stdout(stdout).stderr(stderr);
        let [input, output, errors] = [OwnedFd::from(input), output.into(), errors.into()].map(|end| {
            sockets::unblock(&end)?;
            io::Result::Ok(Some(File::from(end)))
        });
        Shell::spawn(command, Streams::Pipes { input: input?, output: output?, errors: errors? })
    }

    fn spawn(mut command: Command, streams: Streams) -> io::Result<Shell> {
        let process = command.spawn()?;
        let end = pidfd_open(pid(&process)?, PidfdFlags::empty())?;
        Ok(Shell { process, end, streams })
    }

    /// Adds what to wait for.
    pub(crate) fn watch<'a>(&'a self, interest: Interest, watches: &mut Vec<Watch<'a>>) {
        let reads = interest != Interest::Write;
        let mut add = |file: Option<&'a File>, interest| {
            watches.extend(file.map(|file| Watch { descriptor: file.as_fd(), interest }));
        };
        match &self.streams {
            Streams::Terminal(master) => add(Some(master), interest),
            Streams::Pipes { input, output, errors } => {
                if reads {
                    add(output.as_ref(), Interest::Read);
                    add(errors.as_ref(), Interest::Read);
                }
                if interest != Interest::Read {
                    add(input.as_ref(), Interest::Write);
                }
            }
        }
        if reads {
            watches.push(Watch { descriptor: self.end.as_fd(), interest: Interest::Read });
        }
    }

    /// Reads output into the buffer.
    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> io::Result<Output> {
        // Asked for first: what the process has written by its end is there then.
        let status = self.process.try_wait()?;
        match &mut self.streams {
            Streams::Terminal(master) => {
                let mut master = Some(master);
                if let Some(count) = read_some(&mut master, buffer)? {
                    return Ok(Output::Out(count));
                }
            }
            Streams::Pipes { output, errors, .. } => {
                if let Some(count) = read_some(output, buffer)? {
                    return Ok(Output::Out(count));
                }
                if let Some(count) = read_some(errors, buffer)? {
                    return Ok(Output::Error(count));
                }
            }
        }
        Ok(status.map_or(Output::Nothing, |status| {
            let code = status.code().or(status.signal().map(|signal| 128 + signal));
            Output::Ended(code.and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX))
        }))
    }

    /// Hands in input; answers how much was taken. `WouldBlock` when nothing can be now; other errors when nobody reads it.
    pub(crate) fn write(&mut self, input: &[u8]) -> io::Result<usize> {
        match &mut self.streams {
            Streams::Terminal(master) => master.write(input),
            Streams::Pipes { input: pipe, .. } => pipe.as_mut().ok_or(ErrorKind::BrokenPipe)?.write(input),
        }
    }

    pub(crate) fn end_input(&mut self) -> io::Result<()> {
        match &mut self.streams {
            Streams::Terminal(master) => master.write_all(&[0x04]),
            Streams::Pipes { input, .. } => {
                *input = None;
                Ok(())
            }
        }
    }

    pub(crate) fn resize(&mut self, size: Size) -> io::Result<()> {
        match &self.streams {
            Streams::Terminal(master) => Ok(tcsetwinsize(master, winsize(size))?),
            Streams::Pipes { .. } => Err(ErrorKind::Unsupported.into()),
        }
    }

    /// Interrupts the foreground, as ^C does.
    pub(crate) fn interrupt(&mut self) -> io::Result<()> {
        match &mut self.streams {
            Streams::Terminal(master) => master.write_all(&[0x03]),
            Streams::Pipes { .. } => Ok(kill_process_group(pid(&self.process)?, Signal::INT)?),
        }
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        // One that has ended and was waited for is nobody's group any more.
        if matches!(self.process.try_wait(), Ok(None)) {
            let _ = pid(&self.process).map(|pid| kill_process_group(pid, Signal::KILL));
            let _ = self.process.wait();
        }
    }
}

fn pid(process: &Child) -> io::Result<Pid> {
    i32::try_from(process.id()).ok().and_then(Pid::from_raw).ok_or(ErrorKind::NotFound.into())
}

fn winsize(size: Size) -> Winsize {
    Winsize { ws_row: size.rows, ws_col: size.columns, ws_xpixel: 0, ws_ypixel: 0 }
}

/// What can be read now; a stream that has ended is closed.
fn read_some<F>(stream: &mut Option<F>, buffer: &mut [u8]) -> io::Result<Option<usize>>
where
    F: Read,
{
    let Some(open) = stream else { return Ok(None) };
    match open.read(buffer) {
        Ok(count) if count > 0 => Ok(Some(count)),
        Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(None),
        // A terminal that nobody has open any more is EIO.
        Ok(_) | Err(_) => {
            *stream = None;
            Ok(None)
        }
    }
}

/// This program, as a word of the shell's.
pub(crate) fn own_program() -> io::Result<String> {
    let path = env::current_exe()?.into_os_string().into_string().map_err(|_| ErrorKind::InvalidFilename)?;
    Ok(format!("'{}'", path.replace('\'', r"'\''")))
}

/// Sets a file's permissions.
pub(crate) fn set_mode(path: &Path, mode: u32) -> io::Result<()> {
    fs::set_permissions(path, Permissions::from_mode(mode & 0o7777))
}
