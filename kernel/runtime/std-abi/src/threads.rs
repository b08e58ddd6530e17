//! Threads: the scheduler's decisions, carried out on the machine.
//!
//! One lock guards the scheduler. A thread that gives up its CPU takes the lock, asks for the next thread and switches to
//! it; the lock stays taken across the switch and is released by the thread that runs then, on its own stack. Nobody can
//! therefore run a thread whose state is still being saved. Interrupts are off from before the lock is taken until after
//! the switch.

use crate::account::Account;
use hermit_abi::timespec;
use interfaces::Errno;
use machine::lock::IrqLock;
use machine::stack::Stack;
use machine::{apic, clock, context, cpu, interrupt, interrupt_flag, layout, vectors};
use process::{Process, ThreadProbe};
use sched::{Poke, Scheduler, ThreadId, Turn, Wake};
use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};

const MIN_STACK_SIZE: usize = 64 * 1024;
/// Bytes of stack of a kernel thread that std did not choose a size for.
const MAIN_STACK_SIZE: usize = 1 << 20;
const IDLE_STACK_SIZE: usize = 64 * 1024;
/// Stacks of ended threads that are kept: making one costs a message to every CPU.
const SPARE_STACKS: usize = 16;
const TLS_ALIGN: usize = 64;

/// Thread-local storage of one thread: x86-64 TLS variant II (Drepper, "ELF Handling for Thread-Local Storage", section
/// 4.1.6). The thread pointer stands behind the block and points to itself.
struct Tls {
    block: *mut u8,
    layout: Layout,
}

impl Tls {
    fn new() -> Option<Tls> {
        let (template, size) = layout::tls_template();
        let offset = size.next_multiple_of(TLS_ALIGN);
        let layout = Layout::from_size_align(offset + TLS_ALIGN, TLS_ALIGN).ok()?;
        // SAFETY: the layout's size is not zero.
        let block = unsafe { alloc_zeroed(layout) };
        if block.is_null() {
            return None;
        }
        // SAFETY: the block is longer than the template.
        unsafe { block.copy_from_nonoverlapping(template.as_ptr(), template.len()) };
        let tls = Tls { block, layout };
        let pointer = tls.pointer();
        // SAFETY: the pointer's own word lies in the block, aligned.
        unsafe { (pointer as *mut usize).write(pointer) };
        Some(tls)
    }

    fn pointer(&self) -> usize {
        self.block as usize + self.layout.size() - TLS_ALIGN
    }
}

impl Drop for Tls {
    fn drop(&mut self) {
        // SAFETY: allocated in `new` with this layout; the thread is gone.
        unsafe { dealloc(self.block, self.layout) };
    }
}

/// What the machine needs of a thread.
struct Thread {
    /// Where its stack pointer is while it does not run.
    stack_pointer: usize,
    /// `None` only while it is taken down.
    stack: Option<Stack>,
    tls: Tls,
    id: Option<ThreadId>,
    account: Account,
    /// It has run into the spare pages below its stack.
    overflowed: AtomicBool,
}

// SAFETY: the TLS block is reached through the thread pointer, by the thread itself alone.
unsafe impl Send for Thread {}

static SCHEDULER: IrqLock<Scheduler<Box<Thread>>> = IrqLock::new(Scheduler::new());
/// When each CPU's timer fires at the latest; only that CPU writes it, with interrupts off.
static ARMED: [AtomicU64; cpu::MAX_CPUS] = [const { AtomicU64::new(NEVER) }; cpu::MAX_CPUS];
const NEVER: u64 = u64::MAX;
/// Threads that have ended and are to be taken down.
static ENDED: IrqLock<Vec<ThreadId>> = IrqLock::new(Vec::new());
static SPARES: IrqLock<Vec<Stack>> = IrqLock::new(Vec::new());

impl Thread {
    fn new(stack_size: usize, entry: extern "C" fn(usize) -> !, argument: usize) -> Option<Box<Thread>> {
        let mut stack = take_stack(stack_size.max(MIN_STACK_SIZE))?;
        let tls = Tls::new()?;
        let stack_pointer = context::prepare(&mut stack, entry, argument);
        let (account, overflowed) = (Account::default(), AtomicBool::new(false));
        Some(Box::new(Thread { stack_pointer, stack: Some(stack), tls, id: None, account, overflowed }))
    }
}

