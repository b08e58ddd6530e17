//! What `run` and `runSync` are made of: programs of the machine, started with pipes.

use super::arguments::{byte_array, bytes, plain_object, system_error, text};
use super::native::Native;
use crate::events::{Events, Operation};
use crate::state::State;
use boa_engine::builtins::promise::ResolvingFunctions;
use boa_engine::object::builtins::{JsArray, JsPromise};
use boa_engine::{Context, JsNativeError, JsResult, JsValue};
use interfaces::{Errno, Result};
use process::{Job, KillReason, Process, Spawn, Stdio};
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;
use vfs::{Interest, OpenFile, StatusFlags};
use wait::Waiter;

pub(super) const NATIVES: &[Native] = &[("start", 4, start), ("wait", 4, wait_for_end)];

/// Bytes that a pipe holds.
const PIPE: usize = 64 * 1024;

/// A program that was started.
struct Running {
    state: Rc<State>,
    name: String,
    /// `None` only while it is dropped.
    ends: Option<Ends>,
    input: Vec<u8>,
    /// Bytes of `input` that it has.
    sent: usize,
    outputs: [Vec<u8>; 2],
    limit_bytes: usize,
    /// It has written more than that.
    is_too_long: bool,
}

/// What of it is the machine's.
struct Ends {
    process: Arc<Process>,
    job: Arc<Job>,
    /// `None` once it has all.
    stdin: Option<Arc<OpenFile>>,
    /// `None` at their ends.
    outputs: [Option<Arc<OpenFile>>; 2],
}

impl Ends {
    /// Starts `words` with `variables` on top of the environment, in the working directory.
    fn start(state: &State, words: &[String], variables: &[(String, String)]) -> Result<Ends> {
        let programs = state.programs.get().ok_or(Errno::ENOSYS)?;
        let name = words.first().map_or("", String::as_str);
        let search = state.process.var("PATH").unwrap_or_else(|| "/bin".to_owned());
        let command = programs.find(state.vfs(), &state.cwd(), &search, name)?;
        let mut arguments = command.args;
        arguments.extend(words.iter().skip(1).cloned());
        let ((stdin, to_stdin), (from_stdout, stdout), (from_stderr, stderr)) =
            (OpenFile::pipe(PIPE), OpenFile::pipe(PIPE), OpenFile::pipe(PIPE));
        for end in [&to_stdin, &from_stdout, &from_stderr] {
            end.set_flags(StatusFlags { nonblock: true, ..StatusFlags::default() });
        }
        let job = Job::new();
        let mut spawn = Spawn::new(arguments, state.cwd(), Stdio { stdin, stdout, stderr });
        spawn.env = state.process.env();
        spawn.env.extend(variables.iter().cloned());
        spawn.parent = Some(Arc::clone(&state.process));
        spawn.job = Some(Arc::clone(&job));
        spawn.terminal = state.process.terminal();
        spawn.stack_size = command.program.stack_size;
        let main = command.program.main;
        let process = state.table.spawn(spawn, move |context| main(context))?;
        Ok(Ends { process, job, stdin: Some(to_stdin), outputs: [Some(from_stdout), Some(from_stderr)] })
    }
}

impl Running {
    /// Starts `words` with `input`.
    fn start(state: &Rc<State>, words: &[String], input: Vec<u8>, variables: &[(String, String)]) -> Result<Running> {
        let ends = state.uncounted(|| Ends::start(state, words, variables))?;
        Ok(Running {
            state: Rc::clone(state),
            name: words.first().cloned().unwrap_or_default(),
            ends: Some(ends),
            input,
            sent: 0,
            outputs: [Vec::new(), Vec::new()],
            limit_bytes: state.limits.memory_bytes() / 4,
            is_too_long: false,
        })
    }

    /// Moves what can be moved; whether everything is over.
    fn advance(&mut self, waiter: &Waiter) -> bool {
        let Some(ends) = &mut self.ends else { return true };
        if let Some(pipe) = &ends.stdin {
            let rest = self.input.get(self.sent..).unwrap_or_default();
            match self.state.uncounted(|| feed(pipe, rest, waiter)) {
                Some(count) => self.sent += count,
                None => ends.stdin = None,
            }
        }
        let mut is_over = ends.process.poll_exit(waiter).is_some();
        for (pipe, content) in ends.outputs.iter_mut().zip(&mut self.outputs) {
            let Some(open) = pipe else { continue };
            match drain(open, content, self.limit_bytes, waiter) {
                Drained::Open => is_over = false,
                Drained::Ended => *pipe = None,
                Drained::TooLong => {
                    self.is_too_long = true;
                    ends.job.kill(KillReason::Kill);
                    *pipe = None;
                }
            }
        }
        is_over
    }

