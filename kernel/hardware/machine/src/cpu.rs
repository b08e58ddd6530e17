//! One CPU: its descriptor tables, its features, its interrupt flag, and the block of data that is its own.
//!
//! Sources: Intel SDM vol. 3, sections 2.5 (control registers), 3.4 (GDT), 7.7 (TSS), 13.3 (XSAVE).

use alloc::boxed::Box;
use core::arch::asm;
use core::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, AtomicUsize, Ordering};
use x86::controlregs::{self, Cr4, Xcr0};
use x86::dtables::DescriptorTablePointer;
use x86::msr;

/// How many CPUs the kernel drives.
pub const MAX_CPUS: usize = 64;

/// Bytes of the area in which an interrupt saves the extended state; read by `interrupts.s`.
// SAFETY: no other symbol has this name.
#[unsafe(no_mangle)]
static EXTENDED_STATE_SIZE: AtomicUsize = AtomicUsize::new(512);
/// Whether XSAVE is used for it, rather than FXSAVE; read by `interrupts.s`.
// SAFETY: no other symbol has this name.
#[unsafe(no_mangle)]
static USE_XSAVE: AtomicBool = AtomicBool::new(false);
static USE_FSGSBASE: AtomicBool = AtomicBool::new(false);

const CODE_SELECTOR: u16 = 8;
const DATA_SELECTOR: u16 = 16;
const TSS_SELECTOR: u16 = 24;
const IST_STACK_SIZE: usize = 32 * 1024;
/// Stacks that exceptions switch to, because the interrupted one may be the cause: page fault, double fault, NMI, machine check.
const IST_COUNT: usize = 4;

/// Task-state segment in 64-bit mode (Intel SDM vol. 3, figure 7-11), as 32-bit words.
type TaskState = [u32; 26];
/// The word at which the interrupt stack table begins.
const TSS_IST: usize = 9;
const TSS_IO_MAP_BASE: usize = 25;

/// What belongs to one CPU; found through the GS base.
#[repr(C)]
pub struct PerCpu {
    /// The address of this block, for a one-instruction read.
    this: *const PerCpu,
    /// A word for the scheduler: the thread that runs here.
    current: AtomicPtr<()>,
    index: usize,
    apic_id: u32,
    gdt: [u64; 5],
    task_state: Box<TaskState>,
}

// SAFETY: `this` points to the block itself, which is never freed or moved.
unsafe impl Sync for PerCpu {}
// SAFETY: as above.
unsafe impl Send for PerCpu {}

static CPUS: [AtomicPtr<PerCpu>; MAX_CPUS] = [const { AtomicPtr::new(core::ptr::null_mut()) }; MAX_CPUS];
static COUNT: AtomicU32 = AtomicU32::new(0);

/// The block of the CPU that runs this code. With interrupts on, the thread may be elsewhere a moment later.
#[must_use]
pub fn this_cpu() -> &'static PerCpu {
    let block: *const PerCpu;
    // SAFETY: `init` set the GS base to a PerCpu whose first field is its own address.
    unsafe { asm!("mov {}, gs:[0]", out(reg) block, options(nostack, preserves_flags, readonly)) };
    // SAFETY: the block is leaked, hence valid for ever.
    unsafe { &*block }
}

/// The word that [`set_current`] stored on the CPU that runs this code, read in one instruction: a thread that is moved to
/// another CPU between two reads would see another thread's.
#[must_use]
pub fn current() -> *mut () {
    let current: *mut ();
    // SAFETY: `current` is the second field of the block that the GS base points to.
    unsafe { asm!("mov {}, gs:[8]", out(reg) current, options(nostack, preserves_flags, readonly)) };
    current
}

/// Stores the scheduler's word; interrupts must be off.
pub fn set_current(thread: *mut ()) {
    this_cpu().current.store(thread, Ordering::Relaxed);
}

/// The number of the CPU that runs this code, from 0.
#[must_use]
pub fn index() -> usize {
    this_cpu().index
}

/// How many CPUs run.
#[must_use]
pub fn count() -> usize {
    COUNT.load(Ordering::Acquire) as usize
}

/// The local APIC id of CPU `index`, once it runs.
#[must_use]
pub fn apic_id(index: usize) -> Option<u32> {
    let block = CPUS.get(index)?.load(Ordering::Acquire);
    // SAFETY: a pointer that is not null was published by `init` and is never freed.
    unsafe { block.as_ref() }.map(|block| block.apic_id)
}

/// Sets the thread pointer (the FS base) of the thread that runs here.
pub fn set_thread_pointer(value: usize) {
    if USE_FSGSBASE.load(Ordering::Relaxed) {
        // SAFETY: CR4.FSGSBASE is set; the value only matters to code that uses thread-locals.
        unsafe { asm!("wrfsbase {}", in(reg) value, options(nostack, preserves_flags)) };
    } else {
        // SAFETY: the MSR exists in long mode.
        unsafe { msr::wrmsr(msr::IA32_FS_BASE, value as u64) };
    }
}

