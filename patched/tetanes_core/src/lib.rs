//! tetanes-core with the changes that `build.rs` lists.
#![allow(warnings, clippy::all)]

include!(concat!(env!("OUT_DIR"), "/source/lib.rs"));

/// Where the published crate lies on the machine that built this, with the ROMs of its tests.
pub const PUBLISHED: &str = env!("PUBLISHED");
