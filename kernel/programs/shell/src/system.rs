//! What commands need of the machine beyond the file system: supplied by the assembler.

use interfaces::{Errno, Power, Result};

/// How full a file system is, in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Space {
    /// Where it is mounted.
    pub path: String,
    /// What it can hold.
    pub limit: u64,
    /// What it holds.
    pub used: u64,
}

/// The machine, as `reboot`, `dmesg` and their like see it. What has a default is optional.
pub trait System: Send + Sync {
    /// Leaves the machine. Returns only when that is impossible, with the reason.
    fn power(&self, how: Power) -> Errno;

    /// The kernel's version, for `uname`.
    fn release(&self) -> String;

    /// The kernel's log.
    ///
    /// # Errors
    /// ENODEV where none is kept.
    fn log(&self) -> Result<String> {
        Err(Errno::ENODEV)
    }

    /// How full the file systems are whose size is limited.
    fn space(&self) -> Vec<Space> {
        Vec::new()
    }

    /// Changes the layout of the keyboards to the one called `name`.
    ///
    /// # Errors
    /// EINVAL for an unknown name; ENODEV where there is no keyboard.
    fn set_keyboard_layout(&self, name: &str) -> Result<()> {
        let _ = name;
        Err(Errno::ENODEV)
    }
}
