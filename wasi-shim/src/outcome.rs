//! How loading and running a program end.

use interfaces::Errno;
use std::fmt;

/// How a run ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The guest came to its end, or called `proc_exit`, with this status.
    Exited(u32),
    /// It did something that WebAssembly does not allow.
    Trapped(Trap),
    /// It was killed.
    Cancelled,
}

/// What a guest did wrong, and where.
///
/// Shown, it is one line on the cause, and one on each frame if there are any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trap {
    /// The cause, in one line.
    pub message: String,
    /// The guest's functions, the innermost first, at most 64. Empty when the guest had computed for more than about
    /// a quarter of a second, or been told more than a megabyte: to find them, its run is repeated.
    pub backtrace: Vec<Frame>,
}

impl fmt::Display for Trap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        for (depth, frame) in self.backtrace.iter().enumerate() {
            write!(f, "\n  {depth}: {frame}")?;
        }
        Ok(())
    }
}

/// A function of a guest that was being executed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Its index in the module.
    pub function: u32,
    /// Its name, as the programmer wrote it, if the module says.
    pub name: Option<String>,
}

impl fmt::Display for Frame {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => f.write_str(name),
            None => write!(f, "function {}", self.function),
        }
    }
}

/// Why a program cannot run. Shown, it is one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LoadError {
    /// Neither a WebAssembly module nor its text.
    NotWasm,
    /// A component, which is another format.
    Component,
    /// A text that is not WebAssembly's; says where and what.
    Text(String),
    /// A module that breaks the rules; says where and how.
    Malformed(String),
    /// A module that imports what there is not; the names.
    MissingImports(Vec<String>),
    /// A module that imports a call with another type than it has; the name.
    ImportType(String),
    /// A module without a function `_start` that takes and returns nothing: a library.
    NoStart,
    /// A module that needs more than the guest's memory limit to begin with; the limit in bytes.
    MemoryLimit(usize),
    /// A module that cannot be started for another reason.
    Instance(String),
    /// A directory, by the guest's name, or another file that the guest should start with does not open.
    Open(String, Errno),
}

impl fmt::Display for LoadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LoadError::NotWasm => f.write_str("not a WebAssembly module"),
            LoadError::Component => f.write_str("a WebAssembly component, not a module: build for wasm32-wasip1"),
            LoadError::Text(what) => write!(f, "not valid WebAssembly text: {what}"),
            LoadError::Malformed(what) => write!(f, "malformed WebAssembly module: {what}"),
            LoadError::MissingImports(names) => write!(f, "unknown import: {}", names.join(", ")),
            LoadError::ImportType(name) => write!(f, "import {name} has another type than expected"),
            LoadError::NoStart => f.write_str("no function _start: a library, not a program"),
            LoadError::MemoryLimit(limit) => {
                write!(f, "the program needs more memory than its limit of {}", Bytes(*limit))
            }
            LoadError::Instance(what) => write!(f, "the program cannot start: {what}"),
            LoadError::Open(name, errno) => write!(f, "{name}: {errno}"),
        }
    }
}

impl std::error::Error for LoadError {}

/// A number of bytes, shown in the largest unit that divides it.
pub(crate) struct Bytes(pub(crate) usize);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = [(1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
        match units.into_iter().find(|(size, _)| self.0 != 0 && self.0.is_multiple_of(*size)) {
            Some((size, unit)) => write!(f, "{} {unit}", self.0 / size),
            None => write!(f, "{} bytes", self.0),
        }
    }
}