impl Drop for Thread {
    fn drop(&mut self) {
        let Some(stack) = self.stack.take() else { return };
        let mut spares = SPARES.lock();
        let has_guard = !*self.overflowed.get_mut();
        if has_guard && spares.len() < SPARE_STACKS && stack.range().len() <= MAIN_STACK_SIZE {
            spares.push(stack);
        } else {
            // Freed outside the lock: it talks to other CPUs.
            drop(spares);
            drop(stack);
        }
    }
}

fn take_stack(size: usize) -> Option<Stack> {
    let mut spares = SPARES.lock();
    if let Some(index) = spares.iter().position(|stack| stack.range().len() == size.next_multiple_of(4096)) {
        return Some(spares.swap_remove(index));
    }
    drop(spares);
    Stack::new(size)
}

fn current() -> *mut Thread {
    cpu::current().cast()
}

fn poke(Poke(target): Poke) {
    if let Some(apic_id) = cpu::apic_id(target) {
        apic::send(apic_id, vectors::POKE);
    }
}

/// Takes the scheduler, lets `prepare` change it, and switches to the thread that is next, unless `prepare` says no.
/// Returns when the calling thread runs again; the value is `prepare`'s.
fn reschedule(turn: Turn, prepare: impl FnOnce(&mut Scheduler<Box<Thread>>, usize) -> bool) -> bool {
    let interrupts = interrupt_flag::disable();
    let mut scheduler = SCHEDULER.lock();
    let cpu = cpu::index();
    if !prepare(&mut scheduler, cpu) {
        drop(scheduler);
        interrupt_flag::restore(interrupts);
        return false;
    }
    let next = scheduler.next(cpu, clock::monotonic_ns(), turn, poke);
    arm_timer(cpu, next.timer);
    let from = current();
    let to: *mut Thread = match next.thread.and_then(|id| scheduler.payload(id)) {
        Some(thread) => &raw mut **thread,
        None => idle_thread(cpu),
    };
    if to == from {
        drop(scheduler);
    } else {
        cpu::set_current(to.cast());
        // SAFETY: `to` lives in the table, or for ever; under the lock nobody else touches it.
        let next = unsafe { &*to };
        let new = next.stack_pointer;
        cpu::set_thread_pointer(next.tls.pointer());
        std::mem::forget(scheduler);
        // SAFETY: `from` is the running thread, which stays in the table until it has left its stack.
        let old = unsafe { &raw mut (*from).stack_pointer };
        // SAFETY: interrupts are off, and both threads stay where they are until the lock is released.
        unsafe { context::switch(old, new) };
        release_scheduler();
        if overflowed().is_some() {
            // The interrupt may have come while others ran.
            apic::send_to_self(vectors::OVERFLOW);
        }
    }
    interrupt_flag::restore(interrupts);
    true
}

/// Makes this CPU's timer fire at `deadline`, or before. One that fires too early costs an interrupt, which arms it again;
/// to arm it costs as much, or far more where the machine is emulated, and would be done at every switch.
fn arm_timer(cpu: usize, deadline: Option<u64>) {
    let deadline = deadline.unwrap_or(NEVER);
    if deadline < ARMED[cpu].load(Ordering::Relaxed) {
        ARMED[cpu].store(deadline, Ordering::Relaxed);
        clock::arm_timer(Some(deadline));
    }
}

/// Releases the lock that the thread which ran before took.
fn release_scheduler() {
    // SAFETY: every switch is made with the lock held and its guard forgotten.
    unsafe { SCHEDULER.force_unlock() };
}

// ---- idle threads

static IDLE: [std::sync::atomic::AtomicPtr<Thread>; cpu::MAX_CPUS] =
    [const { std::sync::atomic::AtomicPtr::new(std::ptr::null_mut()) }; cpu::MAX_CPUS];

fn idle_thread(cpu: usize) -> *mut Thread {
    IDLE[cpu].load(Ordering::Acquire)
}

extern "C" fn idle(_: usize) -> ! {
    release_scheduler();
    loop {
        interrupt_flag::enable_and_halt();
    }
}

