//! The bootable image: where a boot loader enters, and where std enters.
//!
//! `entry.s` takes the CPU from the loader's 32-bit protected mode to long mode and calls [`enter`]; the kernel starts its
//! scheduler and calls std's `runtime_entry`, which calls [`main`]. The layout of the image is in `link.ld`.

// The unwinder that std's panics use on this target.
extern crate unwinding as _;

use machine::boot_info::LoaderInfo;

core::arch::global_asm!(include_str!("entry.s"));

/// Called by `entry.s` on the boot stack, with interrupts off and the first 4 GiB mapped one to one.
///
/// `info` is the physical address of the loader's information, `magic` says in which format it is.
// SAFETY: no other symbol has this name; `entry.s` calls it as declared.
#[unsafe(no_mangle)]
extern "C" fn enter(info: usize, magic: u32) -> ! {
    // SAFETY: the values are those with which the loader entered; `entry.s` has mapped the first 4 GiB.
    kernel::start::from_loader(unsafe { LoaderInfo::load(info, magic) })
}

fn main() {
    kernel::start::on_std()
}
