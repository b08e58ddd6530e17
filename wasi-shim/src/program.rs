//! Programs: from a file's content to a run.

use crate::context::{Context, Guest};
use crate::on_wasmi::Code;
use crate::outcome::{LoadError, Outcome};
use std::sync::Arc;
use vfs::{OpenFile, StatusFlags};
use wait::Cancel;

/// A program that can run, any number of times and on any number of threads at once.
pub struct Program {
    code: Code,
}

impl Program {
    /// Makes a program of a file's content: a WebAssembly module, or the text of one.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn load(content: Vec<u8>) -> Result<Program, LoadError> {
        Ok(Program { code: Code::new(binary(content)?)? })
    }

    /// Runs it on the calling thread until it ends.
    ///
    /// # Errors
    /// Why it could not start.
    pub fn run(&self, guest: Guest) -> Result<Outcome, LoadError> {
        let memory_limit = guest.memory_limit;
        let _waits = WaitsUnder::enter(Arc::clone(&guest.cancel));
        let _flags = KeptFlags::of([&guest.stdin, &guest.stdout, &guest.stderr]);
        let context = Context::new(guest).map_err(|(name, errno)| LoadError::Open(name, errno))?;
        self.code.run(context, memory_limit)
    }
}

/// What a module begins with, and what stands behind the version in a component (binary formats of both).
const MAGIC: &[u8] = b"\0asm";
const COMPONENT_LAYER: &[u8] = &[1, 0];

fn binary(content: Vec<u8>) -> Result<Vec<u8>, LoadError> {
    let wasm = match wat::Detect::from_bytes(&content) {
        wat::Detect::WasmBinary => content,
        wat::Detect::WasmText => wat::parse_bytes(&content).map_err(|error| text_error(&error))?.into_owned(),
        wat::Detect::Unknown => return Err(LoadError::NotWasm),
    };
    match wasm.strip_prefix(MAGIC).and_then(|version| version.get(2..4)) {
        Some(COMPONENT_LAYER) => Err(LoadError::Component),
        _ => Ok(wasm),
    }
}

/// The crate shows the place in the text, over several lines; here is one, as compilers write it.
fn text_error(error: &wat::Error) -> LoadError {
    let shown = error.to_string();
    let message = shown.lines().next().unwrap_or_default();
    let place = shown.lines().find_map(|line| line.trim_start().strip_prefix("--> <anon>:"));
    LoadError::Text(place.map_or_else(|| message.to_owned(), |place| format!("{place}: {message}")))
}

/// Makes a kill flag the one that ends the thread's waits, for a time.
struct WaitsUnder {
    before: Option<Arc<Cancel>>,
}

impl WaitsUnder {
    fn enter(cancel: Arc<Cancel>) -> WaitsUnder {
        WaitsUnder { before: wait::enter(Some(cancel)) }
    }
}

impl Drop for WaitsUnder {
    fn drop(&mut self) {
        wait::enter(self.before.take());
    }
}

/// Gives standard streams the flags back that they had: others have them open, too, and the next command does not expect
/// that reading from the terminal answers EAGAIN.
struct KeptFlags([(Arc<OpenFile>, StatusFlags); 3]);

impl KeptFlags {
    fn of(streams: [&Arc<OpenFile>; 3]) -> KeptFlags {
        KeptFlags(streams.map(|stream| (Arc::clone(stream), stream.flags())))
    }
}

impl Drop for KeptFlags {
    fn drop(&mut self) {
        for (stream, flags) in &self.0 {
            stream.set_flags(*flags);
        }
    }
}
