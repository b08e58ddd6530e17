//! Who gets an event: the program that has the screen, or the terminal.
//!
//! The terminal reads scan codes, from [`TerminalKeys`]. It is told of modifiers and of keys that go up also while a program
//! has the keyboard: otherwise it would take for held what was released meanwhile.

use crate::events::{EventQueue, InputEvent};
use crate::keys::{Decoded, Decoder, KeyAction, KeyCode, is_modifier};
use crate::lock;
use interfaces::{Errno, InputSource, PointerEvent, Result};
use process::Process;
use std::collections::VecDeque;
use std::sync::{Arc, Mutex, Weak};
use std::task::Waker;
use tty::Layout;
use wait::{WaitList, Waiter};

/// Scan codes that wait for a terminal that does not read; of more, the newest are lost.
const MAX_CODES: usize = 4096;

/// Who has the screen.
#[derive(Clone)]
pub(crate) struct Holder {
    pub(crate) lease: u64,
    /// `None` for a thread of the kernel.
    pub(crate) process: Option<Arc<Process>>,
}

/// What a key asks of the machine itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Request {
    /// Nothing.
    None,
    /// The screen is to be taken from its holder.
    TakeBack,
}

/// See the module.
pub(crate) struct Router {
    state: Mutex<State>,
    /// Told when the holder changes.
    changed: WaitList,
    terminal: Arc<TerminalKeys>,
}

struct State {
    decoder: Decoder,
    holder: Option<Holder>,
    last_lease: u64,
    queues: Vec<Weak<EventQueue>>,
}

impl Router {
    pub(crate) fn new(layout: Layout) -> Router {
        let state = State { decoder: Decoder::new(layout), holder: None, last_lease: 0, queues: Vec::new() };
        Router { state: Mutex::new(state), changed: WaitList::new(), terminal: Arc::default() }
    }

    /// The keyboard that the terminal reads.
    pub(crate) fn terminal(&self) -> &Arc<TerminalKeys> {
        &self.terminal
    }

    pub(crate) fn set_layout(&self, layout: Layout) {
        lock(&self.state).decoder = Decoder::new(layout);
    }

    /// Makes the process the holder, if there is none; returns the lease's number. EBUSY.
    pub(crate) fn take(&self, process: Option<Arc<Process>>) -> Result<u64> {
        let mut state = lock(&self.state);
        if state.holder.is_some() {
            return Err(Errno::EBUSY);
        }
        state.last_lease += 1;
        let lease = state.last_lease;
        state.holder = Some(Holder { lease, process });
        drop(state);
        self.changed.wake_all();
        Ok(lease)
    }

    /// From now on there is no holder, if it was this one.
    pub(crate) fn give_back(&self, lease: u64) {
        let mut state = lock(&self.state);
        let holder = state.holder.take_if(|holder| holder.lease == lease);
        let queues = if holder.is_some() { state.queues.clone() } else { Vec::new() };
        drop(state);
        // Whoever waits for an event learns that none will come.
        queues.iter().filter_map(Weak::upgrade).for_each(|queue| queue.wake());
        self.changed.wake_all();
    }

    pub(crate) fn holder(&self) -> Option<Holder> {
        lock(&self.state).holder.clone()
    }

    /// Registers for a change of the holder.
    pub(crate) fn register(&self, waiter: &Waiter) {
        self.changed.register(waiter);
    }

    /// Adds someone who hears of events.
    pub(crate) fn listen(&self, queue: &Arc<EventQueue>) {
        let mut state = lock(&self.state);
        state.queues.retain(|queue| queue.strong_count() > 0);
        state.queues.push(Arc::downgrade(queue));
    }

    /// Passes on a byte of the keyboard.
    pub(crate) fn scan_code(&self, code: u8) -> Request {
        let mut state = lock(&self.state);
        let Some(Decoded { event, codes, held }) = state.decoder.add(code) else { return Request::None };
        if state.holder.is_none() {
            self.terminal.push(&codes);
            return Request::None;
        }
        let Some(event) = event else { return Request::None };
        if event.action == KeyAction::Release || is_modifier(event.key) {
            self.terminal.push(&codes);
        }
        let leaves = matches!(event.key, KeyCode::Backspace | KeyCode::Delete) && event.action == KeyAction::Press;
        if leaves && held.ctrl && held.alt {
            return Request::TakeBack;
        }
        deliver(state, InputEvent::Key(event));
        Request::None
    }

    /// Passes on what the mouse did.
    pub(crate) fn pointer(&self, event: PointerEvent) {
        deliver(lock(&self.state), InputEvent::Pointer(event));
    }
}

fn deliver(state: std::sync::MutexGuard<'_, State>, event: InputEvent) {
    let Some(holder) = state.holder.clone() else { return };
    let queues = state.queues.clone();
    drop(state);
    let process = holder.process.as_ref().map(|process| process.pid());
    queues.iter().filter_map(Weak::upgrade).for_each(|queue| queue.offer(event, holder.lease, process));
}

/// The keyboard as the terminal has it.
#[derive(Default)]
pub(crate) struct TerminalKeys {
    codes: Mutex<VecDeque<u8>>,
    waker: Mutex<Option<Waker>>,
}

impl TerminalKeys {
    fn push(&self, new: &[u8]) {
        let mut codes = lock(&self.codes);
        if codes.len() + new.len() <= MAX_CODES {
            codes.extend(new);
        }
        drop(codes);
        let waker = lock(&self.waker).take();
        if let Some(waker) = waker {
            waker.wake();
        }
    }
}

impl InputSource for TerminalKeys {
    fn next_byte(&self) -> Option<u8> {
        lock(&self.codes).pop_front()
    }

    fn wake_on_input(&self, waker: &Waker) {
        let _before = lock(&self.waker).replace(waker.clone());
    }
}
