//! A cable that machines and a peer are plugged into: whoever sends, all others hear it.
//!
//! A machine's end is a socket of QEMU's netdev `stream`: each frame behind its length, four bytes with the highest first.

use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;
use std::sync::mpsc::Sender;
use std::thread;

use tempfile::TempDir;
use yolk::qemu;

use crate::LIMIT;

/// Larger frames than QEMU makes.
const LONGEST: u32 = 1 << 17;

/// What comes over a cable.
pub enum Arrival {
    /// A machine was plugged in.
    Plugged(UnixStream),
    /// A frame of the machine that was plugged in with this number.
    Frame(usize, Vec<u8>),
    /// That machine is gone.
    Unplugged(usize),
}

/// The place where machines are plugged in.
pub struct Socket {
    folder: TempDir,
}

impl Socket {
    /// A place, whose arrivals `told` gets.
    pub fn open(told: Sender<Arrival>) -> Self {
        let folder = qemu::temporary_folder().unwrap_or_else(|error| panic!("{error:#}"));
        let socket = Self { folder };
        let listener = UnixListener::bind(socket.path()).expect("a socket");
        thread::spawn(move || {
            for (number, stream) in listener.incoming().enumerate() {
                let Ok(stream) = stream else { break };
                let reader = stream.try_clone().expect("a second handle");
                // The peer is gone with the test.
                if told.send(Arrival::Plugged(stream)).is_err() {
                    break;
                }
                let told = told.clone();
                thread::spawn(move || listen(reader, number, &told));
            }
        });
        socket
    }

    /// Its path, for [`yolk::qemu::Wire::Stream`].
    pub fn path(&self) -> PathBuf {
        self.folder.path().join("cable")
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // Ends the thread that accepts.
        let _ = UnixStream::connect(self.path());
    }
}

fn listen(mut stream: UnixStream, number: usize, told: &Sender<Arrival>) {
    while let Ok(frame) = read(&mut stream) {
        if told.send(Arrival::Frame(number, frame)).is_err() {
            return;
        }
    }
    let _ = told.send(Arrival::Unplugged(number));
}

fn read(stream: &mut UnixStream) -> io::Result<Vec<u8>> {
    let mut length = [0; 4];
    stream.read_exact(&mut length)?;
    let length = u32::from_be_bytes(length);
    if length > LONGEST {
        return Err(ErrorKind::InvalidData.into());
    }
    let mut frame = vec![0; length as usize];
    stream.read_exact(&mut frame)?;
    Ok(frame)
}

/// Sends a frame to a machine. One that takes nothing for so long is as good as gone.
pub fn write(stream: &mut UnixStream, frame: &[u8]) -> io::Result<()> {
    stream.set_write_timeout(Some(LIMIT))?;
    let mut message = (frame.len() as u32).to_be_bytes().to_vec();
    message.extend(frame);
    stream.write_all(&message)
}
