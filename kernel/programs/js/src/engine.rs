//! An engine: a context with limits, an event loop, modules and global objects.

use crate::awaiting;
use crate::events::{Events, Failure, Until};
use crate::globals;
use crate::limits::{InForce, Limits, Stopped};
use crate::machine::Machine;
use crate::modules::{self, Modules};
use crate::options::Goal;
use crate::report;
use crate::sources::Sources;
use crate::state::State;
use crate::style::Style;
use boa_engine::builtins::promise::{OperationType, Promise, PromiseState};
use boa_engine::context::HostHooks;
use boa_engine::object::builtins::JsPromise;
use boa_engine::{Context, JsError, JsObject, JsResult, JsValue, Script, Source};
use process::{Context as ProcessContext, ExitStatus, Programs};
use std::path::Path;
use std::rc::Rc;
use std::sync::{Arc, OnceLock};

/// What an engine is made of.
pub(crate) struct Settings<'a> {
    pub(crate) process: &'a ProcessContext,
    pub(crate) machine: &'a Arc<dyn Machine>,
    pub(crate) programs: &'a Arc<OnceLock<Arc<Programs>>>,
    pub(crate) arguments: Vec<String>,
    pub(crate) memory_bytes: Option<usize>,
    pub(crate) max_loops: Option<u64>,
}

/// How a script ended.
#[derive(Debug)]
pub(crate) enum End {
    /// With a value; a module has none.
    Value(JsValue),
    /// It was stopped.
    Stopped(Stopped),
    /// By an error that it did not catch.
    Thrown(JsError),
    /// By a rejected promise that nobody handled.
    Rejected(JsValue),
    /// With an `await` at its top level whose promise nobody is left to settle.
    Unsettled,
}

/// See the module.
pub(crate) struct Engine {
    // Dropped in this order: garbage is collected while the limits are still in force.
    pub(crate) context: Context,
    pub(crate) state: Rc<State>,
    pub(crate) limits: Rc<Limits>,
    pub(crate) events: Rc<Events>,
    modules: Rc<Modules>,
    _in_force: InForce,
}

/// What the engine asks its host.
struct Hooks {
    limits: Rc<Limits>,
}

impl HostHooks for Hooks {
    fn promise_rejection_tracker(&self, promise: &JsObject<Promise>, operation: OperationType, context: &mut Context) {
        let (Ok(events), Ok(promise)) = (Events::of(context), JsPromise::from_object(promise.clone().upcast())) else {
            return;
        };
        match operation {
            OperationType::Reject => events.note_rejection(promise),
            OperationType::Handle => events.note_handler(&promise),
        }
    }

    fn max_buffer_size(&self, _context: &mut Context) -> u64 {
        // Asked before each buffer is made: a few of them may be more than the engine counts as garbage.
        self.limits.collect_when_due(0);
        self.limits.memory_bytes() as u64
    }

    // The machine keeps UTC.
    fn local_timezone_offset_seconds(&self, _unix_time_seconds: i64) -> i32 {
        0
    }
}

impl Engine {
    pub(crate) fn new(settings: Settings<'_>) -> JsResult<Engine> {
        let process = &settings.process.process;
        let limits = Limits::new(process, settings.machine, settings.memory_bytes);
        let in_force = limits.enforce();
        let events = Rc::new(Events::default());
        let modules = Rc::new(Modules::default());
        let mut context = Context::builder()
            .job_executor(Rc::clone(&events))
            .module_loader(Rc::clone(&modules))
            .host_hooks(Rc::new(Hooks { limits: Rc::clone(&limits) }))
            .build()?;
        Limits::configure(&mut context, settings.max_loops);
        let is_terminal = settings.process.stdout.as_terminal().is_some();
        let state = Rc::new(State {
            process: Arc::clone(process),
            table: Arc::clone(&settings.process.table),
            programs: Arc::clone(settings.programs),
            machine: Arc::clone(settings.machine),
            stdin: Arc::clone(&settings.process.stdin),
            stdout: Arc::clone(&settings.process.stdout),
            stderr: Arc::clone(&settings.process.stderr),
            limits: Rc::clone(&limits),
            sources: Rc::new(Sources::default()),
            arguments: settings.arguments,
            style: if is_terminal { Style::Coloured } else { Style::Plain },
        });
        context.insert_data(Rc::clone(&state));
        globals::define(&mut context)?;
        Ok(Engine { context, state, limits, events, modules, _in_force: in_force })
    }

