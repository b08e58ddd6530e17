//! What the engine's built-in functions find: the process, the machine, the limits.

use crate::limits::Limits;
use crate::machine::Machine;
use crate::sources::Sources;
use crate::style::Style;
use boa_engine::{Context, JsError, JsNativeError, JsResult};
use interfaces::{Errno, Result};
use process::{Process, ProcessTable, Programs};
use std::rc::Rc;
use std::sync::{Arc, OnceLock};
use std::task::Poll;
use vfs::{Interest, Location, OpenFile, Vfs};

/// Lives in the engine's context.
pub(crate) struct State {
    pub(crate) process: Arc<Process>,
    pub(crate) table: Arc<ProcessTable>,
    pub(crate) programs: Arc<OnceLock<Arc<Programs>>>,
    pub(crate) machine: Arc<dyn Machine>,
    pub(crate) stdin: Arc<OpenFile>,
    pub(crate) stdout: Arc<OpenFile>,
    pub(crate) stderr: Arc<OpenFile>,
    pub(crate) limits: Rc<Limits>,
    pub(crate) sources: Rc<Sources>,
    /// The program, the script and its arguments.
    pub(crate) arguments: Vec<String>,
    /// Whether what is shown is coloured.
    pub(crate) style: Style,
}

impl State {
    /// The state of `context`.
    pub(crate) fn of(context: &Context) -> JsResult<Rc<State>> {
        let state = context.get_data::<Rc<State>>().cloned();
        state.ok_or_else(|| JsError::from(JsNativeError::error().with_message("the engine has no state")))
    }

    pub(crate) fn vfs(&self) -> &Arc<Vfs> {
        self.process.vfs()
    }

    /// Does what makes or frees things of the machine: files, programs, messages of other threads. Their memory is not the
    /// script's, which would stay charged for what others free. No code of the script may run meanwhile.
    pub(crate) fn uncounted<T>(&self, work: impl FnOnce() -> T) -> T {
        let _pause = Pause::begin(&*self.machine);
        work()
    }

    /// Reads what `file` has, or waits for it until the script is to stop: ECANCELED then.
    pub(crate) fn read_some(&self, file: &OpenFile, buf: &mut [u8]) -> Result<usize> {
        let readable = Interest { read: true, write: false };
        let waited = wait::wait_for(None, |waiter| {
            self.limits.register(waiter);
            let is_over = self.limits.stopped().is_some() || file.poll(readable, Some(waiter)).readable;
            if is_over { Poll::Ready(()) } else { Poll::Pending }
        });
        if waited.is_err() || self.limits.stopped().is_some() {
            guard::ask_next();
            return Err(Errno::ECANCELED);
        }
        file.read(buf)
    }

    pub(crate) fn cwd(&self) -> Location {
        self.process.cwd()
    }

    /// The working directory's path; `/` once it was removed.
    pub(crate) fn directory(&self) -> String {
        self.vfs().path_of(&self.cwd()).unwrap_or_else(|_| "/".to_owned())
    }
}

/// A pause in counting the thread's memory, until it is dropped.
struct Pause<'a>(&'a dyn Machine);

impl<'a> Pause<'a> {
    fn begin(machine: &'a dyn Machine) -> Pause<'a> {
        machine.pause_memory();
        Pause(machine)
    }
}

impl Drop for Pause<'_> {
    fn drop(&mut self) {
        self.0.resume_memory();
    }
}
