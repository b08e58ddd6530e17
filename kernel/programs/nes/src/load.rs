//! Reading a ROM from the file system.

use crate::console::{Console, ROM_LIMIT, Sound};
use process::Context;

/// Where the cartridges lie that come with the image.
pub(crate) const GAMES: &str = "/usr/share/games";

/// Reads the file `path` and puts it in.
pub(crate) fn power_on(context: &Context, path: &str, sound: Sound) -> Result<Console, String> {
    let rom = context.vfs().read_file(&context.cwd(), path, ROM_LIMIT).map_err(|error| format!("{path}: {error}"))?;
    Console::power_on(&rom, sound).map_err(|error| format!("{path}: {error}"))
}
