//! Device drivers, each behind a trait of `interfaces`. Built on `machine`; services never see this crate.
//!
//! To add one: a file here that implements a trait of `interfaces`, and the line in `kernel::init` that makes it. The
//! shortest example is [`serial`].

#![no_std]

extern crate alloc;

mod controller;
pub mod display;
pub mod e1000;
mod ethernet;
pub mod i8042;
pub mod keyboard;
pub mod mouse;
pub mod pci_table;
mod port;
pub mod ring;
pub mod rtl8139;
pub mod serial;
pub mod sound;
pub mod vga;
pub mod virtio;
mod waker;
