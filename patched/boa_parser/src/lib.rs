//! boa_parser with the changes that `build.rs` lists.
#![allow(warnings, clippy::all)]

include!(concat!(env!("OUT_DIR"), "/source/lib.rs"));
