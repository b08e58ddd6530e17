//! Starting the other processors (Intel SDM vol. 3, section 8.4).

use crate::{apic, clock, cpu, interrupt, interrupt_flag, paging};
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicPtr, AtomicU32, AtomicUsize, Ordering};
use spin::Once;

core::arch::global_asm!(include_str!("asm/trampoline.s"));

/// The page to which the trampoline is copied: conventional memory that a PC leaves free.
const TRAMPOLINE: usize = 0x8000;
const START_STACK_SIZE: usize = 32 * 1024;
const START_LIMIT_NS: u64 = 500_000_000;

/// Which stack is the next to be taken; read by `trampoline.s`. Number 0 is the boot processor's.
// SAFETY: no other symbol has this name.
#[unsafe(no_mangle)]
static PROCESSOR_COUNTER: AtomicU32 = AtomicU32::new(1);
/// Stack pointers by number; read by `trampoline.s`.
// SAFETY: no other symbol has this name.
#[unsafe(no_mangle)]
static PROCESSOR_STACKS: AtomicPtr<usize> = AtomicPtr::new(core::ptr::null_mut());
/// The root page table, below 4 GiB; read by `trampoline.s`.
// SAFETY: no other symbol has this name.
#[unsafe(no_mangle)]
static TRAMPOLINE_CR3: AtomicU32 = AtomicU32::new(0);

/// How many processors have taken a number, and [`CLOSED`] once no more may.
static JOINED: AtomicUsize = AtomicUsize::new(1);
/// One that comes now is not needed any more: all others rely on how many there are.
const CLOSED: usize = 1 << 31;
/// How many are set up.
static RUNNING: AtomicUsize = AtomicUsize::new(1);
static MAIN: Once<fn() -> !> = Once::new();

unsafe extern "C" {
    static trampoline_start: u8;
    static trampoline_end: u8;
}

/// Starts the processors with the APIC ids `targets`; each sets itself up and calls `main`. Returns how many run then,
/// with this one.
pub fn start(targets: &[u32], main: fn() -> !) -> usize {
    if targets.len() >= cpu::MAX_CPUS {
        crate::log!("{} of {} processors are used: no more are provided for", cpu::MAX_CPUS, targets.len() + 1);
    }
    let targets = &targets[..targets.len().min(cpu::MAX_CPUS - 1)];
    if targets.is_empty() {
        return 1;
    }
    MAIN.call_once(|| main);
    prepare(targets.len());
    for target in targets {
        apic::send_init(*target);
    }
    clock::spin_us(10_000);
    for target in targets {
        apic::send_start_up(*target, TRAMPOLINE);
    }
    // The second message is for processors that missed the first; one that runs ignores it.
    clock::spin_us(200);
    if RUNNING.load(Ordering::Acquire) <= targets.len() {
        for target in targets {
            apic::send_start_up(*target, TRAMPOLINE);
        }
    }
    let limit = clock::monotonic_ns() + START_LIMIT_NS;
    while RUNNING.load(Ordering::Acquire) <= targets.len() && clock::monotonic_ns() < limit {
        core::hint::spin_loop();
    }
    let running = JOINED.fetch_or(CLOSED, Ordering::AcqRel);
    // Those that are on their way set themselves up in any case.
    while RUNNING.load(Ordering::Acquire) < running {
        core::hint::spin_loop();
    }
    if running <= targets.len() {
        crate::log!("only {running} of {} processors started", targets.len() + 1);
    } else {
        // Nobody is in the trampoline any more.
        paging::set_trampoline(TRAMPOLINE, false);
    }
    running
}

fn prepare(count: usize) {
    let root = u32::try_from(paging::root()).expect("the first page table lies in the first memory given to the heap");
    TRAMPOLINE_CR3.store(root, Ordering::Relaxed);
    let stack = || {
        let memory = Box::leak(alloc::vec![0u8; START_STACK_SIZE].into_boxed_slice());
        memory.as_ptr_range().end as usize & !0xF
    };
    // Number 0 is the boot processor's, which has its stack.
    let stacks: Vec<usize> = core::iter::once(0).chain((0..count).map(|_| stack())).collect();
    PROCESSOR_STACKS.store(Box::leak(stacks.into_boxed_slice()).as_mut_ptr(), Ordering::Release);
    let source = &raw const trampoline_start;
    let length = &raw const trampoline_end as usize - source as usize;
    // SAFETY: the page is conventional memory that nothing else uses, mapped writable; the code is shorter than a page.
    unsafe { core::ptr::copy_nonoverlapping(source, TRAMPOLINE as *mut u8, length) };
    paging::set_trampoline(TRAMPOLINE, true);
}

/// Called by `trampoline.s` on each processor, on its own stack.
// SAFETY: no other symbol has this name; the assembly calls it as declared.
#[unsafe(no_mangle)]
extern "C" fn processor_start() -> ! {
    // Not the number of its stack: of those that had one before, some may never come here.
    let join = |joined| (joined & CLOSED == 0).then_some(joined + 1);
    let Ok(index) = JOINED.fetch_update(Ordering::AcqRel, Ordering::Acquire, join) else { interrupt_flag::stop() };
    cpu::init(index);
    interrupt::init();
    interrupt::init_apic();
    RUNNING.fetch_add(1, Ordering::AcqRel);
    match MAIN.get() {
        Some(main) => main(),
        None => interrupt_flag::stop(),
    }
}
