//! regress with the changes that `build.rs` lists.
#![allow(warnings, clippy::all)]
#![cfg_attr(not(feature = "std"), no_std)]

include!(concat!(env!("OUT_DIR"), "/source/lib.rs"));
