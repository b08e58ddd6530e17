//! Cartridges in the file system.

use crate::console::{Console, NesRegion, ROM_LIMIT, Sound};
use interfaces::Errno;
use process::Context;
use vfs::{OpenOptions, Scope};

/// Where the cartridges lie that come with the image.
pub(crate) const GAMES: &str = "/usr/share/games";
const ENDING: &str = ".nes";

/// The cartridge that is asked for, and the console for it.
pub(crate) struct Choice {
    /// A path, or the name of one that came with the image.
    pub(crate) name: String,
    pub(crate) region: NesRegion,
}

/// A cartridge's file and what is in it.
#[derive(Clone)]
pub(crate) struct Cartridge {
    pub(crate) path: String,
    rom: Vec<u8>,
    region: NesRegion,
}

impl Cartridge {
    /// Puts it in and switches on.
    pub(crate) fn power_on(&self, sound: Sound) -> Result<Console, String> {
        Console::power_on(&self.rom, self.region, sound).map_err(|error| format!("{}: {error}", self.path))
    }

    /// Where files of the same name with another ending may lie: beside it, and in $HOME.
    pub(crate) fn companions(&self, context: &Context, ending: &str) -> Vec<String> {
        let stem = self.path.strip_suffix(ENDING).unwrap_or(&self.path);
        let name = stem.rsplit('/').next().unwrap_or(stem);
        let home = context.env("HOME").filter(|home| !home.is_empty());
        let at_home = home.map(|home| format!("{}/{name}.{ending}", home.trim_end_matches('/')));
        [format!("{stem}.{ending}")].into_iter().chain(at_home).collect()
    }
}

/// Reads a cartridge.
pub(crate) fn find(context: &Context, choice: &Choice) -> Result<Cartridge, String> {
    let Choice { ref name, region } = *choice;
    let read = |path: &str| context.vfs().read_file(&context.cwd(), path, ROM_LIMIT);
    let error = match read(name) {
        Ok(rom) => return Ok(Cartridge { path: name.clone(), rom, region }),
        Err(error) => error,
    };
    if error == Errno::ENOENT && !name.contains('/') {
        for ending in ["", ENDING] {
            let path = format!("{GAMES}/{name}{ending}");
            if let Ok(rom) = read(&path) {
                return Ok(Cartridge { path, rom, region });
            }
        }
    }
    Err(format!("{name}: {error}"))
}

/// Reads a cartridge and switches on.
pub(crate) fn power_on(context: &Context, choice: &Choice, sound: Sound) -> Result<Console, String> {
    find(context, choice)?.power_on(sound)
}

/// The cartridges that came with the image.
pub(crate) fn list(context: &Context) -> Vec<String> {
    const CHUNK: usize = 64;
    let options = OpenOptions { directory: true, ..OpenOptions::read() };
    let Ok(folder) = context.vfs().open(&context.cwd(), GAMES, Scope::Anywhere, &options) else { return Vec::new() };
    let (mut names, mut cookie) = (Vec::new(), 0);
    while let Ok(entries) = folder.read_dir(cookie, CHUNK) {
        let Some(last) = entries.last() else { break };
        cookie = last.next_cookie;
        names.extend(entries.into_iter().map(|entry| entry.name).filter(|name| name.ends_with(ENDING)));
    }
    names.sort();
    names
}
