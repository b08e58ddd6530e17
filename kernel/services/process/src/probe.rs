//! CPU times and states of threads, which only the scheduler knows.

use crate::sync::lock;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// What the scheduler tells of one thread; asked from any thread, also when that one has ended.
pub trait ThreadProbe: Send + Sync {
    /// CPU time that it has used, in nanoseconds.
    fn cpu_time_ns(&self) -> u64;
    /// Whether it runs or is ready to.
    fn is_running(&self) -> bool;
}

/// Gives the probe of the thread that calls it.
pub type ProbeSource = Arc<dyn Fn() -> Arc<dyn ThreadProbe> + Send + Sync>;

/// The threads of a process.
pub(crate) struct Threads {
    source: Option<ProbeSource>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    last: u64,
    running: BTreeMap<u64, Option<Arc<dyn ThreadProbe>>>,
    /// CPU time of those that ended.
    ended_ns: u64,
}

impl Threads {
    pub(crate) fn new(source: Option<ProbeSource>) -> Threads {
        Threads { source, state: Mutex::default() }
    }

    /// Counts the calling thread in; returns its number here.
    pub(crate) fn add(&self) -> u64 {
        let probe = self.source.as_ref().map(|source| source());
        let mut state = lock(&self.state);
        state.last += 1;
        let number = state.last;
        state.running.insert(number, probe);
        number
    }

    pub(crate) fn remove(&self, number: u64) {
        let mut state = lock(&self.state);
        if let Some(Some(probe)) = state.running.remove(&number) {
            state.ended_ns = state.ended_ns.saturating_add(probe.cpu_time_ns());
        }
    }

    pub(crate) fn count(&self) -> usize {
        lock(&self.state).running.len()
    }

    /// CPU time of all, also of those that ended; 0 without a source.
    pub(crate) fn cpu_time_ns(&self) -> u64 {
        let state = lock(&self.state);
        let running = state.running.values().flatten().map(|probe| probe.cpu_time_ns());
        running.fold(state.ended_ns, u64::saturating_add)
    }

    /// Whether one runs or is ready to; true without a source.
    pub(crate) fn is_any_running(&self) -> bool {
        let is_asleep = |probe: &Option<Arc<dyn ThreadProbe>>| probe.as_ref().is_some_and(|probe| !probe.is_running());
        !lock(&self.state).running.values().all(is_asleep)
    }
}
