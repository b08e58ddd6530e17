//! Tests that boot the image in QEMU, and the architecture test.
//!
//! [`command`] runs the host command as a user would. [`machine`] boots a machine, [`transcript`] talks with its console,
//! [`control`] looks at its screen and [`pictures`] knows what that has to show, [`network`] is at the other end of its cable.
//! [`architecture`] holds the rules about the source tree. Every wait is for an event and has a limit; the machine ends with
//! the test.

#![forbid(unsafe_code)]

pub mod architecture;
pub mod command;
pub mod control;
pub mod machine;
pub mod network;
pub mod pictures;
pub mod transcript;

use std::time::Duration;

/// The limit of a wait: generous, as it only ends a test that has failed already. An emulated machine on a loaded host is
/// slow.
pub const LIMIT: Duration = Duration::from_secs(60);