/// Makes the idle threads of up to `cpus` CPUs, while one of them runs, and makes timers and pokes run the scheduler.
///
/// The calling code gets the thread-locals of the first, so that a panic can be told from here on.
///
/// # Panics
/// When memory is short.
pub fn init(cpus: usize) {
    for slot in IDLE.iter().take(cpus) {
        let thread = Thread::new(IDLE_STACK_SIZE, idle, 0).expect("memory for an idle thread");
        slot.store(Box::into_raw(thread), Ordering::Release);
        SCHEDULER.lock().expect_cpu();
    }
    enter_idle_thread();
    interrupt::set_handler(vectors::TIMER, || {
        ARMED[cpu::index()].store(NEVER, Ordering::Relaxed);
        reschedule(Turn::Keep, |_, _| true);
    });
    interrupt::set_handler(vectors::POKE, || {
        reschedule(Turn::Keep, |_, _| true);
    });
}

/// Makes this CPU's idle thread the running one, but for its stack; returns its stack pointer.
fn enter_idle_thread() -> usize {
    let thread = idle_thread(cpu::index());
    cpu::set_current(thread.cast());
    // SAFETY: idle threads live for ever, and this CPU alone uses its own.
    let thread = unsafe { &*thread };
    cpu::set_thread_pointer(thread.tls.pointer());
    thread.stack_pointer
}

/// Leaves the calling code for ever and goes to work as this CPU's idle thread, which [`init`] made.
pub fn run_cpu() -> ! {
    let stack_pointer = enter_idle_thread();
    // Whatever became ready so far is found by the first timer interrupt.
    clock::arm_timer(Some(0));
    let mut scheduler = SCHEDULER.lock();
    scheduler.join_cpu(cpu::index(), clock::monotonic_ns());
    std::mem::forget(scheduler);
    let mut abandoned = 0;
    // SAFETY: interrupts are off at boot; the stack that is left is not used again.
    unsafe { context::switch(&raw mut abandoned, stack_pointer) };
    unreachable!("nobody switches back to the boot stack")
}

// ---- starting and ending

/// What a new thread runs, on the heap until it does.
struct Start {
    function: extern "C" fn(usize),
    argument: usize,
    process: Option<Arc<Process>>,
}

extern "C" fn start(start: usize) -> ! {
    release_scheduler();
    interrupt_flag::restore(true);
    // SAFETY: `prepare` made the pointer for this thread alone.
    let start = *unsafe { Box::from_raw(start as *mut Start) };
    if start.process.is_some() {
        process::enter(start.process);
    }
    (start.function)(start.argument);
    exit()
}

/// A thread that is made and not yet known to the scheduler.
pub struct Prepared(Box<Thread>);

/// Makes a thread that will call `function(argument)`; `None` when memory is short.
fn prepare(
    function: extern "C" fn(usize),
    argument: usize,
    stack_size: usize,
    process: Option<Arc<Process>>,
) -> Option<Prepared> {
    let payload = Box::into_raw(Box::new(Start { function, argument, process }));
    let thread = Thread::new(stack_size, start, payload as usize);
    if thread.is_none() {
        // SAFETY: no thread was made that could take it.
        drop(unsafe { Box::from_raw(payload) });
    }
    thread.map(Prepared)
}

/// Lets a prepared thread run; `None` when there are too many threads.
fn launch(Prepared(thread): Prepared) -> Option<ThreadId> {
    let mut scheduler = SCHEDULER.lock();
    match scheduler.spawn(thread, clock::monotonic_ns()) {
        Ok((id, target)) => {
            if let Some(thread) = scheduler.payload(id) {
                thread.id = Some(id);
            }
            target.into_iter().for_each(poke);
            Some(id)
        }
        Err(refused) => {
            // Its stack is freed outside the lock. What it should have run is lost, as a thread cannot be unmade: a few
            // dozen bytes, in a system that has 16,000 threads.
            drop(scheduler);
            drop(refused);
            None
        }
    }
}

/// Makes the first thread, while one CPU runs: a new stack needs every CPU's answer, and those that start give none yet.
///
/// # Panics
/// When memory is short.
#[must_use]
pub fn prepare_first(function: extern "C" fn(usize)) -> Prepared {
    prepare(function, 0, MAIN_STACK_SIZE, None).expect("memory for the first thread")
}

