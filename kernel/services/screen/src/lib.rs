//! The screen: who draws on it, and where keys and mouse go meanwhile.
//!
//! A [`Screen`] joins an `interfaces::Display` with the keyboard and the mouse beside it. As long as nobody else has it, a
//! [`TextConsole`] (`text`, in the characters of `font`) shows a terminal on it, and keys go to that terminal. A program
//! takes it by [`Screen::lease`]: a [`Lease`] draws pictures, by way of a [`Canvas`] where it likes, and hears of keys and
//! mouse as [`InputEvent`]s (`events`; `keys` says which key is which). There is one lease at a time; it ends when it is
//! dropped, also by a panic, when its process is over, and when somebody presses ctrl, alt and backspace, which kills the
//! process. Then the console is there again, as if nothing had been.
//!
//! For programs that have nothing but files, `devices` offers the same as `/dev/fb0` and its like.
//!
//! `picture` keeps what the screen shows, in ordinary memory (`surface`), and sends the display what has changed. `router`
//! decides who gets an event; `input` is the thread that feeds it.
//!
//! Locks: the router's, the console's, the picture's, in this order. None is held while a program draws.

#![forbid(unsafe_code)]

mod canvas;
mod devices;
mod events;
mod font;
mod input;
mod keys;
mod lease;
mod picture;
mod router;
mod screen;
mod surface;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;
mod text;

pub use canvas::Canvas;
pub use events::InputEvent;
pub use keys::{KeyAction, KeyCode, KeyEvent};
pub use lease::Lease;
pub use picture::Capture;
pub use screen::{Inputs, Screen};
pub use text::TextConsole;

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks, also after a panic of another holder: every structure here is consistent between two statements.
fn lock<T: ?Sized>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
