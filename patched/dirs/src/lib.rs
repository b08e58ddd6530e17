//! Stands in for the crate `dirs`, through `[patch.crates-io]`: it does not build for this system, where a user has no
//! directories for data. `tetanes-core` asks for one, for battery RAM, which the program `nes` keeps itself.

#![no_std]
#![forbid(unsafe_code)]

extern crate std;

/// None: there is no such directory.
#[must_use]
pub fn data_local_dir() -> Option<std::path::PathBuf> {
    None
}
