//! The binding to the engine wasmi: what a module imports becomes calls, and its code runs in slices.
//!
//! Everything of a program lies in one engine of its own, because wasmi keeps translated code as long as the engine
//! lives.

mod limits;
mod replay;
mod slices;

use crate::calls::{self, CALLS, Call, MODULE, Param, with_calls};
use crate::context::Context;
use crate::errno;
use crate::failure::{self, End, Failure};
use crate::journal::Journal;
use crate::memory::Memory;
use crate::names;
use crate::outcome::{Bytes, Frame, LoadError, Outcome, Trap};
use crate::sections::{START, with_start_exported};
use limits::Limits;
use slices::{Ended, Sliced};
use std::any::Any;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Arc;
use wasmi::{Caller, Error, Extern, ExternType, Func, ImportType, Instance, Module, Store, TrapCode, ValType};

/// Slices after which a run that traps is not repeated: about a quarter of a second.
const REPEATED_SLICES: u32 = 100;

/// A module that wasmi has accepted, with the calls that it imports, in order.
pub(crate) struct Code {
    wasm: Vec<u8>,
    module: Module,
    imports: Vec<Bind>,
    /// The functions to run, by export name.
    entries: &'static [&'static str],
}

impl Code {
    /// Checks and prepares `wasm`.
    pub(crate) fn new(wasm: Vec<u8>) -> Result<Code, LoadError> {
        let malformed = |error: Error| LoadError::Malformed(error.to_string());
        let engine = slices::engine();
        let rewritten = with_start_exported(&wasm).map_err(|error| LoadError::Malformed(error.to_string()))?;
        let module = match &rewritten {
            // What is left out must be right, too.
            Some(rewritten) => Module::validate(&engine, &wasm).and_then(|()| Module::new(&engine, rewritten)),
            None => Module::new(&engine, &wasm),
        };
        let module = module.map_err(malformed)?;
        let entries: &[&str] = if rewritten.is_some() { &[START, "_start"] } else { &["_start"] };
        if !entries.iter().all(|entry| is_entry(&module, entry)) {
            return Err(LoadError::NoStart);
        }
        Ok(Code { imports: imports(&module)?, wasm, module, entries })
    }

    /// Runs it.
    pub(crate) fn run(&self, context: Context, memory_limit: usize) -> Result<Outcome, LoadError> {
        let state = State::new(context, memory_limit);
        let mut store = Store::new(self.module.engine(), state);
        store.limiter(|state| &mut state.limits);
        let instance = self.instantiate(&mut store)?;
        store.data_mut().memory = instance.get_memory(&store, "memory");
        for entry in self.entries {
            let function = instance.get_typed_func::<(), ()>(&store, entry).map_err(|_| LoadError::NoStart)?;
            match slices::run(&mut store, &function) {
                Ended::Returned => {}
                Ended::End(End::Exit(status)) => return Ok(Outcome::Exited(status)),
                Ended::End(End::Cancelled) => return Ok(Outcome::Cancelled),
                Ended::End(End::Panicked) => store.into_data().go_on_unwinding(),
                Ended::Trapped(error) => {
                    // Gives the guest's memory back, which the repetition may need.
                    let state = store.into_data();
                    let message = message(&state.limits, &error);
                    return Ok(Outcome::Trapped(Trap { message, backtrace: self.backtrace(state) }));
                }
            }
        }
        Ok(Outcome::Exited(0))
    }

    fn instantiate(&self, store: &mut Store<State>) -> Result<Instance, LoadError> {
        let imports: Vec<Extern> = self.imports.iter().map(|bind| Extern::Func(bind(store))).collect();
        Instance::new(&mut *store, &self.module, &imports).map_err(|error| {
            let limits = &store.data().limits;
            if limits.was_reached {
                LoadError::MemoryLimit(limits.bytes)
            } else {
                LoadError::Instance(error.to_string())
            }
        })
    }

    /// Where a guest trapped, if its run can be repeated.
    fn backtrace(&self, state: State) -> Vec<Frame> {
        let cancel = Arc::clone(&state.context.cancel);
        let functions = state
            .journal
            .and_then(|journal| replay::backtrace(&self.wasm, journal.replay(), state.limits.bytes, cancel));
        names::frames(&self.wasm, &functions.unwrap_or_default())
    }
}

fn is_entry(module: &Module, name: &str) -> bool {
    let Some(ExternType::Func(ty)) = module.get_export(name) else { return false };
    ty.params().is_empty() && ty.results().is_empty()
}

fn message(limits: &Limits, error: &Error) -> String {
    let cause = match error.as_trap_code() {
        Some(TrapCode::UnreachableCodeReached) => "unreachable code executed",
        Some(TrapCode::MemoryOutOfBounds) => "memory access out of bounds",
        Some(TrapCode::TableOutOfBounds) => "table access out of bounds",
        Some(TrapCode::IndirectCallToNull) => "call through a null function reference",
        Some(TrapCode::IntegerDivisionByZero) => "integer division by zero",
        Some(TrapCode::IntegerOverflow) => "integer overflow",
        Some(TrapCode::BadConversionToInteger) => "conversion to an integer that cannot hold the number",
        Some(TrapCode::StackOverflow) => "stack overflow",
        Some(TrapCode::BadSignature) => "call through a reference to a function of another type",
        Some(TrapCode::OutOfSystemMemory) => "out of memory",
        Some(TrapCode::GrowthOperationLimited | TrapCode::OutOfFuel) | None => &error.to_string(),
    };
    if limits.was_reached {
        format!("{cause} (after its memory limit of {} was reached)", Bytes(limits.bytes))
    } else {
        cause.to_owned()
    }
}