/// Lets the first thread run.
pub fn launch_first(first: Prepared) {
    launch(first);
}

/// Ends the calling thread.
pub fn exit() -> ! {
    if let Some(id) = current_id() {
        ENDED.lock().push(id);
    }
    reschedule(Turn::Yield, |scheduler, cpu| {
        scheduler.end(cpu, clock::monotonic_ns(), poke);
        true
    });
    unreachable!("a thread that has ended does not run")
}

/// Frees the stacks and tables of threads that have ended.
fn take_down_ended() {
    let ended = std::mem::take(&mut *ENDED.lock());
    for id in ended {
        let thread = SCHEDULER.lock().reap(id);
        if thread.is_none() {
            // Still on its way out: the next caller finds it.
            ENDED.lock().push(id);
        }
    }
}

/// The running thread's account of memory; `None` before there are threads.
pub(crate) fn account() -> Option<&'static Account> {
    // SAFETY: the running thread is not taken down while it runs, and who asks does not keep the answer.
    unsafe { current().as_ref() }.map(|thread| &thread.account)
}

/// Limits what the calling thread may have allocated, counted from now on; beyond it allocations fail. `None`: no limit.
pub fn limit_memory(bytes: Option<usize>) {
    if let Some(account) = account() {
        account.limit(bytes);
    }
}

/// What the calling thread allocates and frees until [`resume_memory`] is not counted as its own. Pauses nest.
pub fn pause_memory() {
    if let Some(account) = account() {
        account.pause();
    }
}

/// Ends a pause that [`pause_memory`] has begun.
pub fn resume_memory() {
    if let Some(account) = account() {
        account.resume();
    }
}

/// Bytes that the calling thread has allocated since it was limited, without those that it has freed.
#[must_use]
pub fn memory_used() -> usize {
    account().map_or(0, Account::used)
}

fn current_id() -> Option<ThreadId> {
    // SAFETY: the running thread is not taken down while it runs; `id` is written once, before it does.
    unsafe { current().as_ref() }.and_then(|thread| thread.id)
}

/// Gives the running thread the spare pages below its stack, if `address` lies there and it does not have them yet; whether
/// it did.
pub(crate) fn lend_spare(address: usize) -> bool {
    // SAFETY: as in `current_id`.
    let Some(thread) = (unsafe { current().as_ref() }) else { return false };
    let Some(stack) = thread.stack.as_ref().filter(|stack| stack.spare().contains(&address)) else { return false };
    if thread.overflowed.swap(true, Ordering::Relaxed) {
        return false;
    }
    stack.lend_spare();
    true
}

/// The number of the running thread, if it has overflowed its stack.
pub(crate) fn overflowed() -> Option<u32> {
    // SAFETY: as in `current_id`.
    let thread = unsafe { current().as_ref() }?;
    thread.overflowed.load(Ordering::Relaxed).then(|| thread.id.map_or(0, ThreadId::number))
}

// ---- waiting

/// Blocks while the word is `expected`, until a wake-up or `deadline` (since boot); `false` when the deadline passed.
pub(crate) fn wait_futex(word: &AtomicU32, expected: u32, deadline: Option<u64>) -> bool {
    let blocked = reschedule(Turn::Yield, |scheduler, cpu| {
        // Under the scheduler's lock: a waker that changes the word takes it next, and finds the thread blocked.
        if word.load(Ordering::SeqCst) != expected {
            return false;
        }
        scheduler.block_on_futex(cpu, word.as_ptr() as usize, deadline);
        true
    });
    !blocked || current_id().is_none_or(|id| SCHEDULER.lock().woken_by(id) == Wake::Event)
}

/// Wakes up to `count` threads that wait at the word; returns how many. Interrupt handlers may call it.
pub(crate) fn wake_futex(word: &AtomicU32, count: usize) -> usize {
    SCHEDULER.lock().wake_futex(word.as_ptr() as usize, count, clock::monotonic_ns(), poke)
}

