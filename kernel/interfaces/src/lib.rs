//! Device traits and plain types: the words that drivers, services and the runtime share.
//!
//! Depends on nothing. Drivers implement these traits, services use them, and only the assembler (`kernel`) joins the two.

#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod clock;
mod colour;
mod device;
mod display;
mod errno;
mod net;
mod pointer;
mod sound;

pub use clock::{Clock, Entropy};
pub use colour::Colour;
pub use device::{ByteDevice, Cell, CpuTimes, InputSource, MachineInfo, Power, TextDisplay};
pub use display::{Area, Channel, Display, Frame, PixelFormat};
pub use errno::{Errno, Result};
pub use net::{MacAddress, NetDevice, NetStatistics, Presence};
pub use pointer::{Buttons, PointerDevice, PointerEvent};
pub use sound::{Sample, SoundDevice};
