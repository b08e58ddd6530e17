//! `respawn`: keeps a command running, for what `/etc/rc` starts. `log` is where its output goes.

mod log;

use super::time::start_command;
use super::{Call, Failure, Outcome};
use interfaces::Errno;
use log::Log;
use process::{ExitStatus, Job, KillReason, Process};
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};
use vfs::{Interest, OpenFile, StatusFlags};

/// The pause after the first end; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(64);
/// After a life of this length the next end counts as the first.
const STEADY: Duration = Duration::from_secs(60);

/// Bytes between the command and its log, and as much as is read at once.
const PIPE: usize = 64 * 1024;
const CHUNK: usize = 8 * 1024;

const READ: Interest = Interest { read: true, write: false };

pub(super) fn run(call: &Call) -> Outcome {
    let command = call.some_operands("a command")?;
    let mut log = call.value('l').map(|path| Log::open(call.context, path)).transpose()?;
    let mut life = begin(call, command, log.as_ref())?;
    let mut pause = FIRST_PAUSE;
    loop {
        let status = life.follow(log.as_mut())?;
        if life.start.elapsed() >= STEADY {
            pause = FIRST_PAUSE;
        }
        let mut end = format!("{status}");
        loop {
            say(call, log.as_mut(), command, format_args!("{end}; again in {} s", pause.as_secs()));
            wait::sleep(pause).map_err(Errno::from)?;
            pause = (pause * 2).min(LONGEST_PAUSE);
            match begin(call, command, log.as_ref()) {
                Ok(next) => life = next,
                // It was there before: a new version may be on its way.
                Err(Failure::Error(message)) => {
                    end = message;
                    continue;
                }
                Err(failure) => return Err(failure),
            }
            break;
        }
    }
}

/// Says what became of the command, where its own words go.
fn say(call: &Call, log: Option<&mut Log>, command: &[String], text: std::fmt::Arguments<'_>) {
    let name = command.first().map_or("", String::as_str);
    let line = format!("respawn: {name}: {text}\n");
    match log {
        Some(log) => log.write(line.as_bytes()),
        // Nobody listens: the command matters, not its story.
        None => drop(call.context.stderr.write_all(line.as_bytes())),
    }
}

/// One run of the command, which ends with this value, and with it whatever it started.
struct Life {
    process: Arc<Process>,
    job: Arc<Job>,
    /// What it says, for the log.
    output: Option<Arc<OpenFile>>,
    start: Instant,
}

impl Drop for Life {
    fn drop(&mut self) {
        self.job.kill(KillReason::Kill);
    }
}

fn begin(call: &Call, command: &[String], log: Option<&Log>) -> Result<Life, Failure> {
    let (job, pipe) = (Job::new(), log.map(|_| OpenFile::pipe(PIPE)));
    let process = start_command(call, command, call.context.process.env(), |spawn| {
        spawn.job = Some(Arc::clone(&job));
        if let Some((_, writer)) = &pipe {
            spawn.stdio.stdout = Arc::clone(writer);
            spawn.stdio.stderr = Arc::clone(writer);
        }
    })?;
    let output = pipe.map(|(reader, _)| reader);
    if let Some(output) = &output {
        output.set_flags(StatusFlags { nonblock: true, ..output.flags() });
    }
    Ok(Life { process, job, output, start: Instant::now() })
}

impl Life {
    /// Waits for its end, and keeps what it says meanwhile. ECANCELED.
    fn follow(&self, log: Option<&mut Log>) -> interfaces::Result<ExitStatus> {
        let (Some(output), Some(log)) = (&self.output, log) else { return self.process.wait() };
        let mut chunk = vec![0; CHUNK];
        loop {
            let over = wait::wait_for(None, |waiter| {
                let over = self.process.poll_exit(waiter);
                let readable = output.poll(READ, Some(waiter)).readable;
                if readable || over.is_some() { Poll::Ready(over) } else { Poll::Pending }
            })?;
            match (output.read(&mut chunk), over) {
                (Ok(count), _) if count > 0 => log.write(chunk.get(..count).unwrap_or_default()),
                // Others that it started may go on writing.
                (_, Some(status)) => return Ok(status),
                // It has closed its streams.
                (Ok(_), None) => return self.process.wait(),
                (Err(Errno::EAGAIN), None) => {}
                (Err(error), None) => return Err(error),
            }
        }
    }
}
