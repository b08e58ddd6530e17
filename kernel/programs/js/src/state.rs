//! What the engine's built-in functions find: the process, the machine, the limits.

use crate::limits::Limits;
use crate::machine::Machine;
use crate::sources::Sources;
use crate::style::Style;
use boa_engine::{Context, JsError, JsNativeError, JsResult};
use process::{Process, ProcessTable, Programs};
use std::rc::Rc;
use std::sync::{Arc, OnceLock};
use vfs::{Location, OpenFile, Vfs};

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

    pub(crate) fn cwd(&self) -> Location {
        self.process.cwd()
    }

    /// The working directory's path; `/` once it was removed.
    pub(crate) fn directory(&self) -> String {
        self.vfs().path_of(&self.cwd()).unwrap_or_else(|_| "/".to_owned())
    }
}
