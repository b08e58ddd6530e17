//! What outlives a game: the cartridge's battery RAM, and states of the whole console in numbered slots.
//!
//! Files lie beside the ROM, or in $HOME where that cannot be written to: `game.sav` as other emulators have it, and
//! `game.st1` to `game.st9`. A program that was killed writes nothing any more, so battery RAM is written as it changes.

use crate::console::Console;
use crate::hash::fnv1a;
use crate::load::Cartridge;
use interfaces::Errno;
use process::Context;
use std::time::{Duration, Instant};
use vfs::Scope;

const BATTERY: &str = "sav";
const STATE: &str = "st";
/// The largest file of either kind that is read.
const LIMIT: usize = 64 << 20;
/// How often battery RAM is looked at.
const EVERY: Duration = Duration::from_secs(2);

/// Reads the cartridge's file with this ending from where it lies; `None` where there is none.
fn read(context: &Context, cartridge: &Cartridge, ending: &str) -> Result<Option<Vec<u8>>, String> {
    for path in cartridge.companions(context, ending) {
        match context.vfs().read_file(&context.cwd(), &path, LIMIT) {
            Ok(content) => return Ok(Some(content)),
            Err(Errno::ENOENT) => {}
            Err(error) => return Err(format!("{path}: {error}")),
        }
    }
    Ok(None)
}

/// Writes it to the first place that takes it; returns where that is.
fn write(context: &Context, cartridge: &Cartridge, ending: &str, content: &[u8]) -> Result<String, String> {
    let mut result = Err("there is no place for it".to_owned());
    for path in cartridge.companions(context, ending) {
        match replace(context, &path, content) {
            Ok(()) => return Ok(path),
            Err(error) => result = Err(format!("{path}: {error}")),
        }
    }
    result
}

/// Makes `content` the file at `path`, whole or not at all: what was there is somebody's game.
fn replace(context: &Context, path: &str, content: &[u8]) -> Result<(), Errno> {
    let (vfs, cwd, fresh) = (context.vfs(), context.cwd(), format!("{path}.new"));
    let written = vfs.write_file(&cwd, &fresh, content);
    let replaced = written.and_then(|()| vfs.rename(&cwd, &fresh, &cwd, path, Scope::Anywhere));
    if replaced.is_err() {
        // It may not even have come to be.
        let _gone = vfs.unlink(&cwd, &fresh, Scope::Anywhere);
    }
    replaced
}

/// The battery RAM's file.
pub(crate) struct Battery {
    cartridge: Option<Cartridge>,
    written: u64,
    next: Instant,
}

impl Battery {
    /// Restores what was kept, for a cartridge with a battery.
    ///
    /// # Errors
    /// It is there and cannot be read: a game without it would take its place.
    pub(crate) fn load(context: &Context, cartridge: &Cartridge, console: &mut Console) -> Result<Battery, String> {
        let mut battery = Battery { cartridge: None, written: 0, next: Instant::now() + EVERY };
        if console.battery().is_empty() {
            return Ok(battery);
        }
        battery.cartridge = Some(cartridge.clone());
        let kept = read(context, cartridge, BATTERY);
        if let Some(content) = kept.map_err(|error| format!("the saved game cannot be read: {error}"))? {
            console.set_battery(&content);
        }
        battery.written = fnv1a(console.battery());
        Ok(battery)
    }

    /// Writes it now and then, when it has changed.
    pub(crate) fn keep(&mut self, context: &Context, console: &mut Console, now: Instant) -> Result<(), String> {
        if self.cartridge.is_none() || now < self.next {
            return Ok(());
        }
        self.next = now + EVERY;
        self.save(context, console)
    }

    /// Writes it when it has changed.
    pub(crate) fn save(&mut self, context: &Context, console: &mut Console) -> Result<(), String> {
        let Some(cartridge) = &self.cartridge else { return Ok(()) };
        let content = console.battery();
        let hash = fnv1a(content);
        if hash == self.written || context.is_killed() {
            return Ok(());
        }
        write(context, cartridge, BATTERY, content).map_err(|error| format!("the saved game: {error}"))?;
        self.written = hash;
        Ok(())
    }
}

/// The slots for states.
pub(crate) struct Slots<'a> {
    cartridge: &'a Cartridge,
    number: u8,
}

impl<'a> Slots<'a> {
    pub(crate) fn new(cartridge: &'a Cartridge) -> Slots<'a> {
        Slots { cartridge, number: 1 }
    }

    pub(crate) fn choose(&mut self, number: u8) {
        self.number = number;
    }

    /// Saves to the chosen slot; returns what to say.
    pub(crate) fn save(&self, context: &Context, console: &mut Console) -> String {
        let saved = console.save_state().and_then(|content| write(context, self.cartridge, &self.ending(), &content));
        match saved {
            Ok(path) => format!("saved to {path}"),
            Err(error) => format!("not saved: {error}"),
        }
    }

    /// Loads from the chosen slot; returns what to say.
    pub(crate) fn load(&self, context: &Context, console: &mut Console) -> String {
        let loaded = read(context, self.cartridge, &self.ending())
            .and_then(|content| content.ok_or("there is none".to_owned()))
            .and_then(|content| console.load_state(&content));
        match loaded {
            Ok(()) => format!("slot {} loaded", self.number),
            Err(error) => format!("slot {} not loaded: {error}", self.number),
        }
    }

    fn ending(&self) -> String {
        format!("{STATE}{}", self.number)
    }
}
