//! Jobs in the foreground: waiting for them, and ^C.
//!
//! In an interactive shell each pipeline is a job of its own, which ^C interrupts while it is in the foreground; in a
//! script all belong to the script's job, so that ^C ends the script with them.

use crate::flow::{Flow, Stop};
use crate::jobs::Background;
use crate::launch::Started;
use crate::shell::Shell;
use editor::Redirected;
use interfaces::{Errno, Result};
use process::{ExitStatus, Job, KillReason, Process};
use std::sync::Arc;
use std::task::Poll;

impl Shell {
    /// The job of what is started next.
    pub(crate) fn new_job(&self) -> Arc<Job> {
        if self.terminal.is_some() { Job::new() } else { Arc::clone(self.process.job()) }
    }

    /// Starts a job, waits for it, and makes its status the shell's. ^C interrupts it.
    pub(crate) fn run_job(&mut self, start: impl FnOnce(&mut Shell, &Arc<Job>) -> Started) -> Flow {
        let job = self.new_job();
        let redirected = self.direct_interrupts_to(&job);
        let started = start(self, &job);
        let status = wait_for_all(&started.processes);
        drop(redirected);
        let status = status.map(|status| started.failure.map_or(status, ExitStatus::Exited));
        self.note_end(status, &job, &started.processes)
    }

    /// Brings a job from the background to the foreground.
    pub(crate) fn continue_job(&mut self, background: &Background) -> Flow {
        let redirected = self.direct_interrupts_to(&background.job);
        let status = wait_for_all(&background.processes);
        drop(redirected);
        self.note_end(status, &background.job, &background.processes)
    }

    /// Waits for a job in the background, which ^C leaves alone.
    ///
    /// # Errors
    /// EINTR after ^C; ECANCELED when this shell is killed; ECHILD when there is no such job.
    pub(crate) fn wait_for_job(&mut self, number: usize) -> Result<ExitStatus> {
        let job = self.jobs.iter().find(|job| job.number == number).ok_or(Errno::ECHILD)?;
        let status = wait::wait_for(None, |waiter| {
            self.interrupt.register(waiter);
            match job.poll(Some(waiter)) {
                Some(status) => Poll::Ready(Ok(status)),
                None if self.interrupt.is_pressed() => Poll::Ready(Err(Errno::EINTR)),
                None => Poll::Pending,
            }
        })??;
        self.jobs.take(number);
        Ok(status)
    }

    /// Kills a job in the background. In a script it is a part of the script's job.
    pub(crate) fn kill_job(&self, job: &Background, reason: KillReason) {
        match self.terminal {
            Some(_) => job.job.kill(reason),
            None => job.processes.iter().for_each(|process| process.kill(reason)),
        }
    }

    /// Stops a script when ^C was pressed while no job was in the foreground, and the shell when it is killed.
    pub(crate) fn heed_interrupt(&mut self) -> Flow {
        if self.process.is_killed() {
            return Flow::Break(Stop::Shell);
        }
        if !self.interrupt.is_pressed() {
            return Flow::Continue(());
        }
        self.state.status = ExitStatus::Interrupted.code();
        Flow::Break(Stop::Script)
    }

    /// From now on ^C interrupts `job`; also one that came since the line was entered.
    fn direct_interrupts_to(&self, job: &Arc<Job>) -> Option<Redirected> {
        let terminal = Arc::clone(self.terminal.as_ref()?);
        let to = Arc::clone(job);
        let redirected = Redirected::new(terminal, Arc::new(move || to.kill(KillReason::Interrupt)));
        if self.interrupt.is_pressed() {
            job.kill(KillReason::Interrupt);
        }
        Some(redirected)
    }

    fn note_end(&mut self, status: Result<ExitStatus>, job: &Job, processes: &[Arc<Process>]) -> Flow {
        let Ok(status) = status else {
            // This shell was killed while it waited: what it has in the foreground goes with it.
            if self.terminal.is_some() {
                job.kill(KillReason::Kill);
            }
            return Flow::Break(Stop::Shell);
        };
        // ^C may find a job whose members have all ended well by then: it was meant for the list that they stand in.
        let missed = self.terminal.is_some() && job.kill_reason() == Some(KillReason::Interrupt);
        let status = if missed { ExitStatus::Interrupted } else { status };
        self.state.status = status.code();
        if self.terminal.is_none() {
            return Flow::Continue(());
        }
        match status {
            ExitStatus::Interrupted => return Flow::Break(Stop::Script),
            ExitStatus::Killed | ExitStatus::Panicked | ExitStatus::OutOfMemory => {
                let name = processes.last().map_or("", |last| last.name());
                self.complain(format_args!("{name}: {status}"));
            }
            ExitStatus::Exited(_) | ExitStatus::Trapped => {}
        }
        Flow::Continue(())
    }
}

/// Waits until all have ended; the status of the last one. ^C goes to all, but a member that sees the end of another
/// first may end well: all count as interrupted then.
fn wait_for_all(processes: &[Arc<Process>]) -> Result<ExitStatus> {
    processes.iter().try_fold(ExitStatus::SUCCESS, |before, process| match (before, process.wait()?) {
        (ExitStatus::Interrupted, _) => Ok(ExitStatus::Interrupted),
        (_, status) => Ok(status),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use interfaces::Clock;
    use process::{ProcessTable, Programs, Spawn, Stdio};
    use tty::Pty;
    use vfs::{Access, Kind, OpenFile, RamFs, Vfs};

    struct StoppedClock;

    impl Clock for StoppedClock {
        fn monotonic_ns(&self) -> u64 {
            0
        }

        fn realtime_ns(&self) -> u64 {
            0
        }

        fn set_realtime_ns(&self, _now: u64) {}

        fn resolution_ns(&self) -> u64 {
            1
        }
    }

    #[test]
    fn an_interrupt_behind_the_end_of_a_job_stops_the_list() {
        let vfs = Vfs::new(RamFs::new(Arc::new(StoppedClock)).root(), "ramfs");
        let (_master, slave) = Pty::pair();
        let terminal = OpenFile::anonymous(slave, Kind::CharDevice, Access::READ_WRITE);
        let stdio =
            Stdio { stdin: Arc::clone(&terminal), stdout: Arc::clone(&terminal), stderr: Arc::clone(&terminal) };
        let table = ProcessTable::new(Arc::clone(&vfs));
        let shell = table.spawn(Spawn::new(vec!["sh".into()], vfs.root(), stdio.clone()), move |context| {
            let mut shell = Shell::new(context, Arc::new(Programs::new(Vec::new(), Vec::new())), vec!["sh".into()]);
            shell.terminal = Some(terminal);
            let root = shell.vfs().root();
            let flow = shell.run_job(|shell, job| {
                let mut spawn = Spawn::new(vec!["short".into()], root, stdio);
                spawn.job = Some(Arc::clone(job));
                let short = shell.table.spawn(spawn, |_| ExitStatus::SUCCESS).expect("starts");
                assert_eq!(short.wait(), Ok(ExitStatus::SUCCESS));
                job.kill(KillReason::Interrupt);
                Started { processes: vec![short], failure: None }
            });
            assert!(matches!(flow, Flow::Break(Stop::Script)));
            ExitStatus::Exited(shell.state.status)
        });
        assert_eq!(shell.expect("starts").wait(), Ok(ExitStatus::Exited(ExitStatus::Interrupted.code())));
    }
}
