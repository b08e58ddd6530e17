//! The host command: runs and packs WebAssembly apps on Yolk.
//!
//! [`qemu`] is the machine. [`session`] runs one command in it as transparently as a program of the host, over the
//! [`link`]; [`console`] shows its console in a terminal. [`guest`] writes the boot module that carries files and command,
//! [`pack`] a bootable disc with it, [`image`] the image itself; both archives come from [`archive`]. The tests drive
//! machines through this library, too.

#![forbid(unsafe_code)]

pub mod archive;
pub mod console;
pub mod guest;
pub mod image;
pub mod link;
mod log;
pub mod pack;
pub mod qemu;
pub mod quote;
pub mod session;
mod terminal;

pub use terminal::is_interactive;
