//! The state machine.

use crate::debt::LEVELS;
use crate::futex::Futexes;
use crate::links::{Queue, ThreadId};
use crate::table::{State, Table};
use crate::timer::Timers;
use alloc::vec::Vec;

/// How long a thread runs before another of its level has its turn.
pub const SLICE_NS: u64 = 10_000_000;
/// How long a ready thread waits at most behind threads of lower levels.
pub const STARVATION_NS: u64 = 100_000_000;

/// What a CPU does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Next {
    /// The thread to run; `None`: the CPU idles.
    pub thread: Option<ThreadId>,
    /// When the CPU's timer is to fire, at the latest.
    pub timer: Option<u64>,
}

/// Whether a thread that runs may go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// It goes on, unless its slice is used up or somebody goes before it: at a timer or a poke.
    Keep,
    /// It lets others of its level go first.
    Yield,
}

/// A CPU to interrupt, so that it looks for work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Poke(pub usize);

/// How a blocked thread was woken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wake {
    /// By another thread or an interrupt.
    Event,
    /// By its deadline.
    Deadline,
}

#[derive(Clone, Copy, Debug, Default)]
struct Cpu {
    /// It has come to work, and answers when it is poked.
    is_here: bool,
    running: Option<ThreadId>,
    since_ns: u64,
    busy_ns: u64,
    idle_ns: u64,
    /// Interrupted already and not yet here: no need to poke it again.
    poked: bool,
}

/// All threads and CPUs. `T` is what the owner keeps for each thread.
#[derive(Debug)]
pub struct Scheduler<T> {
    table: Table<T>,
    ready: [Queue; LEVELS],
    futexes: Futexes,
    timers: Timers,
    cpus: Vec<Cpu>,
}

impl<T> Default for Scheduler<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> Scheduler<T> {
    /// A scheduler without CPUs or threads.
    #[must_use]
    pub const fn new() -> Self {
        Scheduler {
            table: Table::new(),
            ready: [const { Queue::new() }; LEVELS],
            futexes: Futexes::new(),
            timers: Timers::new(),
            cpus: Vec::new(),
        }
    }

    /// Makes room for a CPU that may come; returns its number.
    pub fn expect_cpu(&mut self) -> usize {
        self.cpus.push(Cpu::default());
        self.cpus.len() - 1
    }

    /// Takes `cpu` to work; it idles. Nobody is sent to one that has not come: what it was to wake for would be lost.
    pub fn join_cpu(&mut self, cpu: usize, now: u64) {
        if let Some(cpu) = self.cpus.get_mut(cpu) {
            *cpu = Cpu { is_here: true, since_ns: now, ..Cpu::default() };
        }
    }

    /// How many CPUs are expected.
    #[must_use]
    pub fn cpu_count(&self) -> usize {
        self.cpus.len()
    }

    /// Adds a thread that is ready to run, and says which CPU is to look for work.
    ///
    /// # Errors
    /// Gives `payload` back when there are too many threads or memory is short.
    pub fn spawn(&mut self, payload: T, now: u64) -> Result<(ThreadId, Option<Poke>), T> {
        if !self.timers.reserve(self.table.len() + 1) {
            return Err(payload);
        }
        let id = self.table.insert(payload, now)?;
        Ok((id, self.make_ready(id, now)))
    }

    /// What the owner keeps for `id`, while the thread exists.
    #[must_use]
    pub fn payload(&mut self, id: ThreadId) -> Option<&mut T> {
        self.table.get_mut(id).map(|entry| &mut entry.payload)
    }

    /// The thread that runs on `cpu`.
    #[must_use]
    pub fn running(&self, cpu: usize) -> Option<ThreadId> {
        self.cpus.get(cpu)?.running
    }

    /// How many threads exist.
    #[must_use]
    pub fn thread_count(&self) -> usize {
        self.table.len()
    }

    /// Whether `id` runs or is ready to.
    #[must_use]
    pub fn is_runnable(&self, id: ThreadId) -> bool {
        self.table.get(id).is_some_and(|entry| matches!(entry.state, State::Running(_) | State::Ready))
    }

    /// The CPU time of `id` in nanoseconds, with what it has used since it was last put on a CPU.
    #[must_use]
    pub fn cpu_time_ns(&self, id: ThreadId, now: u64) -> Option<u64> {
        let entry = self.table.get(id)?;
        let current = match entry.state {
            State::Running(_) => now.saturating_sub(entry.since_ns),
            _ => 0,
        };
        Some(entry.cpu_time_ns + current)
    }

