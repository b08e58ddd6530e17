//! Repeating a run that trapped, to learn where.

use super::limits::Limits;
use super::slices::{self, Ended, Sliced};
use crate::failure::End;
use crate::journal::Replay;
use crate::sections::START;
use crate::trace::{HEIGHT, STACK, STACK_BYTES, frames, traced};
use std::sync::Arc;
use wait::Cancel;
use wasmi::{Caller, Error, Extern, ExternType, Func, Instance, Memory, Module, Store, Val};

/// The most frames of a backtrace.
const MAX_FRAMES: usize = 64;
/// Slices of a repeated run: many times those after which none is repeated, for the record of the calls costs as much again
/// and more.
const MAX_SLICES: u32 = 1000;

struct Repeated {
    replay: Replay,
    memory: Option<Memory>,
    limits: Limits,
    cancel: Arc<Cancel>,
    slices_left: u32,
}

impl Sliced for Repeated {
    fn next_slice(&mut self) -> Result<(), End> {
        // A run that went another way, as when there was no memory the first time, may have no end.
        self.slices_left = self.slices_left.checked_sub(1).ok_or(End::Cancelled)?;
        if self.cancel.is_cancelled() { Err(End::Cancelled) } else { Ok(()) }
    }
}

/// The functions that `wasm` was executing when it trapped, the innermost first. `None` when the run does not come to
/// a trap again.
pub(super) fn backtrace(wasm: &[u8], replay: Replay, memory_limit: usize, cancel: Arc<Cancel>) -> Option<Vec<u32>> {
    let module = Module::new(&slices::engine(), traced(wasm).ok()?).ok()?;
    // The record of the calls is not the guest's.
    let limits = Limits::new(memory_limit.saturating_add(usize::try_from(STACK_BYTES).ok()?));
    let repeated = Repeated { replay, memory: None, limits, cancel, slices_left: MAX_SLICES };
    let mut store = Store::new(module.engine(), repeated);
    store.limiter(|repeated| &mut repeated.limits);
    let imports = module.imports().map(|import| match import.ty() {
        ExternType::Func(ty) => Some(Extern::Func(Func::new(&mut store, ty.clone(), answer))),
        _ => None,
    });
    let imports: Vec<Extern> = imports.collect::<Option<_>>()?;
    let instance = Instance::new(&mut store, &module, &imports).ok()?;
    store.data_mut().memory = instance.get_memory(&store, "memory");
    for entry in [START, "_start"] {
        let Ok(function) = instance.get_typed_func::<(), ()>(&store, entry) else { continue };
        match slices::run(&mut store, &function) {
            Ended::Returned => {}
            Ended::End(_) => return None,
            Ended::Trapped(_) => return recorded(&store, &instance),
        }
    }
    None
}

/// What a call of the first run answered.
fn answer(mut caller: Caller<'_, Repeated>, _params: &[Val], results: &mut [Val]) -> Result<(), Error> {
    let (memory, repeated) = match caller.data().memory {
        Some(memory) => memory.data_and_store_mut(&mut caller),
        None => (&mut [][..], caller.data_mut()),
    };
    // A call that the first run did not come to, or did not come back from.
    let answer = repeated.replay.answer(memory).ok_or_else(|| Error::host(End::Cancelled))?;
    if let Some(result) = results.first_mut() {
        *result = Val::I32(answer.cast_signed());
    }
    Ok(())
}

fn recorded(store: &Store<Repeated>, instance: &Instance) -> Option<Vec<u32>> {
    let stack = instance.get_memory(store, STACK)?;
    let height = instance.get_global(store, HEIGHT)?.get(store).i32()?;
    Some(frames(stack.data(store), height.cast_unsigned(), MAX_FRAMES))
}
