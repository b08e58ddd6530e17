//! Builtins about jobs in the background.

use super::call::{Call, OK, Outcome};
use crate::flow::Stop;
use crate::shell::{NOT_FOUND, Shell};
use crate::signals;
use interfaces::Errno;
use process::ExitStatus;

pub(super) fn jobs(shell: &mut Shell, call: &Call<'_>) -> Outcome {
    let line = |job: &crate::jobs::Background| {
        let state = job.poll(None).map_or("running".into(), |status| status.to_string());
        format!("[{}] {state}  {}\n", job.number, job.text)
    };
    let listing: String = shell.jobs.iter().map(line).collect();
    shell.jobs.take_finished();
    call.print(listing)
}

pub(super) fn fg(shell: &mut Shell, call: &Call<'_>) -> Outcome {
    let name = call.args.get(1).map_or("", String::as_str);
    let Some(job) = shell.jobs.find(name).and_then(|number| shell.jobs.take(number)) else {
        return call.fail(format_args!("no such job: {}; try jobs", if name.is_empty() { "%" } else { name }));
    };
    call.streams.complain(&job.text);
    shell.continue_job(&job)?;
    Outcome::Continue(shell.state.status)
}

pub(super) fn kill(shell: &mut Shell, call: &Call<'_>) -> Outcome {
    let (reason, operands) = match signals::parse(call.operands()) {
        Ok(parsed) => parsed,
        Err(message) => {
            call.streams.complain(format_args!("kill: {message}"));
            return call.usage();
        }
    };
    let mut outcome = OK;
    for operand in operands {
        let found = if operand.starts_with('%') {
            let number = shell.jobs.find(operand);
            let job = shell.jobs.iter().find(|job| Some(job.number) == number);
            job.map(|job| shell.kill_job(job, reason)).ok_or("no such job; try jobs".to_owned())
        } else {
            let process = operand.parse().ok().and_then(|pid| shell.table.get(pid));
            process.map(|process| process.kill(reason)).ok_or(Errno::ESRCH.to_string())
        };
        if let Err(message) = found {
            outcome = call.fail(format_args!("{operand}: {message}"));
        }
    }
    outcome
}

pub(super) fn wait(shell: &mut Shell, call: &Call<'_>) -> Outcome {
    let names = call.operands();
    let numbers: Vec<usize> = match names {
        [] => shell.jobs.iter().map(|job| job.number).collect(),
        names => names.iter().filter_map(|name| shell.jobs.find(name)).collect(),
    };
    if numbers.len() < names.len() {
        call.streams.complain("wait: no such job; try jobs");
        shell.state.status = NOT_FOUND;
    } else {
        shell.state.status = 0;
    }
    for number in numbers {
        match shell.wait_for_job(number) {
            Ok(status) if !names.is_empty() => shell.state.status = status.code(),
            Ok(_) => {}
            Err(Errno::EINTR) => {
                shell.state.status = ExitStatus::Interrupted.code();
                return Outcome::Break(Stop::Script);
            }
            Err(_) => return Outcome::Break(Stop::Shell),
        }
    }
    Outcome::Continue(shell.state.status)
}
