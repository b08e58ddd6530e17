//! What all connections share: the options, the server's key, and what failures to log in cost.

use crate::boot::BootOptions;
use crate::options::Options;
use crate::throttle::Throttle;
use std::fs;
use std::path::Path;
use std::rc::Rc;
use sunset::SignKey;

/// A longer banner is cut off.
const BANNER_BYTES: usize = 8 * 1024;

/// What all connections share.
pub(crate) struct House {
    pub(crate) options: Options,
    pub(crate) boot: BootOptions,
    pub(crate) key: SignKey,
    pub(crate) banner: Option<&'static str>,
    pub(crate) throttle: Throttle,
    /// Whoever has a copy has a password checked: one at a time, since each takes memory and time.
    checker: Rc<()>,
}

impl House {
    pub(crate) fn new(options: Options, boot: BootOptions, key: SignKey) -> House {
        let banner = banner(&options.folder);
        House { options, boot, key, banner, throttle: Throttle::default(), checker: Rc::default() }
    }
}

impl House {
    /// Whether no password is being checked.
    pub(crate) fn is_checker_free(&self) -> bool {
        Rc::strong_count(&self.checker) == 1
    }

    /// The right to have a password checked, if nobody has it; it is given back when it is dropped.
    pub(crate) fn free_checker(&self) -> Option<Rc<()>> {
        self.is_checker_free().then(|| Rc::clone(&self.checker))
    }
}

/// What clients show before they log in. It is the same for all, and lasts as long as the program.
fn banner(folder: &Path) -> Option<&'static str> {
    let text = fs::read(folder.join("banner")).ok()?;
    let text = String::from_utf8_lossy(text.get(..BANNER_BYTES).unwrap_or(&text)).into_owned();
    Some(text).filter(|text| !text.trim().is_empty()).map(|text| &*text.leak())
}
