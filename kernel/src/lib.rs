//! The assembler: joins hardware, runtime, services and programs. Nothing else knows all of them.
//!
//! [`start`] is the boot order, from the loader's door to std. Everything after that is plain construction, in `init`:
//! build a value, pass it on. `files` makes the file tree, `cards` finds what is on the PCI bus, `display` the screen among
//! it, `consoles` makes the terminals with their shells, `sessions` the files through which others start shells, `autorun`
//! the run of a script instead, `network` the network stack on its cards, `sound` the mixer on its device, `rc` what a
//! machine starts by itself, `run` the program that starts WebAssembly programs.

#![forbid(unsafe_code)]

mod autorun;
mod cards;
mod consoles;
mod display;
mod facts;
mod files;
mod init;
#[cfg(feature = "js")]
mod javascript;
mod network;
mod options;
mod panic;
mod rc;
mod run;
mod session;
mod sessions;
mod sound;
pub mod start;
mod system;