/// Sleeps until `deadline` (since boot).
pub(crate) fn sleep_until(deadline: u64) {
    reschedule(Turn::Yield, |scheduler, cpu| {
        scheduler.block(cpu, Some(deadline));
        true
    });
}

/// What the scheduler knows of one thread.
struct Probe(Option<ThreadId>);

impl ThreadProbe for Probe {
    fn cpu_time_ns(&self) -> u64 {
        self.0.and_then(|id| SCHEDULER.lock().cpu_time_ns(id, clock::monotonic_ns())).unwrap_or(0)
    }

    fn is_running(&self) -> bool {
        self.0.is_some_and(|id| SCHEDULER.lock().is_runnable(id))
    }
}

/// The probe of the calling thread.
#[must_use]
pub fn probe() -> Arc<dyn ThreadProbe> {
    Arc::new(Probe(current_id()))
}

/// How long each CPU has been busy and idle, in nanoseconds.
#[must_use]
pub fn cpu_times() -> Vec<(u64, u64)> {
    let scheduler = SCHEDULER.lock();
    (0..scheduler.cpu_count()).filter_map(|cpu| scheduler.cpu_times(cpu, clock::monotonic_ns())).collect()
}

// ---- the ABI

/// Starts a thread; 0 when there are too many or memory is short. It belongs to the process that starts it.
// SAFETY: the symbol is the ABI's.
#[unsafe(no_mangle)]
extern "C" fn sys_spawn2(
    function: extern "C" fn(usize),
    argument: usize,
    _priority: u8,
    stack_size: usize,
    _core: isize,
) -> u32 {
    take_down_ended();
    let thread = prepare(function, argument, stack_size, process::current());
    thread.and_then(launch).map_or(0, ThreadId::number)
}

/// Waits for the end of a thread.
// SAFETY: the symbol is the ABI's.
#[unsafe(no_mangle)]
extern "C" fn sys_join(id: u32) -> i32 {
    if let Some(target) = ThreadId::from_number(id) {
        reschedule(Turn::Yield, |scheduler, cpu| scheduler.join(cpu, target));
    }
    take_down_ended();
    0
}

/// Lets others run.
// SAFETY: the symbol is the ABI's.
#[unsafe(no_mangle)]
extern "C" fn sys_yield() {
    reschedule(Turn::Yield, |_, _| true);
}

/// How many CPUs run.
// SAFETY: the symbol is the ABI's.
#[unsafe(no_mangle)]
extern "C" fn sys_available_parallelism() -> usize {
    cpu::count()
}

/// Waits while `*address` is `expected`; -ETIMEDOUT after `timeout`.
///
/// # Safety
/// `address` stays valid; `timeout` is null or can be read.
// SAFETY: the symbol is the ABI's.
#[unsafe(no_mangle)]
unsafe extern "C" fn sys_futex_wait(address: *mut u32, expected: u32, timeout: *const timespec, flags: u32) -> i32 {
    // SAFETY: the caller's contract.
    let (Some(word), timeout) = (unsafe { address.cast::<AtomicU32>().as_ref() }, unsafe { timeout.as_ref() }) else {
        return -Errno::EINVAL.number();
    };
    let deadline = match timeout.map(crate::timespec::nanoseconds) {
        None => None,
        Some(None) => return -Errno::EINVAL.number(),
        Some(Some(time)) if flags & hermit_abi::FUTEX_RELATIVE_TIMEOUT != 0 => {
            Some(clock::monotonic_ns().saturating_add(time))
        }
        Some(absolute) => absolute,
    };
    if wait_futex(word, expected, deadline) { 0 } else { -Errno::ETIMEDOUT.number() }
}

/// Wakes up to `count` threads that wait at `address`; returns how many.
///
/// # Safety
/// `address` is null or valid.
// SAFETY: the symbol is the ABI's.
#[unsafe(no_mangle)]
unsafe extern "C" fn sys_futex_wake(address: *mut u32, count: i32) -> i32 {
    // SAFETY: the caller's contract.
    let Some(word) = (unsafe { address.cast::<AtomicU32>().as_ref() }) else { return -Errno::EINVAL.number() };
    let woken = wake_futex(word, usize::try_from(count).unwrap_or(0));
    i32::try_from(woken).unwrap_or(i32::MAX)
}
