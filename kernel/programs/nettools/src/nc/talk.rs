//! Copying in both directions at once: standard input in a thread of its own.

use crate::call::{Call, Outcome};
use process::ExitStatus;
use std::io::{self, ErrorKind};
use std::net::{Shutdown, TcpStream, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};
use vfs::OpenFile;

/// As much as is read at once; more than any datagram.
const CHUNK: usize = 65_536;

/// What both kinds of sockets do here.
pub(super) trait Line: Send + Sized + 'static {
    fn copy(&self) -> io::Result<Self>;
    fn set_patience(&self, patience: Option<Duration>) -> io::Result<()>;
    /// 0 at the end, which datagrams do not have.
    fn receive(&self, buffer: &mut [u8]) -> io::Result<Received>;
    fn send(&self, bytes: &[u8]) -> io::Result<()>;
    /// Tells the peer that no more comes.
    fn finish(&self) -> io::Result<()>;
}

/// What came.
pub(super) enum Received {
    Bytes(usize),
    End,
}

impl Line for TcpStream {
    fn copy(&self) -> io::Result<Self> {
        self.try_clone()
    }

    fn set_patience(&self, patience: Option<Duration>) -> io::Result<()> {
        self.set_read_timeout(patience)
    }

    fn receive(&self, buffer: &mut [u8]) -> io::Result<Received> {
        let mut stream = self;
        Ok(match io::Read::read(&mut stream, buffer)? {
            0 => Received::End,
            count => Received::Bytes(count),
        })
    }

    fn send(&self, bytes: &[u8]) -> io::Result<()> {
        let mut stream = self;
        io::Write::write_all(&mut stream, bytes)
    }

    fn finish(&self) -> io::Result<()> {
        self.shutdown(Shutdown::Write)
    }
}

impl Line for UdpSocket {
    fn copy(&self) -> io::Result<Self> {
        self.try_clone()
    }

    fn set_patience(&self, patience: Option<Duration>) -> io::Result<()> {
        self.set_read_timeout(patience)
    }

    fn receive(&self, buffer: &mut [u8]) -> io::Result<Received> {
        self.recv(buffer).map(Received::Bytes)
    }

    fn send(&self, bytes: &[u8]) -> io::Result<()> {
        UdpSocket::send(self, bytes).map(drop)
    }

    fn finish(&self) -> io::Result<()> {
        Ok(())
    }
}

/// When input was last sent, so that silence of the peer alone is not idleness.
struct Activity {
    start: Instant,
    /// Milliseconds after the start.
    last: AtomicU64,
}

impl Activity {
    fn note(&self) {
        let now = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last.store(now, Ordering::Relaxed);
    }

    fn idle(&self) -> Duration {
        self.start.elapsed().saturating_sub(Duration::from_millis(self.last.load(Ordering::Relaxed)))
    }
}

/// Copies standard input to the line and the line to standard output, until both have ended, or until nothing has moved for
/// `patience`. At the end of input the peer is told; a peer that has ended ends a talk with a person.
pub(super) fn talk(call: &Call<'_>, line: impl Line, patience: Option<Duration>) -> Outcome {
    line.set_patience(patience)?;
    let activity = Arc::new(Activity { start: Instant::now(), last: AtomicU64::new(0) });
    let sender = {
        let (line, input, activity) = (line.copy()?, Arc::clone(&call.context.stdin), Arc::clone(&activity));
        let process = Arc::clone(&call.context.process);
        let send = move || {
            process::enter(Some(process));
            send_all(&line, &input, &activity)
        };
        thread::Builder::new().name("nc input".into()).spawn(send)?
    };
    let mut buffer = vec![0; CHUNK];
    loop {
        match line.receive(&mut buffer) {
            Ok(Received::End) => break,
            Ok(Received::Bytes(count)) => {
                call.context.stdout.write_all(buffer.get(..count).unwrap_or_default())?;
                activity.note();
            }
            Err(error) if is_over(&error) => {
                if patience.is_none_or(|patience| activity.idle() >= patience) {
                    return Ok(ExitStatus::SUCCESS);
                }
            }
            Err(error) => return Err(error.into()),
        }
    }
    // A person at a terminal would have to press a key first.
    if call.context.stdin.as_terminal().is_none() {
        // One that panicked has said so.
        if let Ok(outcome) = sender.join() {
            outcome?;
        }
    }
    Ok(ExitStatus::SUCCESS)
}

/// Sends all input, then says that it was all.
fn send_all(line: &impl Line, input: &OpenFile, activity: &Activity) -> io::Result<()> {
    let mut buffer = vec![0; CHUNK];
    loop {
        let count = input.read(&mut buffer).map_err(|error| io::Error::from_raw_os_error(error.number()))?;
        let bytes = buffer.get(..count).unwrap_or_default();
        let sent = if bytes.is_empty() { line.finish() } else { line.send(bytes) };
        match sent {
            // The peer wants no more; what it has still to say is heard by the other thread.
            Err(error) if matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::NotConnected) => return Ok(()),
            other => other?,
        }
        if bytes.is_empty() {
            return Ok(());
        }
        activity.note();
    }
}

/// Whether a call ended because its time was over.
pub(super) fn is_over(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}
