//! The link: a program's standard streams over one byte device, in frames.
//!
//! The other end is the host command `yolk`. Three streams share a line that is clean for all bytes, and the host learns the
//! exit status. A frame is a kind (`u8`), a length (`u16`, little endian) and that many bytes:
//!
//! | from here | payload | | from the host | payload |
//! |---|---|---|---|---|
//! | `H` hello | version `u8` | | `I` input | bytes, never more than granted |
//! | `O` output | bytes | | `Z` end of input | |
//! | `E` error output | bytes | | `S` window size | columns `u16`, rows `u16` |
//! | `W` window | `u32`: that many more bytes of input are welcome | | `C` interrupt | |
//! | `X` exit | status `i32` | | | |
//!
//! Input that no program reads stays with the host: the window is as large as the buffer here has room.

#![forbid(unsafe_code)]

mod frames;
mod link;
mod streams;
#[cfg(test)]
mod tests;

pub use link::Link;
