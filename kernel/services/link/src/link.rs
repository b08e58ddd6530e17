//! The link itself: sending frames, and the thread that receives them.

use crate::frames::{FromHost, Parser};
use interfaces::ByteDevice;
use std::collections::VecDeque;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use vfs::WindowSize;
use wait::WaitList;

const VERSION: u8 = 1;
/// Bytes of input that are kept for programs.
pub(crate) const INPUT_CAPACITY: u32 = 64 * 1024;
/// Most bytes of output in a frame: the other streams have their turn between two.
pub(crate) const FRAME_LIMIT: usize = 8 * 1024;

type InterruptHandler = Box<dyn Fn() + Send + Sync>;

#[derive(Default)]
pub(crate) struct Received {
    pub(crate) bytes: VecDeque<u8>,
    pub(crate) ended: bool,
    /// Bytes that programs took and the host may send anew.
    taken: u32,
    size: Option<WindowSize>,
}

/// One end of a link.
pub struct Link {
    device: Arc<dyn ByteDevice>,
    /// Held for the length of a frame.
    sending: Mutex<()>,
    pub(crate) received: Mutex<Received>,
    pub(crate) readers: WaitList,
    interrupt: Mutex<Option<InterruptHandler>>,
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Link {
    /// Opens the link over `device` and starts the thread that receives.
    ///
    /// # Errors
    /// When no thread can be had.
    pub fn open(device: Arc<dyn ByteDevice>) -> io::Result<Arc<Link>> {
        let link = Arc::new(Link {
            device,
            sending: Mutex::new(()),
            received: Mutex::new(Received::default()),
            readers: WaitList::new(),
            interrupt: Mutex::new(None),
        });
        link.send(b'H', &[VERSION]);
        link.send(b'W', &INPUT_CAPACITY.to_le_bytes());
        let receiver = Arc::clone(&link);
        std::thread::Builder::new().name("link".to_owned()).spawn(move || receiver.receive())?;
        Ok(link)
    }

    /// Sets what an interrupt (^C) from the host does.
    pub fn on_interrupt(&self, handler: impl Fn() + Send + Sync + 'static) {
        *lock(&self.interrupt) = Some(Box::new(handler));
    }

    /// The size of the host's terminal, if it has one and said so.
    #[must_use]
    pub fn window_size(&self) -> Option<WindowSize> {
        lock(&self.received).size
    }

    /// Tells the host the exit status: the last frame.
    pub fn exit(&self, status: i32) {
        self.send(b'X', &status.to_le_bytes());
    }

    pub(crate) fn send(&self, kind: u8, payload: &[u8]) {
        // Callers send at most `FRAME_LIMIT` bytes at a time.
        let length = u16::try_from(payload.len()).unwrap_or(u16::MAX).to_le_bytes();
        let _frame = lock(&self.sending);
        self.device.write(&[kind, length[0], length[1]]);
        self.device.write(payload);
    }

    /// Receives for as long as the machine runs.
    fn receive(&self) {
        let mut parser = Parser::default();
        let mut chunk = [0; 4096];
        loop {
            let count = wait::wait_for(None, |waiter| {
                self.device.wake_on_input(&waiter.waker());
                match self.device.read(&mut chunk) {
                    0 => Poll::Pending,
                    count => Poll::Ready(count),
                }
            });
            let Ok(count) = count else { return };
            parser.feed(chunk.get(..count).unwrap_or_default(), |frame| self.take(frame));
        }
    }

    fn take(&self, frame: FromHost<'_>) {
        match frame {
            FromHost::Input(bytes) => lock(&self.received).bytes.extend(bytes),
            FromHost::EndOfInput => lock(&self.received).ended = true,
            FromHost::Size(size) => lock(&self.received).size = Some(size),
            FromHost::Interrupt => {
                if let Some(handler) = &*lock(&self.interrupt) {
                    handler();
                }
            }
        }
        self.readers.wake_all();
    }

    /// Counts input that a program took, and grants the host as much again once it is worth a frame.
    pub(crate) fn grant(&self, count: usize) {
        let mut received = lock(&self.received);
        received.taken = received.taken.saturating_add(u32::try_from(count).unwrap_or(u32::MAX));
        if received.taken < INPUT_CAPACITY / 2 {
            return;
        }
        let granted = std::mem::take(&mut received.taken);
        drop(received);
        self.send(b'W', &granted.to_le_bytes());
    }
}
