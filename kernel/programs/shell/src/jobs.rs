//! Jobs in the background: what `&` started and nobody has waited for yet.

use process::{ExitStatus, Job, Process};
use std::sync::Arc;
use wait::Waiter;

/// Jobs that have ended are remembered for `wait` up to this many in all.
const REMEMBERED: usize = 256;

/// A pipeline or list in the background.
pub(crate) struct Background {
    /// What `fg` and `%` call it.
    pub(crate) number: usize,
    pub(crate) job: Arc<Job>,
    /// Its processes; the status of the last one is the job's.
    pub(crate) processes: Vec<Arc<Process>>,
    /// What the user wrote.
    pub(crate) text: String,
}

impl Background {
    /// How it ended; `None` while any of it runs. Wakes `waiter` when that may have changed.
    pub(crate) fn poll(&self, waiter: Option<&Waiter>) -> Option<ExitStatus> {
        let poll = |process: &Arc<Process>| match waiter {
            Some(waiter) => process.poll_exit(waiter),
            None => process.try_wait(),
        };
        let statuses: Option<Vec<_>> = self.processes.iter().map(poll).collect();
        statuses.map(|statuses| statuses.last().copied().unwrap_or(ExitStatus::SUCCESS))
    }
}

/// The jobs of a shell, in the order in which they started.
#[derive(Default)]
pub(crate) struct Jobs {
    jobs: Vec<Background>,
    newest_pid: Option<u32>,
}

impl Jobs {
    /// Adds a job and returns its number, the lowest above those in use.
    pub(crate) fn add(&mut self, job: Arc<Job>, processes: Vec<Arc<Process>>, text: &str) -> usize {
        if self.jobs.len() >= REMEMBERED {
            self.take_finished();
        }
        let number = self.jobs.last().map_or(1, |last| last.number + 1);
        self.newest_pid = processes.last().map(|process| process.pid());
        self.jobs.push(Background { number, job, processes, text: text.into() });
        number
    }

    /// The last process of the newest job (`$!`).
    pub(crate) fn newest_pid(&self) -> Option<u32> {
        self.newest_pid
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Background> {
        self.jobs.iter()
    }

    /// The job that `name` (`%2`, `2`, a process number, or empty for the newest) stands for.
    pub(crate) fn find(&self, name: &str) -> Option<usize> {
        let number: Option<usize> = name.trim_start_matches('%').parse().ok();
        let is_it = |job: &Background| {
            let pids = || job.processes.iter().any(|process| Some(process.pid() as usize) == number);
            Some(job.number) == number || (!name.starts_with('%') && pids())
        };
        match name {
            "" | "%" | "%%" | "%+" => self.jobs.last().map(|job| job.number),
            _ => self.jobs.iter().find(|job| is_it(job)).map(|job| job.number),
        }
    }

    /// Takes a job out of the list.
    pub(crate) fn take(&mut self, number: usize) -> Option<Background> {
        let index = self.jobs.iter().position(|job| job.number == number)?;
        Some(self.jobs.remove(index))
    }

    /// Takes out those that have ended.
    pub(crate) fn take_finished(&mut self) -> Vec<(Background, ExitStatus)> {
        let (finished, running): (Vec<_>, Vec<_>) = std::mem::take(&mut self.jobs)
            .into_iter()
            .map(|job| (job.poll(None), job))
            .partition(|(end, _)| end.is_some());
        self.jobs = running.into_iter().map(|(_, job)| job).collect();
        finished.into_iter().filter_map(|(end, job)| Some((job, end?))).collect()
    }
}
