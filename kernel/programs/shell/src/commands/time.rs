//! `time`: how long a command takes. Also how commands run others.

use super::{Call, Failure, Outcome};
use crate::shell::DEFAULT_PATH;
use interfaces::Errno;
use process::{Process, Spawn};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

pub(super) fn run(call: &Call) -> Outcome {
    let command = call.some_operands("a command")?;
    let start = Instant::now();
    let process = run_command(call, command, call.context.process.env())?;
    let status = process.wait()?;
    let (real, cpu) = (start.elapsed().as_secs_f64(), process.cpu_time().as_secs_f64());
    let report = format!("real {real:.3}\ncpu  {cpu:.3}\n");
    call.context.stderr.write_all(report.as_bytes())?;
    Ok(status)
}

/// Starts a command with this one's streams and another environment.
pub(super) fn run_command(
    call: &Call,
    command: &[String],
    env: BTreeMap<String, String>,
) -> Result<Arc<Process>, Failure> {
    start_command(call, command, env, |_| {})
}

/// The same with whatever else `adjust` makes different.
pub(super) fn start_command(
    call: &Call,
    command: &[String],
    env: BTreeMap<String, String>,
    adjust: impl FnOnce(&mut Spawn),
) -> Result<Arc<Process>, Failure> {
    let context = call.context;
    let (name, arguments) = command.split_first().ok_or_else(|| Failure::Usage("a command is missing".into()))?;
    let search = env.get("PATH").map_or(DEFAULT_PATH, String::as_str);
    let found = call.programs.find(context.vfs(), &context.cwd(), search, name);
    let found = found.map_err(|error| match error {
        Errno::ENOENT => Failure::Error(format!("{name}: command not found")),
        error => Failure::Error(format!("{name}: {error}")),
    })?;
    let args = found.args.iter().chain(arguments).cloned().collect();
    let mut spawn = Spawn::child_of(&context.process, args)?;
    spawn.env = env;
    spawn.stack_size = found.program.stack_size;
    adjust(&mut spawn);
    let main = found.program.main;
    Ok(context.table.spawn(spawn, move |context| main(context))?)
}
