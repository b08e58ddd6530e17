//! Running a function in slices, so that it can be stopped.
//!
//! The engine counts fuel, about one unit an instruction, and stops where it has run out; the call goes on where it
//! was.

use crate::failure::End;
use wasmi::errors::HostError;
use wasmi::{CompilationMode, Config, CustomFuelCosts, Engine, Error, Store, TypedFunc, TypedResumableCall};

/// Fuel of one slice: two to three milliseconds on a processor of today.
const SLICE: u64 = 1_000_000;

/// The deepest nesting of a guest's calls, and the most that its locals may take, in bytes. Guests built by clang or
/// rustc keep most of their variables elsewhere, in their own memory, and run out of that first.
const MAX_CALL_DEPTH: usize = 1 << 16;
const MAX_STACK: usize = 8 << 20;

/// A new engine that counts fuel. Modules are checked when they are loaded, and translated function by function when
/// those are first called, which most never are.
pub(super) fn engine() -> Engine {
    let mut config = Config::default();
    config
        .compilation_mode(CompilationMode::LazyTranslation)
        .ignore_custom_sections(true)
        .wasm_wide_arithmetic(true)
        .set_max_recursion_depth(MAX_CALL_DEPTH)
        .set_max_stack_height(MAX_STACK)
        .consume_fuel(true)
        .fuel_cost(CustomFuelCosts {
            bytes_copied_per_fuel: 256,
            // Free, because wasmi 2.0 cannot resume a call that ran out of fuel while its function was translated.
            fuel_per_bytes_translated: 0,
            fuel_per_bytes_validated: 0,
        });
    Engine::new(&config)
}

/// What stands between slices.
pub(super) trait Sliced {
    /// Ends the guest, or lets it have another slice.
    fn next_slice(&mut self) -> Result<(), End>;
}

/// How a function ended.
pub(super) enum Ended {
    /// It returned.
    Returned,
    /// A call, or what stands between slices, ended the guest.
    End(End),
    /// It trapped.
    Trapped(Error),
}

impl From<Error> for Ended {
    fn from(error: Error) -> Ended {
        match error.downcast_ref::<End>() {
            Some(end) => Ended::End(*end),
            None => Ended::Trapped(error),
        }
    }
}

impl HostError for End {}

/// Runs `function` to its end.
pub(super) fn run<T: Sliced>(store: &mut Store<T>, function: &TypedFunc<(), ()>) -> Ended {
    refuel(store, SLICE);
    let mut call = function.call_resumable(&mut *store, ());
    loop {
        match call {
            Ok(TypedResumableCall::Finished(())) => return Ended::Returned,
            Ok(TypedResumableCall::HostTrap(stopped)) => {
                let error = stopped.host_error();
                return error
                    .downcast_ref()
                    .map_or_else(|| Error::new(error.to_string()).into(), |end| Ended::End(*end));
            }
            Err(error) => return error.into(),
            Ok(TypedResumableCall::OutOfFuel(paused)) => {
                if let Err(end) = store.data_mut().next_slice() {
                    return Ended::End(end);
                }
                // One instruction may need more than a slice.
                refuel(store, SLICE.max(paused.required_fuel()));
                call = paused.resume(&mut *store);
            }
        }
    }
}

fn refuel<T>(store: &mut Store<T>, fuel: u64) {
    // The error says that the engine does not count fuel; ours does.
    let _ = store.set_fuel(fuel);
}