    /// What a script gets of it.
    fn result(&self, context: &mut Context) -> JsResult<JsValue> {
        if self.is_too_long {
            let message = format!(
                "run '{}': it has written more than {} bytes, a quarter of the script's memory",
                self.name, self.limit_bytes
            );
            return Err(JsNativeError::range().with_message(message).into());
        }
        let status = self.ends.as_ref().and_then(|ends| ends.process.try_wait()).map_or(0, |status| status.code());
        let [stdout, stderr] = &self.outputs;
        let (stdout, stderr) = (byte_array(stdout, context)?, byte_array(stderr, context)?);
        plain_object(vec![("status", status.into()), ("stdout", stdout), ("stderr", stderr)], context)
    }
}

/// Writes what a pipe takes of `rest`; how much that is, `None` when the program has all or reads no more.
fn feed(pipe: &OpenFile, rest: &[u8], waiter: &Waiter) -> Option<usize> {
    let mut sent = 0;
    while let Some(left) = rest.get(sent..).filter(|left| !left.is_empty()) {
        let _registered = pipe.poll(Interest { read: false, write: true }, Some(waiter));
        match pipe.write(left) {
            Ok(count) => sent += count,
            Err(Errno::EAGAIN) => return Some(sent),
            Err(_) => return None,
        }
    }
    None
}

/// What became of a pipe that a program writes to.
enum Drained {
    /// There may be more.
    Open,
    /// Nobody writes any more.
    Ended,
    /// There is more than may be kept.
    TooLong,
}

/// Reads what there is.
fn drain(pipe: &OpenFile, content: &mut Vec<u8>, limit_bytes: usize, waiter: &Waiter) -> Drained {
    let mut chunk = [0; 4096];
    loop {
        let _registered = pipe.poll(Interest { read: true, write: false }, Some(waiter));
        match pipe.read(&mut chunk) {
            Ok(0) => return Drained::Ended,
            Ok(count) if content.len() + count > limit_bytes => return Drained::TooLong,
            Ok(count) => content.extend_from_slice(chunk.get(..count).unwrap_or_default()),
            Err(Errno::EAGAIN) => return Drained::Open,
            Err(_) => return Drained::Ended,
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        let Some(ends) = self.ends.take() else { return };
        // Of a script that ended before: nobody waits for it any more.
        ends.job.kill(KillReason::Kill);
        self.state.uncounted(|| drop(ends));
    }
}

/// `(words, input, variables)` as a running program.
fn started(arguments: &[JsValue], context: &mut Context) -> JsResult<Running> {
    let state = State::of(context)?;
    let words = strings(arguments.first(), context)?;
    let input = match arguments.get(1).filter(|input| !input.is_null_or_undefined()) {
        Some(input) => bytes(&input.clone(), context)?,
        None => Vec::new(),
    };
    let flat = strings(arguments.get(2), context)?;
    let pairs: Vec<_> =
        flat.chunks_exact(2).filter_map(|pair| Some((pair.first()?.clone(), pair.get(1)?.clone()))).collect();
    Running::start(&state, &words, input, &pairs).map_err(|error| {
        let name = words.first().map_or("", String::as_str);
        system_error(error, "run", name, context)
    })
}

fn strings(value: Option<&JsValue>, context: &mut Context) -> JsResult<Vec<String>> {
    let Some(list) = value.and_then(JsValue::as_object) else { return Ok(Vec::new()) };
    let list = JsArray::from_object(list)?;
    let length = list.length(context)?;
    let mut words = Vec::new();
    for index in 0..length {
        let word = list.get(index, context)?;
        words.push(text(&[word.to_string(context)?.into()], 0, "an argument")?);
    }
    Ok(words)
}

/// Runs a program to its end.
fn wait_for_end(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let mut running = started(arguments, context)?;
    let limits = Rc::clone(&State::of(context)?.limits);
    let waited = wait::wait_for(None, |waiter| {
        limits.register(waiter);
        if running.advance(waiter) || limits.stopped().is_some() { Poll::Ready(()) } else { Poll::Pending }
    });
    if waited.is_err() || limits.stopped().is_some() {
        guard::ask_next();
        return Err(JsNativeError::error().with_message("the script was stopped").into());
    }
    running.result(context)
}

/// A program and the promise of its end.
struct Pending {
    running: Running,
    promise: ResolvingFunctions,
}

impl Operation for Pending {
    fn poll(&mut self, waiter: &Waiter) -> bool {
        self.running.advance(waiter)
    }

    fn finish(self: Box<Self>, context: &mut Context) -> JsResult<()> {
        match self.running.result(context) {
            Ok(result) => self.promise.resolve.call(&JsValue::undefined(), &[result], context)?,
            Err(error) => {
                let reason = error.into_opaque(context)?;
                self.promise.reject.call(&JsValue::undefined(), &[reason], context)?
            }
        };
        Ok(())
    }
}

/// Starts a program; a promise of its end.
fn start(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let running = started(arguments, context)?;
    let (promise, functions) = JsPromise::new_pending(context);
    Events::of(context)?.start(Box::new(Pending { running, promise: functions }));
    Ok(promise.into())
}
