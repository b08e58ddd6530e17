//! Interrupts as messages: MSI and MSI-X (PCI Local Bus specification 3.0, section 6.8), to the boot processor.
//!
//! The message is a write that the local APIC takes for an interrupt (Intel SDM vol. 3, section 11.11). The capabilities are
//! read and switched by the crate `pci_types`.

use crate::interrupt::Handler;
use crate::mmio::Mmio;
use crate::pci_config::Config;
use crate::{cpu, interrupt};
use alloc::sync::Arc;
use core::ops::Range;
use pci_types::capability::{MsiCapability, MsixCapability, MultipleMessageSupport};

const MESSAGE_ADDRESS: u64 = 0xFEE0_0000;
const ENTRY_SIZE: usize = 16;
const ENTRY_ADDRESS_LOW: usize = 0;
const ENTRY_ADDRESS_HIGH: usize = 4;
const ENTRY_DATA: usize = 8;
const ENTRY_CONTROL: usize = 12;

/// Where a message to the boot processor goes; `None` where its APIC id does not fit a message's eight bits.
fn address() -> Option<u64> {
    let target = u8::try_from(cpu::apic_id(0)?).ok()?;
    Some(MESSAGE_ADDRESS | u64::from(target) << 12)
}

/// A new vector for `handler`: as a message's data, an edge with fixed delivery.
fn data(handler: &Handler) -> Option<u32> {
    let handler = Arc::clone(handler);
    interrupt::allocate_vector(move || handler()).map(u32::from)
}

/// Makes the function's one message call `handler`.
pub(crate) fn enable(msi: &MsiCapability, handler: &Handler) -> bool {
    let (Some(address), Some(data)) = (address(), data(handler)) else { return false };
    msi.set_message_info(address, data, Config);
    msi.set_multiple_message_enable(MultipleMessageSupport::Int1, Config);
    msi.set_message_mask(0, Config);
    msi.set_enabled(true, Config);
    true
}

/// Makes messages 0, 1, ... call the handlers; the table stands in the function's memory `range`.
pub(crate) fn enable_table(mut msix: MsixCapability, range: Range<usize>, handlers: &[Handler]) -> bool {
    let offset = msix.table_offset() as usize;
    let length = handlers.len() * ENTRY_SIZE;
    let fits = handlers.len() <= usize::from(msix.table_size()) && offset + length <= range.len();
    let Some(address) = address().filter(|_| fits) else { return false };
    // SAFETY: the capability says that the table stands there, and the caller owns the function.
    let table = unsafe { Mmio::map(range.start + offset, length) };
    msix.set_function_mask(true, Config);
    msix.set_enabled(true, Config);
    for (index, handler) in handlers.iter().enumerate() {
        let Some(data) = data(handler) else {
            msix.set_enabled(false, Config);
            return false;
        };
        let entry = index * ENTRY_SIZE;
        table.write(entry + ENTRY_ADDRESS_LOW, address as u32);
        table.write(entry + ENTRY_ADDRESS_HIGH, (address >> 32) as u32);
        table.write(entry + ENTRY_DATA, data);
        table.write(entry + ENTRY_CONTROL, 0u32);
    }
    msix.set_function_mask(false, Config);
    true
}
