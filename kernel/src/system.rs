//! The machine as the shell's commands see it.

use crate::consoles::Consoles;
use interfaces::{Errno, Power, Result};
use machine::{log, power};
use shell::{Space, System};
use std::sync::Arc;
use tty::Layout;
use vfs::SpaceQuota;

/// This machine.
pub(crate) struct ThisSystem {
    pub(crate) quota: Arc<SpaceQuota>,
    pub(crate) consoles: Consoles,
}

impl System for ThisSystem {
    fn power(&self, how: Power) -> Errno {
        power::leave(how)
    }

    fn release(&self) -> String {
        env!("CARGO_PKG_VERSION").to_owned()
    }

    fn log(&self) -> Result<String> {
        Ok(log::history())
    }

    fn space(&self) -> Vec<Space> {
        vec![Space { path: "/".to_owned(), limit: self.quota.limit(), used: self.quota.used() }]
    }

    fn set_keyboard_layout(&self, name: &str) -> Result<()> {
        self.consoles.set_layout(Layout::by_name(name).ok_or(Errno::EINVAL)?);
        Ok(())
    }
}
