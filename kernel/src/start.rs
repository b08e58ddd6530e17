//! The boot order. Read it as a table of contents.

use machine::acpi::Topology;
use machine::boot_info::{BootInfo, LoaderInfo};
use machine::{acpi, clock, cpu, exception, heap, interrupt, interrupt_flag, ioapic, log, paging, smp};
use spin::Once;
use std_abi::{entry, fault, memory, threads};

/// What the first half of the boot hands to the second: std's `main` takes no arguments.
static HANDOVER: Once<(BootInfo, Topology)> = Once::new();

/// From the loader to the scheduler: on the boot stack, without std. `loader` is `None` for one of another kind.
pub fn from_loader(loader: Option<LoaderInfo>) -> ! {
    log::init();
    let Some(loader) = loader else {
        machine::print!("The boot loader speaks neither multiboot2 nor PVH.\n");
        interrupt_flag::stop();
    };
    let info = paging::add_low_memory(loader);
    log::keep();
    cpu::init(0);
    interrupt::init();
    paging::init(&info);
    interrupt::init_apic();
    start_clock();
    let topology = acpi::init(info.rsdp);
    ioapic::init(&topology.io_apics);
    let cpus = 1 + topology.other_processors.len().min(cpu::MAX_CPUS - 1);
    threads::init(cpus);
    crate::panic::install();
    fault::init();
    memory::init();
    let first = threads::prepare_first(entry::first_thread);
    let cpus = smp::start(&topology.other_processors, threads::run_cpu);
    report(cpus);
    HANDOVER.call_once(|| (info, topology));
    threads::launch_first(first);
    threads::run_cpu()
}

fn start_clock() {
    let Some(sources) = clock::init() else {
        machine::print!(
            "No clock: there is neither a PIT nor a real-time clock, and the CPU does not say how fast it is.\n"
        );
        exception::stop_machine();
    };
    if let Some(source) = sources.other_rate {
        machine::log!("clock: no PIT; its rate was measured by {source}");
    }
    if !sources.knows_time {
        machine::log!("clock: no real-time clock; the time of day begins at 0");
    }
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

/// Called by std's `main`: from here on everything is plain std Rust.
pub fn on_std() {
    match HANDOVER.get() {
        Some((info, topology)) => crate::init::run(info, topology),
        None => exception::stop_machine(),
    }
}
