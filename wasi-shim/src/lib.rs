//! WASI preview 1: runs WebAssembly programs on the services of this system.
//!
//! A [`Program`] is made from a file's content ([`Program::load`]) and run with what a [`Guest`] says (arguments,
//! streams, directories, clocks, a kill flag); it ends in an [`Outcome`], never in a panic.
//!
//! - `calls`: the 46 calls and WasmEdge's sockets, one file a family, and the table of them. They know a `context` and a checked view of guest
//!   `memory`, not the engine.
//! - `abi`, `rights`, `errno`: the specification's types and numbers. `descriptors`: the guest's open files.
//! - `on_wasmi`: binds all this to the engine wasmi, and runs guests in slices. Another engine is another file beside
//!   it.
//! - `sections`, `trace`, `journal`, `names`: where a guest trapped. The engine does not tell, so the run is repeated
//!   with a module that keeps a record of its own calls, and with the answers that the first run got.
//!
//! Below lie `vfs` (files, sockets) and `wait` (blocking, kill). Invariants: nothing that a guest passes is used
//! before it is checked, and no call blocks but through `wait`, so that a kill ends every guest.
//!
//! Specification: `wasi_snapshot_preview1.witx` and `typenames.witx` (WebAssembly/WASI, phases/snapshot).

#![forbid(unsafe_code)]

mod abi;
mod calls;
mod context;
mod descriptors;
mod errno;
mod failure;
mod journal;
mod memory;
mod names;
mod on_wasmi;
mod outcome;
mod program;
mod rights;
mod sections;
mod trace;

pub use calls::{CALLS, Call, MODULE, Param};
pub use context::{DEFAULT_MEMORY_LIMIT, Guest};
pub use outcome::{Frame, LoadError, Outcome, Trap};
pub use program::Program;