/// What a run owns.
struct State {
    context: Context,
    /// The memory that calls see: the one that the guest exports under the name that the specification gives.
    memory: Option<wasmi::Memory>,
    limits: Limits,
    /// The slices so far, and what calls answered; dropped when the run becomes too long to be repeated.
    slices: u32,
    journal: Option<Journal>,
    /// What a call unwound with.
    panic: Option<Box<dyn Any + Send>>,
}

impl State {
    fn new(context: Context, memory_limit: usize) -> State {
        let limits = Limits::new(memory_limit);
        State { context, memory: None, limits, slices: 0, journal: Some(Journal::default()), panic: None }
    }

    /// Goes on with what a call began: through the engine's frames, which are C's, nothing can unwind.
    fn go_on_unwinding(self) -> ! {
        let payload = self.panic.unwrap_or_else(|| Box::new("a call panicked"));
        drop((self.context, self.journal));
        panic::resume_unwind(payload)
    }
}

impl Sliced for State {
    fn next_slice(&mut self) -> Result<(), End> {
        self.slices = self.slices.saturating_add(1);
        if self.slices > REPEATED_SLICES {
            self.journal = None;
        }
        if self.context.cancel.is_cancelled() { Err(End::Cancelled) } else { Ok(()) }
    }
}

/// Makes a call a function of the engine.
type Bind = fn(&mut Store<State>) -> Func;

macro_rules! bindings {
    ($($family:ident :: $name:ident ( $($arg:ident : $param:ident),* ) $(-> $never:tt)? ;)*) => {
        /// The calls of [`CALLS`], row by row.
        const BINDINGS: &[Bind] = &[$(
            |store| Func::wrap(store, |mut caller: Caller<'_, State>, $($arg: numbers::$param),*| {
                let answer = enter(&mut caller, |context, memory| {
                    calls::$family::$name(context, memory, $($arg.into()),*)
                });
                bindings!(@result [$($never)?] answer)
            }),
        )*];
    };
    (@result [] $answer:expr) => { $answer };
    (@result [!] $answer:expr) => { $answer.map(drop) };
}

/// The numbers that the engine passes for each [`Param`].
mod numbers {
    pub(super) type Fd = u32;
    pub(super) type Pointer = u32;
    pub(super) type Count = u32;
    pub(super) type Word = u32;
    pub(super) type Long = u64;
}

with_calls!(bindings);

/// Makes a call for the guest; its answer is an error number. A call that unwinds (it panicked, or there is no memory for
/// it) ends the guest here, and goes on unwinding behind the engine, so that what the guest had is given back.
fn enter<R>(
    caller: &mut Caller<'_, State>,
    call: impl FnOnce(&mut Context, &mut Memory<'_>) -> failure::Result<R>,
) -> Result<u32, Error> {
    // The state is not used any more but to be dropped.
    match panic::catch_unwind(AssertUnwindSafe(|| answer(caller, call))) {
        Ok(answer) => answer.map_err(Error::host),
        Err(payload) => {
            caller.data_mut().panic = Some(payload);
            Err(Error::host(End::Panicked))
        }
    }
}

fn answer<R>(
    caller: &mut Caller<'_, State>,
    call: impl FnOnce(&mut Context, &mut Memory<'_>) -> failure::Result<R>,
) -> Result<u32, End> {
    let (bytes, state) = match caller.data().memory {
        Some(memory) => memory.data_and_store_mut(caller),
        None => (&mut [][..], caller.data_mut()),
    };
    let written = state.journal.as_mut().map(|journal| &mut journal.written);
    let result = state.context.check_cancel().and_then(|()| call(&mut state.context, &mut Memory::new(bytes, written)));
    let answer = match result {
        Ok(_) => errno::SUCCESS.into(),
        Err(Failure::Errno(errno)) => errno::number(errno).into(),
        Err(Failure::Lookup(error)) => error.number().into(),
        Err(Failure::End(end)) => return Err(end),
    };
    if state.journal.as_mut().is_some_and(|journal| journal.record(bytes, answer).is_err()) {
        state.journal = None;
    }
    Ok(answer)
}

fn imports(module: &Module) -> Result<Vec<Bind>, LoadError> {
    let rows: Vec<Option<Bind>> = module.imports().map(|import| binding(&import)).collect::<Result<_, _>>()?;
    let missing = || module.imports().zip(&rows).filter(|(_, row)| row.is_none()).map(|(import, _)| name(&import));
    rows.iter().copied().collect::<Option<Vec<Bind>>>().ok_or_else(|| LoadError::MissingImports(missing().collect()))
}

/// The row that has the import's name and type. Rows of one name may differ in type.
fn binding(import: &ImportType<'_>) -> Result<Option<Bind>, LoadError> {
    let named = |call: &Call| import.module() == MODULE && import.name() == call.name;
    let mut rows = CALLS.iter().zip(BINDINGS).filter(|(call, _)| named(call)).peekable();
    if rows.peek().is_none() {
        return Ok(None);
    }
    let row = rows.find(|(call, _)| has_type(call, import.ty()));
    row.map(|(_, bind)| Some(*bind)).ok_or_else(|| LoadError::ImportType(name(import)))
}

fn has_type(call: &Call, ty: &ExternType) -> bool {
    let ExternType::Func(ty) = ty else { return false };
    let params = call.params.iter().map(|param| if *param == Param::Long { ValType::I64 } else { ValType::I32 });
    let results: &[ValType] = if call.returns { &[ValType::I32] } else { &[] };
    ty.params().iter().copied().eq(params) && ty.results() == results
}

fn name(import: &ImportType<'_>) -> String {
    format!("{}.{}", import.module(), import.name())
}
