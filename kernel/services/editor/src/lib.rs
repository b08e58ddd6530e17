//! The line editor: one line of input with editing keys, history and completion, for the programs that talk to a user.
//!
//! An [`Editor`] (`editor`) works on a terminal in raw mode (`raw`), reads its keys (`key`) and draws by `view`; the text is a
//! `line`. Keys as in Emacs and readline. What came before is a [`History`]; what words can be completed to, a
//! [`Completer`] knows; what goes on meanwhile is a [`Background`]. Between two lines ^C is an [`Interrupt`]. [`columns`] arranges names side by side.

#![forbid(unsafe_code)]

mod background;
pub mod columns;
mod editor;
mod history;
mod interrupt;
mod key;
mod line;
mod raw;
mod view;

pub use background::Background;
pub use editor::{Candidate, Completer, Editor, Entry};
pub use history::History;
pub use interrupt::{Handler, Interrupt, Redirected};
pub use raw::RawTerminal;
