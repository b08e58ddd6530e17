//! A program's hold on the screen.

use crate::events::{EventQueue, InputEvent, Listener};
use crate::picture::Owner;
use crate::screen::Screen;
use crate::text::TextConsole;
use interfaces::{Area, Errno, Frame, Result};
use std::sync::Arc;
use std::task::Poll;
use std::time::Instant;
use wait::{WaitError, Waiter};

/// A program's hold on the screen: until it is dropped, the program draws, and hears of keys and mouse. A lease can be
/// taken away (ctrl, alt and backspace; the end of its process): drawing and waiting then fail with ECANCELED.
pub struct Lease {
    screen: Arc<Screen>,
    number: u64,
    events: Arc<EventQueue>,
}

impl Screen {
    /// Takes the screen, which is black then, for the calling thread's process.
    ///
    /// # Errors
    /// EBUSY while another lease lives.
    pub fn lease(self: &Arc<Self>) -> Result<Lease> {
        let number = self.hand_over()?;
        let events = Arc::new(EventQueue::new(Listener::Lease(number)));
        self.router.listen(&events);
        Ok(Lease { screen: Arc::clone(self), number, events })
    }
}

impl Lease {
    /// The screen that it holds.
    #[must_use]
    pub fn screen(&self) -> &Arc<Screen> {
        &self.screen
    }

    /// Pixels in a row, and rows.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        self.screen.size()
    }

    /// The sizes that [`set_size`](Self::set_size) takes for certain, the smallest first.
    #[must_use]
    pub fn sizes(&self) -> Vec<(usize, usize)> {
        self.screen.sizes()
    }

    /// Changes the size, as long as the lease lives; the picture is black then.
    ///
    /// # Errors
    /// EINVAL for a size that this screen cannot have, EOPNOTSUPP where it has only one; ENOMEM; ECANCELED.
    pub fn set_size(&self, width: usize, height: usize) -> Result<()> {
        self.screen.picture.set_size(self.owner(), width, height)
    }

    /// Shows the areas `damage` of `frame`, each at its own place. What lies outside of either is left out.
    ///
    /// # Errors
    /// ECANCELED when the screen was taken away.
    pub fn show(&self, frame: Frame<'_>, damage: &[Area]) -> Result<()> {
        self.screen.picture.show(self.owner(), frame, damage)
    }

    /// Characters on the whole screen. What is put is drawn by [`TextConsole::flush`], or before.
    #[must_use]
    pub fn text(&self) -> TextConsole {
        TextConsole::new(Arc::clone(&self.screen.picture), self.owner())
    }

    /// Writes pixels as the bytes of `/dev/fb0`; returns how many there was room for. ECANCELED.
    pub(crate) fn write_bytes(&self, offset: usize, bytes: &[u8]) -> Result<usize> {
        self.screen.picture.draw(self.owner(), |surface| surface.write_bytes(offset, bytes))
    }

    /// The next event, if there is one.
    #[must_use]
    pub fn next_event(&self) -> Option<InputEvent> {
        self.events.pop()
    }

    /// Registers `waiter` for the next event, and for the end of the lease: to wait for several things at once, see
    /// [`wait::wait_for`].
    pub fn register(&self, waiter: &Waiter) {
        self.events.register(waiter);
    }

    /// Waits for an event; `None` at `deadline`.
    ///
    /// # Errors
    /// ECANCELED when the process is killed or the screen was taken away.
    pub fn wait_event(&self, deadline: Option<Instant>) -> Result<Option<InputEvent>> {
        let waited = wait::wait_for(deadline, |waiter| {
            self.register(waiter);
            match self.next_event() {
                Some(event) => Poll::Ready(Ok(event)),
                None if self.is_taken_away() => Poll::Ready(Err(Errno::ECANCELED)),
                None => Poll::Pending,
            }
        });
        match waited {
            Ok(event) => event.map(Some),
            Err(WaitError::TimedOut) => Ok(None),
            Err(WaitError::Cancelled) => Err(Errno::ECANCELED),
        }
    }

    /// Whether somebody took the screen away.
    #[must_use]
    pub fn is_taken_away(&self) -> bool {
        self.screen.router.holder().is_none_or(|holder| holder.lease != self.number)
    }

    fn owner(&self) -> Owner {
        Owner::Lease(self.number)
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.screen.take_back(self.number);
    }
}
