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
    process: Arc<Process>,
    job: Arc<Job>,
    input: Option<(Arc<OpenFile>, Vec<u8>)>,
    outputs: [Output; 2],
    limit_bytes: usize,
}

struct Output {
    /// `None` at its end.
    pipe: Option<Arc<OpenFile>>,
    content: Vec<u8>,
}

impl Running {
    /// Starts `words` with `input`, `variables` on top of the environment, in the working directory.
    fn start(state: &State, words: Vec<String>, input: Vec<u8>, variables: Vec<(String, String)>) -> Result<Running> {
        let programs = state.programs.get().ok_or(Errno::ENOSYS)?;
        let name = words.first().cloned().unwrap_or_default();
        let search = state.process.var("PATH").unwrap_or_else(|| "/bin".to_owned());
        let command = programs.find(state.vfs(), &state.cwd(), &search, &name)?;
        let mut arguments = command.args;
        arguments.extend(words.into_iter().skip(1));
        let ((stdin, to_stdin), (from_stdout, stdout), (from_stderr, stderr)) =
            (OpenFile::pipe(PIPE), OpenFile::pipe(PIPE), OpenFile::pipe(PIPE));
        for end in [&to_stdin, &from_stdout, &from_stderr] {
            end.set_flags(StatusFlags { nonblock: true, ..StatusFlags::default() });
        }
        let job = Job::new();
        let mut spawn = Spawn::new(arguments, state.cwd(), Stdio { stdin, stdout, stderr });
        spawn.env = state.process.env();
        spawn.env.extend(variables);
        spawn.parent = Some(Arc::clone(&state.process));
        spawn.job = Some(Arc::clone(&job));
        spawn.terminal = state.process.terminal();
        spawn.stack_size = command.program.stack_size;
        let main = command.program.main;
        let process = state.table.spawn(spawn, move |context| main(context))?;
        let output = |pipe| Output { pipe: Some(pipe), content: Vec::new() };
        Ok(Running {
            process,
            job,
            input: Some((to_stdin, input)),
            outputs: [output(from_stdout), output(from_stderr)],
            limit_bytes: state.limits.memory_bytes() / 4,
        })
    }

    /// Moves what can be moved; whether everything is over.
    fn advance(&mut self, waiter: &Waiter) -> bool {
        self.feed(waiter);
        let limit = self.limit_bytes;
        let mut is_over = self.process.poll_exit(waiter).is_some();
        for output in &mut self.outputs {
            is_over &= output.drain(limit, waiter);
        }
        is_over
    }

    fn feed(&mut self, waiter: &Waiter) {
        let Some((pipe, content)) = &mut self.input else { return };
        while !content.is_empty() {
            let _registered = pipe.poll(Interest { read: false, write: true }, Some(waiter));
            match pipe.write(content) {
                Ok(count) => drop(content.drain(..count)),
                Err(Errno::EAGAIN) => return,
                // It does not read any more.
                Err(_) => content.clear(),
            }
        }
        self.input = None;
    }

    /// What a script gets of it.
    fn result(&self, context: &mut Context) -> JsResult<JsValue> {
        let status = self.process.try_wait().map_or(0, |status| status.code());
        let [stdout, stderr] = &self.outputs;
        let (stdout, stderr) = (byte_array(&stdout.content, context)?, byte_array(&stderr.content, context)?);
        plain_object(vec![("status", status.into()), ("stdout", stdout), ("stderr", stderr)], context)
    }
}

impl Output {
    /// Reads what there is; whether the end was reached.
    fn drain(&mut self, limit_bytes: usize, waiter: &Waiter) -> bool {
        let Some(pipe) = &self.pipe else { return true };
        let mut chunk = [0; 4096];
        loop {
            let _registered = pipe.poll(Interest { read: true, write: false }, Some(waiter));
            match pipe.read(&mut chunk) {
                Ok(0) => break,
                // What is beyond the limit is read, so that the program can end, and dropped.
                Ok(count) if self.content.len() + count <= limit_bytes => {
                    self.content.extend_from_slice(chunk.get(..count).unwrap_or_default());
                }
                Ok(_) => {}
                Err(Errno::EAGAIN) => return false,
                Err(_) => break,
            }
        }
        self.pipe = None;
        true
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Of a script that ended before: nobody waits for it any more.
        self.job.kill(KillReason::Kill);
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
    let pairs = flat.chunks_exact(2).filter_map(|pair| Some((pair.first()?.clone(), pair.get(1)?.clone()))).collect();
    let name = words.first().cloned().unwrap_or_default();
    Running::start(&state, words, input, pairs).map_err(|error| system_error(error, "run", &name, context))
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
        let result = self.running.result(context)?;
        self.promise.resolve.call(&JsValue::undefined(), &[result], context)?;
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
