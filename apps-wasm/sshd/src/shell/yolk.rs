//! Sessions on Yolk: frames through the file `/dev/session`, which the kernel's crate `tty` describes.
//!
//! A frame is a kind (one byte), a length (two bytes, little endian) and so many bytes.

use super::{Output, Size, Start};
use sockets::{Interest, Watch};
use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::AsFd;
use std::path::Path;

const DEVICE: &str = "/dev/session";
const HEADER: usize = 3;
/// Input goes in frames of at most this size.
const MOST_INPUT: usize = 16 * 1024;

/// A session of the kernel.
pub(crate) struct Shell {
    file: File,
    /// A frame on its way in or out.
    frame: Vec<u8>,
}

impl Shell {
    pub(crate) fn start(start: &Start<'_>) -> io::Result<Shell> {
        let mut file = File::options().read(true).write(true).open(DEVICE)?;
        for (name, value) in start.environment {
            send(&mut file, b'V', format!("{name}={value}").as_bytes())?;
        }
        if let Some(size) = start.terminal {
            send(&mut file, b'S', &encode(size))?;
        }
        send(&mut file, b'R', start.command.unwrap_or_default().as_bytes())?;
        sockets::unblock(&file)?;
        Ok(Shell { file, frame: Vec::new() })
    }

    /// Adds what to wait for.
    pub(crate) fn watch<'a>(&'a self, interest: Interest, watches: &mut Vec<Watch<'a>>) {
        watches.push(Watch { descriptor: self.file.as_fd(), interest });
    }

    /// Reads output into the buffer.
    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> io::Result<Output> {
        self.frame.resize(HEADER + buffer.len(), 0);
        let count = match self.file.read(&mut self.frame) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(Output::Nothing),
            count => count?,
        };
        let frame = self.frame.get(..count).unwrap_or_default();
        let Some(([kind, _, _], content)) = frame.split_first_chunk::<HEADER>() else {
            return Err(ErrorKind::UnexpectedEof.into());
        };
        let room = buffer.get_mut(..content.len()).ok_or(ErrorKind::InvalidData)?;
        room.copy_from_slice(content);
        match (kind, content) {
            (b'O', content) => Ok(Output::Out(content.len())),
            (b'E', content) => Ok(Output::Error(content.len())),
            (b'X', [status, ..]) => Ok(Output::Ended(*status)),
            _ => Err(ErrorKind::InvalidData.into()),
        }
    }

    /// Hands in input; answers how much was taken. `WouldBlock` when nothing can be now; other errors when nobody reads it.
    pub(crate) fn write(&mut self, input: &[u8]) -> io::Result<usize> {
        let input = input.get(..MOST_INPUT).unwrap_or(input);
        self.frame.clear();
        self.frame.extend(header(b'I', input)?);
        self.frame.extend(input);
        self.file.write(&self.frame).map(|count| count.saturating_sub(HEADER))
    }

    pub(crate) fn end_input(&mut self) -> io::Result<()> {
        send(&mut self.file, b'Z', &[])
    }

    pub(crate) fn resize(&mut self, size: Size) -> io::Result<()> {
        send(&mut self.file, b'S', &encode(size))
    }

    /// Interrupts the foreground, as ^C does.
    pub(crate) fn interrupt(&mut self) -> io::Result<()> {
        send(&mut self.file, b'C', &[])
    }
}

fn send(file: &mut File, kind: u8, content: &[u8]) -> io::Result<()> {
    let mut frame = header(kind, content)?.to_vec();
    frame.extend(content);
    file.write(&frame).map(drop)
}

fn header(kind: u8, content: &[u8]) -> io::Result<[u8; HEADER]> {
    let [low, high] = u16::try_from(content.len()).map_err(|_| ErrorKind::InvalidInput)?.to_le_bytes();
    Ok([kind, low, high])
}

fn encode(size: Size) -> [u8; 4] {
    let ([a, b], [c, d]) = (size.columns.to_le_bytes(), size.rows.to_le_bytes());
    [a, b, c, d]
}

/// This program, as a word of the shell's: every image has it in `/bin`.
pub(crate) fn own_program() -> io::Result<String> {
    Ok("sshd".to_owned())
}

/// Sets a file's permissions. Preview 1 has no call for it; the shell has a command.
pub(crate) fn set_mode(path: &Path, mode: u32) -> io::Result<()> {
    let path = path.to_str().ok_or(ErrorKind::InvalidFilename)?.replace('\'', r"'\''");
    let command = format!("chmod {:o} -- '{path}'", mode & 0o7777);
    let mut shell = Shell::start(&Start { command: Some(&command), environment: &[], terminal: None })?;
    let mut message = Vec::new();
    let mut buffer = [0; 1024];
    loop {
        match shell.read(&mut buffer)? {
            Output::Out(_) => {}
            Output::Error(count) => message.extend_from_slice(buffer.get(..count).unwrap_or_default()),
            Output::Ended(0) => return Ok(()),
            Output::Ended(_) => return Err(io::Error::other(String::from_utf8_lossy(&message).trim().to_owned())),
            Output::Nothing => {
                let watch = Watch { descriptor: shell.file.as_fd(), interest: Interest::Read };
                sockets::wait(&[watch], None)?;
            }
        }
    }
}