    /// Runs a text, and everything that it has started.
    pub(crate) fn run(&mut self, name: &str, text: &str, goal: Goal) -> End {
        let as_script = match goal {
            Goal::Module => None,
            Goal::Either if awaiting::is_ambiguous(text) => None,
            Goal::Either => Some(self.parse_script(name, text)),
        };
        let evaluation = match as_script {
            Some(Ok(script)) => {
                let result = script.evaluate(&mut self.context);
                return self.finish(result);
            }
            // Imports, exports and `await` are errors in a script.
            Some(Err(error)) => self.start_module(name, text).map_err(|other| report::later(error, other)),
            None => self.start_module(name, text),
        };
        match evaluation {
            Ok(evaluation) => self.finish_module(&evaluation),
            Err(error) => End::Thrown(error),
        }
    }

    /// Runs a text whose value is a promise, and everything that it has started; gives what the promise becomes.
    pub(crate) fn run_awaited(&mut self, name: &str, text: &str) -> End {
        let script = match self.parse_script(name, text) {
            Ok(script) => script,
            Err(error) => return End::Thrown(error),
        };
        let result = script.evaluate(&mut self.context);
        match self.finish(result) {
            End::Value(value) => match value.as_promise().map(|promise| promise.state()) {
                Some(PromiseState::Fulfilled(value)) => End::Value(value),
                Some(PromiseState::Rejected(reason)) => End::Rejected(reason),
                Some(PromiseState::Pending) => End::Unsettled,
                None => End::Value(value),
            },
            end => end,
        }
    }

    pub(crate) fn parse_script(&mut self, name: &str, text: &str) -> JsResult<Script> {
        self.state.sources.add(name, text);
        let source = Source::from_bytes(text.as_bytes()).with_path(Path::new(name));
        Script::parse(source, None, &mut self.context).map_err(|error| report::in_file(error, name))
    }

    fn start_module(&mut self, name: &str, text: &str) -> JsResult<JsPromise> {
        let module = modules::parse(name, text, &self.state.sources, &mut self.context)?;
        self.modules.insert(name, module.clone());
        Ok(module.load_link_evaluate(&mut self.context))
    }

    /// Runs what the top level has started.
    pub(crate) fn finish(&mut self, result: JsResult<JsValue>) -> End {
        let end = self.go_on(result, &Until::Done);
        if !matches!(end, End::Value(_)) {
            self.events.clear();
        }
        end
    }

    /// Runs what there is to do, until `until`; what is pending then stays so.
    pub(crate) fn go_on(&mut self, result: JsResult<JsValue>, until: &Until<'_>) -> End {
        let limits = Rc::clone(&self.limits);
        let outcome = match result {
            Ok(value) => self.events.run(&mut self.context, &limits, until).map(|()| value),
            Err(error) => Err(Failure::Thrown(error)),
        };
        if let Some(stopped) = self.limits.stopped() {
            self.events.clear();
            return End::Stopped(stopped);
        }
        match outcome {
            Ok(value) => End::Value(value),
            Err(Failure::Thrown(error)) => End::Thrown(error),
            Err(Failure::Rejected(reason)) => End::Rejected(reason),
        }
    }

    fn finish_module(&mut self, evaluation: &JsPromise) -> End {
        let end = self.finish(Ok(JsValue::undefined()));
        match (end, evaluation.state()) {
            (End::Value(_), PromiseState::Pending) => End::Unsettled,
            (End::Value(_), PromiseState::Rejected(reason)) => End::Rejected(reason),
            (end, _) => end,
        }
    }

    /// Says on standard error what went wrong, if something did; the status of the process.
    pub(crate) fn report(&mut self, end: &End) -> ExitStatus {
        let message = match end {
            End::Value(_) => return ExitStatus::Exited(globals::exit_code(&self.context).unwrap_or(0)),
            End::Stopped(Stopped::Killed) => return ExitStatus::Killed,
            End::Stopped(Stopped::Interrupted) => return ExitStatus::Interrupted,
            End::Stopped(Stopped::Exit(code)) => return ExitStatus::Exited(*code),
            End::Thrown(error) => report::thrown(error, &self.state, &mut self.context),
            End::Rejected(reason) => report::rejected(reason, &self.state, &mut self.context),
            End::Unsettled => "an await at the top level waits for what nobody is left to do\n".to_owned(),
        };
        // There is nobody to tell if that fails.
        let _closed = self.state.stderr.write_all(message.as_bytes());
        match end {
            // As Node.js does.
            End::Unsettled => ExitStatus::Exited(13),
            _ => ExitStatus::FAILURE,
        }
    }
}
