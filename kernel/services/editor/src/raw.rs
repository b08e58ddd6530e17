//! A terminal in raw mode: while a line is edited, or a program takes its keys.

use crate::background::Background;
use interfaces::{Errno, Result};
use std::sync::Arc;
use std::task::Poll;
use vfs::{InputMode, Interest, OpenFile};
use wait::WaitError;

/// A terminal, in raw mode as long as this or a clone of it lives.
#[derive(Clone)]
pub struct RawTerminal {
    input: Arc<RawInput>,
    output: Arc<OpenFile>,
}

struct RawInput(Arc<OpenFile>);

impl RawInput {
    fn set_mode(&self, mode: InputMode) {
        if let Some(terminal) = self.0.as_terminal() {
            terminal.set_input_mode(mode);
        }
    }
}

impl RawTerminal {
    /// Brings the terminal `input` into raw mode.
    #[must_use]
    pub fn new(input: Arc<OpenFile>, output: Arc<OpenFile>) -> Self {
        let input = RawInput(input);
        input.set_mode(InputMode::Raw);
        RawTerminal { input: Arc::new(input), output }
    }

    pub(crate) fn columns(&self) -> usize {
        self.input.0.as_terminal().map_or(80, |terminal| usize::from(terminal.window_size().columns))
    }

    pub(crate) fn write(&self, text: &str) -> Result<()> {
        if text.is_empty() { Ok(()) } else { self.output.write_all(text.as_bytes()) }
    }

    /// The next byte, one at a time: what is behind a line belongs to the program that the line starts.
    ///
    /// # Errors
    /// EIO when the terminal is gone; what reading gives.
    pub fn next_byte(&self) -> Result<u8> {
        let mut byte = [0];
        match self.input.0.read(&mut byte)? {
            0 => Err(Errno::EIO),
            _ => Ok(byte[0]),
        }
    }

    /// Waits for a key, or until `background` has something to do; whether there is a key.
    ///
    /// # Errors
    /// ECANCELED.
    pub fn wait_for_key(&self, background: &impl Background) -> Result<bool> {
        let waited = wait::wait_for(background.deadline(), |waiter| {
            if self.input.0.poll(Interest { read: true, write: false }, Some(waiter)).readable {
                return Poll::Ready(true);
            }
            if background.is_due(waiter) { Poll::Ready(false) } else { Poll::Pending }
        });
        match waited {
            Err(WaitError::TimedOut) => Ok(false),
            waited => Ok(waited?),
        }
    }

    pub(crate) fn has_more(&self) -> bool {
        self.input.0.poll(Interest { read: true, write: false }, None).readable
    }
}

impl Drop for RawInput {
    fn drop(&mut self) {
        self.set_mode(InputMode::Canonical);
    }
}
