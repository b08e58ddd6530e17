//! The program: one script, or a session.

use crate::awaiting;
use crate::engine::{End, Engine, Settings};
use crate::inspect;
use crate::machine::Machine;
use crate::modules::MAX_SOURCE;
use crate::options::{self, Goal, Options, Show, Source};
use crate::{modules, repl};
use boa_engine::JsError;
use interfaces::Result;
use process::{Context, ExitStatus, Programs};
use std::sync::{Arc, OnceLock};
use vfs::OpenFile;

/// Runs `js` in the process of `context`.
pub(crate) fn main(
    context: &Context,
    machine: &Arc<dyn Machine>,
    programs: &Arc<OnceLock<Arc<Programs>>>,
) -> ExitStatus {
    let options = match options::parse(context.arguments()) {
        Ok(options) => options,
        Err(message) => {
            context.fail(message);
            return ExitStatus::USAGE;
        }
    };
    let text = match text_of(context, &options) {
        Ok(text) => text,
        Err(message) => return context.fail(message),
    };
    let mut arguments = vec![context.name().to_owned()];
    arguments.extend(text.iter().map(|text| text.name.clone()));
    arguments.extend(options.arguments.iter().cloned());
    let settings = Settings {
        process: context,
        machine,
        programs,
        arguments,
        memory_bytes: options.memory_bytes,
        max_loops: options.max_loops,
    };
    let engine = match Engine::new(settings) {
        Ok(engine) => engine,
        Err(error) => return unmade(context, &error),
    };
    match text {
        Some(text) => run(engine, &text, &options),
        None => repl::run(context, engine),
    }
}

fn unmade(context: &Context, error: &JsError) -> ExitStatus {
    context.fail(format_args!("the engine cannot be made: {error}"))
}

/// A script's text.
struct Text {
    name: String,
    content: String,
    goal: Goal,
}

/// What is to be run; `None`: a session.
fn text_of(context: &Context, options: &Options) -> std::result::Result<Option<Text>, String> {
    let read = match &options.source {
        Source::Text(text, _) => {
            return Ok(Some(Text { name: "[eval]".to_owned(), content: text.clone(), goal: options.goal }));
        }
        Source::Input if context.stdin.as_terminal().is_some() => return Ok(None),
        Source::Input => {
            ("[stdin]".to_owned(), read_all(&context.stdin).map_err(|error| format!("standard input: {error}"))?)
        }
        Source::File(path) => {
            let directory = context.vfs().path_of(&context.cwd()).unwrap_or_else(|_| "/".to_owned());
            let content = context.vfs().read_file(&context.cwd(), path, MAX_SOURCE);
            (modules::absolute(&directory, path), content.map_err(|error| format!("{path}: {error}"))?)
        }
    };
    let (name, content) = read;
    let content = String::from_utf8(content).map_err(|_| format!("{name}: not a text in UTF-8"))?;
    let goal = if name.ends_with(".mjs") { Goal::Module } else { options.goal };
    Ok(Some(Text { name, content, goal }))
}

fn read_all(file: &OpenFile) -> Result<Vec<u8>> {
    let mut content = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let count = file.read(&mut chunk)?;
        if count == 0 {
            return Ok(content);
        }
        if content.len() + count > MAX_SOURCE {
            return Err(interfaces::Errno::EFBIG);
        }
        content.extend_from_slice(chunk.get(..count).unwrap_or_default());
    }
}

fn run(mut engine: Engine, text: &Text, options: &Options) -> ExitStatus {
    let show = matches!(options.source, Source::Text(_, Show::Value));
    let waits = show && text.goal == Goal::Either && awaiting::is_wanted(&text.content);
    // A module has no value.
    let end = match awaiting::as_function(&text.content).filter(|_| waits) {
        Some(function) => engine.run_awaited(&text.name, &function),
        None => engine.run(&text.name, &text.content, text.goal),
    };
    if let (End::Value(value), true) = (&end, show) {
        let shown = inspect::shown(value, engine.state.style, &mut engine.context);
        if engine.state.stdout.write_all(format!("{shown}\n").as_bytes()).is_err() {
            return ExitStatus::FAILURE;
        }
    }
    engine.report(&end)
}