/// Sets up the CPU that runs this code as number `index`: descriptor tables, GS base, extended state.
///
/// The interrupt table is shared and made by [`crate::interrupt::init`].
pub fn init(index: usize) {
    let mut block = Box::new(PerCpu {
        this: core::ptr::null(),
        current: AtomicPtr::new(core::ptr::null_mut()),
        index,
        apic_id: 0,
        gdt: [0; 5],
        task_state: new_task_state(),
    });
    block.apic_id = raw_apic_id();
    let state = &raw const *block.task_state as u64;
    block.gdt = [
        0,
        0x00AF_9A00_0000_FFFF,
        0x00CF_9200_0000_FFFF,
        0x0000_8900_0000_0067 | (state & 0xFF_FFFF) << 16 | (state >> 24 & 0xFF) << 56,
        state >> 32,
    ];
    block.this = &raw const *block;
    let block = Box::into_raw(block);
    // SAFETY: leaked just now, hence valid for ever; shared from here on.
    load_segments(unsafe { &*block });
    // SAFETY: from here on `this_cpu` finds the block.
    unsafe { msr::wrmsr(msr::IA32_GS_BASE, block as u64) };
    enable_features();
    crate::paging::init_memory_types();
    CPUS[index].store(block, Ordering::Release);
    COUNT.fetch_max(index as u32 + 1, Ordering::AcqRel);
}

fn raw_apic_id() -> u32 {
    raw_cpuid::CpuId::new().get_feature_info().map_or(0, |info| u32::from(info.initial_local_apic_id()))
}

fn new_task_state() -> Box<TaskState> {
    let mut state = Box::new([0; 26]);
    for ist in 0..IST_COUNT {
        let stack = Box::leak(alloc::vec![0u8; IST_STACK_SIZE].into_boxed_slice());
        let top = (stack.as_ptr_range().end as usize & !0xF) as u64;
        state[TSS_IST + 2 * ist] = top as u32;
        state[TSS_IST + 2 * ist + 1] = (top >> 32) as u32;
    }
    state[TSS_IO_MAP_BASE] = 104 << 16;
    state
}

fn load_segments(block: &'static PerCpu) {
    let pointer = DescriptorTablePointer::new(&block.gdt);
    // SAFETY: the table lives for ever and holds the three segments and the task state that the selectors name.
    unsafe {
        x86::dtables::lgdt(&pointer);
    }
    // SAFETY: the selectors are valid in the table just loaded; the far return goes to the next line.
    unsafe {
        asm!(
            "push {code}",
            "lea {scratch}, [rip + 2f]",
            "push {scratch}",
            "retfq",
            "2:",
            "mov ds, {data:x}",
            "mov es, {data:x}",
            "mov ss, {data:x}",
            "ltr {task:x}",
            code = in(reg) u64::from(CODE_SELECTOR),
            data = in(reg) u32::from(DATA_SELECTOR),
            task = in(reg) u32::from(TSS_SELECTOR),
            scratch = out(reg) _,
        );
    }
}

fn enable_features() {
    let cpuid = raw_cpuid::CpuId::new();
    // SAFETY: reading CR4 has no effect.
    let mut cr4 = unsafe { controlregs::cr4() };
    if cpuid.get_extended_feature_info().is_some_and(|info| info.has_fsgsbase()) {
        cr4 |= Cr4::CR4_ENABLE_FSGSBASE;
        USE_FSGSBASE.store(true, Ordering::Relaxed);
    }
    let xsave = cpuid.get_feature_info().is_some_and(|info| info.has_xsave());
    if xsave {
        cr4 |= Cr4::CR4_ENABLE_OS_XSAVE;
    }
    // SAFETY: sets only bits whose features CPUID offers.
    unsafe { controlregs::cr4_write(cr4) };
    if xsave {
        enable_xsave(&cpuid);
    }
}

/// Enables every state component that compiled code may use: x87, SSE, AVX and AVX-512 where they exist. std's feature
/// detection looks at XCR0, so that what is enabled here will be used and must be saved.
fn enable_xsave<R: raw_cpuid::CpuIdReader>(cpuid: &raw_cpuid::CpuId<R>) {
    let avx512 = Xcr0::XCR0_OPMASK_STATE | Xcr0::XCR0_ZMM_HI256_STATE | Xcr0::XCR0_HI16_ZMM_STATE;
    let mut wanted = Xcr0::XCR0_FPU_MMX_STATE | Xcr0::XCR0_SSE_STATE;
    if let Some(info) = cpuid.get_extended_state_info()
        && info.xcr0_supports_avx_256()
    {
        wanted |= Xcr0::XCR0_AVX_STATE;
        if info.xcr0_supports_avx512_opmask() && info.xcr0_supports_avx512_zmm_hi256() {
            wanted |= avx512;
        }
    }
    // SAFETY: CR4.OSXSAVE is set, and the components are those that CPUID leaf 0xD offers.
    unsafe { controlregs::xcr0_write(wanted) };
    // Leaf 0xD again: the size is that of what is enabled now.
    let size = cpuid.get_extended_state_info().map_or(576, |info| info.xsave_area_size_enabled_features());
    EXTENDED_STATE_SIZE.store(size as usize, Ordering::Relaxed);
    USE_XSAVE.store(true, Ordering::Relaxed);
}
