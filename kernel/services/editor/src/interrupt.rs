//! ^C while no line is edited: kept until the program can heed it.
//!
//! The terminal's handler of an interactive program is this, except while it has directed ^C elsewhere: a shell to the job in
//! the foreground. So a ^C that comes between the end of a line and the start of its job is not lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use vfs::OpenFile;
use wait::{WaitList, Waiter};

/// What a terminal does at ^C.
pub type Handler = Arc<dyn Fn() + Send + Sync>;

/// Whether ^C was pressed.
#[derive(Debug, Default)]
pub struct Interrupt {
    pressed: AtomicBool,
    waiters: WaitList,
}

impl Interrupt {
    /// The handler that remembers.
    #[must_use]
    pub fn handler(self: &Arc<Self>) -> Handler {
        let interrupt = Arc::clone(self);
        Arc::new(move || {
            interrupt.pressed.store(true, Ordering::SeqCst);
            interrupt.waiters.wake_all();
        })
    }

    /// Whether ^C was pressed since it was last forgotten.
    #[must_use]
    pub fn is_pressed(&self) -> bool {
        self.pressed.load(Ordering::SeqCst)
    }

    /// Forgets it.
    pub fn forget(&self) {
        self.pressed.store(false, Ordering::SeqCst);
    }

    /// Wakes `waiter` at the next ^C.
    pub fn register(&self, waiter: &Waiter) {
        self.waiters.register(waiter);
    }
}

/// A handler in place on a terminal; dropping it brings the one before back.
pub struct Redirected {
    terminal: Arc<OpenFile>,
    before: Option<Handler>,
}

impl Redirected {
    /// Puts `handler` in place.
    #[must_use]
    pub fn new(terminal: Arc<OpenFile>, handler: Handler) -> Redirected {
        let before = terminal.as_terminal().and_then(|terminal| terminal.set_interrupt(Some(handler)));
        Redirected { terminal, before }
    }
}

impl Drop for Redirected {
    fn drop(&mut self) {
        if let Some(terminal) = self.terminal.as_terminal() {
            terminal.set_interrupt(self.before.take());
        }
    }
}
