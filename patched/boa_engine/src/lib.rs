//! boa_engine with the changes that `build.rs` lists.
#![allow(warnings, clippy::all)]
// The text is included, which counts as an expansion.
#![allow(macro_expanded_macro_exports_accessed_by_absolute_paths)]

include!(concat!(env!("OUT_DIR"), "/source/lib.rs"));
