//! Pictures for apps: drawn in memory with `embedded-graphics`, and shown on Yolk's screen, or written to files where there
//! is none.
//!
//! [`Picture`] is what is drawn on. [`Screen`] is Yolk's screen with keyboard and mouse, by `/dev/fb0` and its neighbours
//! (docs/SCREEN.md): plain files, so that no library of Yolk's is needed. [`Event`] is a line of theirs.

#![forbid(unsafe_code)]

mod event;
mod picture;
mod screen;

pub use event::Event;
pub use picture::Picture;
pub use screen::Screen;
