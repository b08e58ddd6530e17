//! Terminals: from keys to lines, from bytes to a screen.
//!
//! A key goes through the `keymap` (scan codes to bytes) and the `discipline` (canonical and raw mode, echo, ^C, ^D); a
//! program's output goes through `output` to every sink of the terminal: a serial line as it is, a text display by way
//! of
//! `terminal` (ANSI to a grid of cells). [`Tty`] joins them and is a vfs file; `pump` moves device input into it.
//! [`Pty`] is the same with a program instead of devices. `node` gives them names in `/dev`; `session` is a file
//! through which a program starts others on a pseudo terminal, or on pipes.
//!
//! Neighbours: devices through `interfaces`, files through `vfs`, waiting through `wait`.

#![forbid(unsafe_code)]

mod discipline;
mod keymap;
mod node;
mod output;
mod pty;
mod pump;
mod queue;
mod session;
mod terminal;
mod tty;

pub use discipline::{Accepted, LineDiscipline};
pub use keymap::{CursorKeys, Key, Keymap, Layout, Scroll};
pub use node::{ControllingTty, PtyNode, StartOnPty};
pub use pty::{Pty, PtyMaster, PtySlave};
pub use session::{LEAST_READ, SessionNode, SessionRequest, StartSession};
pub use terminal::Screen;
pub use tty::{Builder, Tty};

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks, also after a panic of another holder: every structure here is consistent between two statements.
fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
