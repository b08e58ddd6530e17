//! `env`: the environment, or a command in another one.

use super::time::run_command;
use super::{Call, Outcome};
use std::io::Write;

pub(super) fn run(call: &Call) -> Outcome {
    let mut environment = if call.has('i') { Default::default() } else { call.context.process.env() };
    let is_assignment = |operand: &&String| operand.contains('=');
    let assignments: Vec<&String> = call.operands().iter().take_while(is_assignment).collect();
    for (name, value) in assignments.iter().filter_map(|assignment| assignment.split_once('=')) {
        environment.insert(name.into(), value.into());
    }
    match call.operands().get(assignments.len()..).unwrap_or_default() {
        [] => {
            let mut out = call.out();
            environment.iter().try_for_each(|(name, value)| writeln!(out, "{name}={value}"))?;
            call.status()
        }
        command => Ok(run_command(call, command, environment)?.wait()?),
    }
}
