//! The machine: CPU, memory, interrupts, clocks, SMP and DMA. Unsafe lives here.
//!
//! Depends on nothing of this project but `interfaces`. `std-abi` builds threads on [`context`] and [`interrupt`], drivers
//! use [`port`], [`mmio`] and [`interrupt`], the assembler calls the `init` functions in the order that `kernel::start`
//! shows. Numbers and layouts follow the Intel SDM (volume and section stand where they are used).
//!
//! Globals exist only where the hardware forces them: the descriptor tables, the heap, the handlers that an interrupt
//! finds by its vector.

#![no_std]

extern crate alloc;

pub mod acpi;
pub mod apic;
pub mod backtrace;
pub mod boot_info;
pub mod clock;
pub mod context;
pub mod cpu;
pub mod dma;
pub mod entropy;
pub mod exception;
pub mod frame;
pub mod heap;
pub mod identify;
pub mod interrupt;
pub mod interrupt_flag;
pub mod ioapic;
pub mod last_words;
pub mod layout;
pub mod lock;
pub mod log;
pub mod mmio;
mod msi;
pub mod paging;
pub mod pci;
mod pci_config;
pub mod port;
pub mod power;
pub mod provoke;
mod rates;
pub mod rtc;
mod shootdown;
pub mod smp;
pub mod stack;
pub mod uart;
pub mod vectors;

core::arch::global_asm!(include_str!("asm/memory.s"));
