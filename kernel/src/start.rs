//! The boot order. Read it as a table of contents.

use machine::acpi::Topology;
use machine::boot_info::{BootInfo, LoaderInfo};
use machine::{acpi, clock, cpu, exception, heap, interrupt, ioapic, layout, log, paging, smp};
use spin::Once;
use std_abi::{fault, threads};

/// What the first half of the boot hands to the second: std's `main` takes no arguments.
pub(crate) struct Boot {
    pub(crate) info: BootInfo,
    pub(crate) topology: Topology,
}

static BOOT: Once<Boot> = Once::new();

unsafe extern "C" {
    /// std's entry: sets itself up, calls `main`, then `sys_exit`.
    fn runtime_entry(argc: i32, argv: *const *const u8, environment: *const *const u8) -> !;
}

/// From the loader to the scheduler: on the boot stack, without std.
pub fn from_loader(info: usize, magic: u32) -> ! {
    log::init();
    // SAFETY: the entry stub passes what the loader gave it.
    let Some(loader) = (unsafe { LoaderInfo::load(info, magic) }) else {
        machine::print!("The boot loader speaks neither multiboot2 nor PVH.\n");
        cpu::stop();
    };
    // SAFETY: the entry stub's page tables map the first 4 GiB.
    unsafe { paging::add_low_memory(&loader) };
    let info = BootInfo::new(&loader);
    log::keep();
    cpu::init(0);
    interrupt::init();
    // SAFETY: the low memory was added just now.
    unsafe { paging::init(&info) };
    interrupt::init_apic();
    clock::init();
    let topology = acpi::init(info.rsdp);
    ioapic::init(&topology.io_apics);
    let cpus = 1 + topology.other_processors.len().min(cpu::MAX_CPUS - 1);
    threads::init(cpus);
    crate::panic::install();
    fault::init();
    let first = threads::prepare_first(first_thread);
    let cpus = smp::start(&topology.other_processors, threads::run_cpu);
    report(cpus);
    BOOT.call_once(|| Boot { info, topology });
    threads::launch_first(first);
    threads::run_cpu()
}

fn report(cpus: usize) {
    let (total, _) = heap::statistics();
    machine::log!(
        "Yolk {}: {cpus} CPU{} at {} MHz, {} MiB of memory",
        env!("CARGO_PKG_VERSION"),
        if cpus == 1 { "" } else { "s" },
        clock::tsc_hz() / 1_000_000,
        total >> 20
    );
}

/// From the scheduler to std: the first thread.
extern "C" fn first_thread(_: usize) {
    for constructor in layout::constructors() {
        constructor();
    }
    let arguments = [c"yolk".as_ptr().cast(), std::ptr::null()];
    let environment = [std::ptr::null()];
    // SAFETY: both lists end with null and outlive the call, which does not return.
    unsafe { runtime_entry(1, arguments.as_ptr(), environment.as_ptr()) }
}

/// Called by std's `main`: from here on everything is plain std Rust.
pub fn on_std() {
    let Some(boot) = BOOT.get() else { exception::stop_machine() };
    crate::init::run(boot)
}