    /// The payloads of all threads with their CPU times.
    pub fn threads(&self, now: u64) -> impl Iterator<Item = (ThreadId, &T, u64)> {
        self.table.iter().map(move |(id, entry)| (id, &entry.payload, self.cpu_time_ns(id, now).unwrap_or(0)))
    }

    /// How long `cpu` has been busy and idle, in nanoseconds; `None` of one that has not come.
    #[must_use]
    pub fn cpu_times(&self, cpu: usize, now: u64) -> Option<(u64, u64)> {
        let cpu = self.cpus.get(cpu).filter(|cpu| cpu.is_here)?;
        let current = now.saturating_sub(cpu.since_ns);
        Some(match cpu.running {
            Some(_) => (cpu.busy_ns + current, cpu.idle_ns),
            None => (cpu.busy_ns, cpu.idle_ns + current),
        })
    }

    /// Blocks the thread that runs on `cpu`, until a wake-up or `deadline`. The CPU then asks for its [`next`](Self::next).
    pub fn block(&mut self, cpu: usize, deadline: Option<u64>) {
        let Some(id) = self.running(cpu) else { return };
        let entry = self.table.at(id);
        entry.state = State::Blocked;
        entry.timed_out = false;
        if let Some(deadline) = deadline {
            self.timers.insert(&mut self.table, id, deadline);
        }
    }

    /// Blocks the thread that runs on `cpu` at the futex `address`, as [`block`](Self::block).
    pub fn block_on_futex(&mut self, cpu: usize, address: usize, deadline: Option<u64>) {
        let Some(id) = self.running(cpu) else { return };
        self.block(cpu, deadline);
        self.futexes.add(&mut self.table, id, address);
    }

    /// How the thread `id`, which has blocked and runs again, was woken.
    #[must_use]
    pub fn woken_by(&self, id: ThreadId) -> Wake {
        if self.table.get(id).is_some_and(|entry| entry.timed_out) { Wake::Deadline } else { Wake::Event }
    }

    /// Wakes up to `count` threads that wait at `address`, longest first; calls `poke` for every CPU that has work now.
    /// Returns how many there were.
    pub fn wake_futex(&mut self, address: usize, count: usize, now: u64, mut poke: impl FnMut(Poke)) -> usize {
        let mut woken = 0;
        while woken < count {
            let Some(id) = self.futexes.take(&mut self.table, address) else { break };
            if let Some(cpu) = self.wake(id, now) {
                poke(cpu);
            }
            woken += 1;
        }
        woken
    }

    /// Blocks the thread that runs on `cpu` until `target` ends; `false` (and nothing happens) when it has ended.
    pub fn join(&mut self, cpu: usize, target: ThreadId) -> bool {
        let Some(id) = self.running(cpu) else { return false };
        let Some(target_entry) = self.table.get(target) else { return false };
        if target_entry.state == State::Dead || target == id {
            return false;
        }
        self.block(cpu, None);
        let mut joiners = self.table.at(target).joiners;
        joiners.push_back(&mut self.table, id);
        self.table.at(target).joiners = joiners;
        true
    }

    /// Ends the thread that runs on `cpu` and wakes those that joined it. The CPU then asks for its [`next`](Self::next);
    /// once it has left the thread's stack, [`reap`](Self::reap) takes the thread down.
    pub fn end(&mut self, cpu: usize, now: u64, mut poke: impl FnMut(Poke)) {
        let Some(id) = self.running(cpu) else { return };
        self.table.at(id).state = State::Dead;
        let mut joiners = core::mem::take(&mut self.table.at(id).joiners);
        while let Some(joiner) = joiners.pop_front(&mut self.table) {
            if let Some(cpu) = self.wake(joiner, now) {
                poke(cpu);
            }
        }
    }

    /// Takes down a thread that has ended and that no CPU runs any more.
    pub fn reap(&mut self, id: ThreadId) -> Option<T> {
        let dead = self.table.get(id).is_some_and(|entry| entry.state == State::Dead);
        let left = self.cpus.iter().all(|cpu| cpu.running != Some(id));
        if dead && left { self.table.remove(id) } else { None }
    }

    fn wake(&mut self, id: ThreadId, now: u64) -> Option<Poke> {
        if self.table.at(id).state != State::Blocked {
            return None;
        }
        self.timers.remove(&mut self.table, id);
        self.futexes.remove(&mut self.table, id);
        self.make_ready(id, now)
    }

    fn make_ready(&mut self, id: ThreadId, now: u64) -> Option<Poke> {
        let level = self.enqueue(id, now);
        self.cpu_for(level, now)
    }

