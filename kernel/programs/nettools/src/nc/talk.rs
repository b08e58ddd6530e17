//! Copying in both directions at once: standard input in a thread of its own.

use super::plan::Peers;
use crate::call::{Call, Failure, Outcome};
use interfaces::Errno;
use process::ExitStatus;
use std::io::{self, ErrorKind};
use std::net::{Shutdown, TcpStream, UdpSocket};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};
use vfs::OpenFile;
use wait::WaitList;

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

/// Talks with the only peer: until both sides have ended, or until nothing has moved for `patience`. A peer that has ended
/// ends a talk with a person, who would have to press a key first.
pub(super) fn talk(call: &Call<'_>, line: impl Line, patience: Option<Duration>) -> Outcome {
    let input = Input::start(call, Peers::One)?;
    let over = input.talk(call, line, patience)?;
    if over == Over::Ended && call.context.stdin.as_terminal().is_none() {
        input.finish()?;
    }
    Ok(ExitStatus::SUCCESS)
}

/// How a talk came to its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Over {
    /// The peer has ended.
    Ended,
    /// Nothing has moved for too long.
    Silent,
}

/// Standard input, which a thread of its own sends to whoever is the peer.
pub(super) struct Input<L> {
    place: Arc<Place<L>>,
    sender: JoinHandle<io::Result<()>>,
}

/// Where input goes.
struct Place<L> {
    peers: Peers,
    state: Mutex<State<L>>,
    /// The line came, or input in hand went.
    changed: WaitList,
    start: Instant,
    /// When input was last sent, in milliseconds after the start, so that silence of the peer alone is not idleness.
    last: AtomicU64,
}

struct State<L> {
    line: Option<L>,
    /// Input was read that is not sent yet.
    in_hand: bool,
    /// There is no more input.
    ended: bool,
}

impl<L: Line> Input<L> {
    pub(super) fn start(call: &Call<'_>, peers: Peers) -> Result<Input<L>, Failure> {
        let state = Mutex::new(State { line: None, in_hand: false, ended: false });
        let (start, last) = (Instant::now(), AtomicU64::new(0));
        let place = Arc::new(Place { peers, state, changed: WaitList::new(), start, last });
        let (to, input) = (Arc::clone(&place), Arc::clone(&call.context.stdin));
        let process = Arc::clone(&call.context.process);
        let send = move || {
            process::enter(Some(process));
            to.send_all(&input)
        };
        let sender = thread::Builder::new().name("nc input".into()).spawn(send)?;
        Ok(Input { place, sender })
    }

    /// Copies input to the line and the line to standard output, until the peer has ended, or until nothing has moved for
    /// `patience`. At the end of input the peer is told.
    pub(super) fn talk(&self, call: &Call<'_>, line: L, patience: Option<Duration>) -> Result<Over, Failure> {
        line.set_patience(patience)?;
        self.place.note();
        self.place.connect(line.copy()?)?;
        let outcome = self.hear(call, &line, patience);
        // A peer that has ended may listen still: what was read for this one is not the next one's.
        if self.place.peers == Peers::Many {
            self.place.wait_until_sent()?;
            self.place.lock().line = None;
        }
        outcome
    }

    fn hear(&self, call: &Call<'_>, line: &L, patience: Option<Duration>) -> Result<Over, Failure> {
        let mut buffer = vec![0; CHUNK];
        loop {
            match line.receive(&mut buffer) {
                Ok(Received::End) => return Ok(Over::Ended),
                Ok(Received::Bytes(count)) => {
                    call.context.stdout.write_all(buffer.get(..count).unwrap_or_default())?;
                    self.place.note();
                }
                Err(error) if is_over(&error) => {
                    if patience.is_none_or(|patience| self.place.idle() >= patience) {
                        return Ok(Over::Silent);
                    }
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// Waits until all input is sent.
    fn finish(self) -> io::Result<()> {
        // One that panicked has said so.
        self.sender.join().unwrap_or(Ok(()))
    }
}

impl<L: Line> Place<L> {
    fn lock(&self) -> MutexGuard<'_, State<L>> {
        // Each change is one assignment.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn note(&self) {
        let now = u64::try_from(self.start.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last.store(now, Ordering::Relaxed);
    }

    fn idle(&self) -> Duration {
        self.start.elapsed().saturating_sub(Duration::from_millis(self.last.load(Ordering::Relaxed)))
    }

    /// Input goes to this line from now on.
    fn connect(&self, line: L) -> io::Result<()> {
        let mut state = self.lock();
        if state.ended {
            return line.finish();
        }
        state.line = Some(line);
        drop(state);
        self.changed.wake_all();
        Ok(())
    }

    /// Waits until no input is in hand, or nobody takes it any more.
    fn wait_until_sent(&self) -> Result<(), Errno> {
        let sent = wait::wait_for(None, |waiter| {
            self.changed.register(waiter);
            if self.lock().in_hand { Poll::Pending } else { Poll::Ready(()) }
        });
        sent.map_err(Errno::from)
    }

    fn set_in_hand(&self, in_hand: bool) {
        self.lock().in_hand = in_hand;
        self.changed.wake_all();
    }

    /// Waits for a line.
    fn line(&self) -> io::Result<L> {
        let found = wait::wait_for(None, |waiter| {
            self.changed.register(waiter);
            self.lock().line.as_ref().map_or(Poll::Pending, |line| Poll::Ready(line.copy()))
        });
        found.map_err(|error| to_std(error.into()))?
    }

    /// Sends all input, then says that it was all.
    fn send_all(&self, input: &OpenFile) -> io::Result<()> {
        let mut buffer = vec![0; CHUNK];
        loop {
            let count = input.read(&mut buffer).map_err(to_std)?;
            let bytes = buffer.get(..count).unwrap_or_default();
            if bytes.is_empty() {
                let mut state = self.lock();
                state.ended = true;
                return state.line.take().map_or(Ok(()), |line| tolerate(line.finish()));
            }
            self.set_in_hand(true);
            let outcome = self.line()?.send(bytes);
            self.set_in_hand(false);
            match outcome {
                Ok(()) => self.note(),
                // The peer wants no more; what it has still to say is heard by the other thread.
                Err(error) if self.peers == Peers::One => return tolerate(Err(error)),
                // What it did not get is not the next one's.
                Err(_) => self.lock().line = None,
            }
        }
    }
}

/// A peer that wants no more is no error.
fn tolerate(outcome: io::Result<()>) -> io::Result<()> {
    outcome.or_else(|error| match error.kind() {
        ErrorKind::BrokenPipe | ErrorKind::NotConnected => Ok(()),
        _ => Err(error),
    })
}

fn to_std(error: Errno) -> io::Error {
    io::Error::from_raw_os_error(error.number())
}

/// Whether a call ended because its time was over.
pub(super) fn is_over(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}