    /// Puts `id` into the run queue of its level, which it returns.
    fn enqueue(&mut self, id: ThreadId, now: u64) -> usize {
        let entry = self.table.at(id);
        entry.state = State::Ready;
        entry.since_ns = now;
        let level = entry.debt.level(now);
        self.ready[level].push_back(&mut self.table, id);
        level
    }

    /// The CPU that is to run a thread of `level`: an idle one, else the one whose thread is furthest behind that level.
    fn cpu_for(&mut self, level: usize, now: u64) -> Option<Poke> {
        let table = &self.table;
        let rank = |cpu: &Cpu| match cpu.running.and_then(|id| table.get(id)) {
            None => LEVELS,
            Some(entry) => {
                let mut debt = entry.debt;
                debt.charge(now.saturating_sub(entry.since_ns), now);
                debt.level(now)
            }
        };
        let candidates = self.cpus.iter().enumerate().filter(|(_, cpu)| cpu.is_here && !cpu.poked);
        let (rank, index) = candidates.map(|(index, cpu)| (rank(cpu), index)).max()?;
        if rank <= level {
            return None;
        }
        self.cpus[index].poked = true;
        Some(Poke(index))
    }

    /// What `cpu` is to do now; calls `poke` for every other CPU that has work. The thread that it ran goes back into its
    /// queue if it neither blocked nor ended.
    pub fn next(&mut self, cpu: usize, now: u64, turn: Turn, mut poke: impl FnMut(Poke)) -> Next {
        // This CPU looks for work right now: nobody need poke it.
        self.cpus[cpu].poked = true;
        while let Some(id) = self.timers.pop_expired(&mut self.table, now) {
            self.futexes.remove(&mut self.table, id);
            self.table.at(id).timed_out = true;
            if let Some(other) = self.make_ready(id, now) {
                poke(other);
            }
        }
        self.cpus[cpu].poked = false;
        self.account(cpu, now);
        if let Some(id) = self.running(cpu).filter(|id| self.table.at(*id).state == State::Running(cpu)) {
            if turn == Turn::Keep && self.may_go_on(id, now) {
                return Next { thread: Some(id), timer: self.timer_for(Some(id)) };
            }
            self.enqueue(id, now);
        }
        let thread = self.pick(now);
        if let Some(id) = thread {
            let entry = self.table.at(id);
            entry.state = State::Running(cpu);
            entry.since_ns = now;
            entry.slice_ends_ns = now + SLICE_NS;
        }
        self.cpus[cpu].running = thread;
        Next { thread, timer: self.timer_for(thread) }
    }

    /// Books the time since the last call to the CPU and to the thread that it ran.
    fn account(&mut self, cpu: usize, now: u64) {
        let state = &mut self.cpus[cpu];
        let elapsed = now.saturating_sub(state.since_ns);
        state.since_ns = now;
        match state.running {
            None => state.idle_ns += elapsed,
            Some(id) => {
                state.busy_ns += elapsed;
                let entry = self.table.at(id);
                let used = now.saturating_sub(entry.since_ns);
                entry.cpu_time_ns += used;
                entry.since_ns = now;
                entry.debt.charge(used, now);
            }
        }
    }

    /// Whether the running thread `id` keeps its CPU: its slice lasts, and nobody is ready who goes before it.
    fn may_go_on(&mut self, id: ThreadId, now: u64) -> bool {
        let entry = self.table.at(id);
        let level = entry.debt.level(now);
        now < entry.slice_ends_ns && self.ready[..level].iter().all(|queue| queue.first().is_none())
    }

    fn pick(&mut self, now: u64) -> Option<ThreadId> {
        let starving = (1..LEVELS).find(|level| {
            let first = self.ready[*level].first();
            first.is_some_and(|id| now.saturating_sub(self.table.at(id).since_ns) > STARVATION_NS)
        });
        let level = starving.or_else(|| (0..LEVELS).find(|level| self.ready[*level].first().is_some()))?;
        self.ready[level].pop_front(&mut self.table)
    }

    /// Until when a CPU may leave the clock alone. Every CPU keeps the earliest deadline: the one that put it there has
    /// armed its timer for it, and arms it again whenever it changes threads.
    fn timer_for(&mut self, thread: Option<ThreadId>) -> Option<u64> {
        let slice = thread.map(|id| self.table.at(id).slice_ends_ns);
        match (slice, self.timers.earliest()) {
            (Some(slice), Some(deadline)) => Some(slice.min(deadline)),
            (slice, deadline) => slice.or(deadline),
        }
    }
}
