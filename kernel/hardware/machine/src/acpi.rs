//! ACPI: processors, interrupt lines, power off and reset (ACPI specification 6.5), by the crate of that name.

use crate::ioapic::{IoApicInfo, LineInfo};
use crate::mmio::Mmio;
use crate::port::Port;
use crate::{clock, cpu, paging};
use ::acpi::address::{AddressSpace, MappedGas};
use ::acpi::aml::object::Object;
use ::acpi::aml::{AmlError, Interpreter, namespace::AmlName};
use ::acpi::platform::interrupt::{Polarity, TriggerMode};
use ::acpi::platform::{AcpiPlatform, InterruptModel, ProcessorState};
use ::acpi::registers::Pm1ControlBit;
use ::acpi::sdt::fadt::Fadt;
use ::acpi::{AcpiTables, Handle, Handler, PciAddress, PhysicalMapping};
use alloc::vec::Vec;
use core::ptr::NonNull;
use core::str::FromStr;
use spin::Once;

/// What the kernel takes from ACPI at boot.
#[derive(Debug, Default)]
pub struct Topology {
    /// APIC ids of the processors besides the one that boots.
    pub other_processors: Vec<u32>,
    /// The I/O APICs.
    pub io_apics: Vec<IoApicInfo>,
    /// ISA interrupts (by number) that are wired otherwise than to the line of that number.
    overrides: Vec<(u8, LineInfo)>,
}

impl Topology {
    /// The line of an ISA interrupt: edge-triggered and active high at the same number, unless the firmware says otherwise.
    #[must_use]
    pub fn isa_line(&self, interrupt: u8) -> LineInfo {
        let plain = LineInfo { number: u32::from(interrupt), level_triggered: false, active_low: false };
        self.overrides.iter().find(|(source, _)| *source == interrupt).map_or(plain, |(_, line)| *line)
    }
}

/// Where an I/O APIC stands on every PC that does not say otherwise.
const DEFAULT_IO_APIC: IoApicInfo = IoApicInfo { address: 0xFEC0_0000, first_line: 0 };

static RSDP: Once<usize> = Once::new();

fn tables() -> Option<AcpiTables<Host>> {
    let rsdp = RSDP.get()?;
    // SAFETY: the loader names this address; the crate checks the signature that stands there.
    unsafe { AcpiTables::from_rsdp(Host, *rsdp) }.ok()
}

/// Reads the tables below `rsdp`; without ACPI, one processor and the PC's usual I/O APIC.
#[must_use]
pub fn init(rsdp: Option<usize>) -> Topology {
    if let Some(rsdp) = rsdp {
        RSDP.call_once(|| rsdp);
    }
    let model = tables().and_then(|tables| InterruptModel::new(&tables).ok());
    let Some((InterruptModel::Apic(apic), processors)) = model else {
        crate::log!("acpi: no usable tables, one processor");
        return Topology { io_apics: alloc::vec![DEFAULT_IO_APIC], ..Topology::default() };
    };
    let io_apics = apic.io_apics.iter();
    let lines = apic.interrupt_source_overrides.iter().map(|one| {
        let line = LineInfo {
            number: one.global_system_interrupt,
            level_triggered: one.trigger_mode == TriggerMode::Level,
            active_low: one.polarity == Polarity::ActiveLow,
        };
        (one.isa_source, line)
    });
    Topology {
        other_processors: processors.map_or_else(Vec::new, |all| {
            // The crate takes the first entry for the processor that boots; firmware may list another one first.
            let listed = core::iter::once(all.boot_processor).chain(all.application_processors.iter().copied());
            let boot = cpu::apic_id(0);
            let usable = listed.filter(|one| one.state != ProcessorState::Disabled);
            usable.map(|one| one.local_apic_id).filter(|id| Some(*id) != boot).collect()
        }),
        io_apics: io_apics
            .map(|one| IoApicInfo { address: one.address as usize, first_line: one.global_system_interrupt_base })
            .collect(),
        overrides: lines.collect(),
    }
}

/// Switches the machine off (section 7.4.2, S5); returns where that does not work.
pub(crate) fn power_off() {
    let Some(platform) = tables().and_then(|tables| AcpiPlatform::new(tables, Host).ok()) else { return };
    let Some(sleep_type) = s5_sleep_type(&platform) else { return };
    let control = &platform.registers.pm1_control_registers;
    if control.set_sleep_typ(sleep_type).is_ok() && control.set_bit(Pm1ControlBit::SleepEnable, true).is_ok() {
        clock::spin_us(100_000);
    }
}

/// The value that the DSDT's `\_S5` package has for the sleep-type field.
fn s5_sleep_type(platform: &AcpiPlatform<Host>) -> Option<u8> {
    let interpreter = Interpreter::new_from_platform(platform).ok()?;
    let package = interpreter.evaluate(AmlName::from_str("\\_S5").ok()?, Vec::new()).ok()?;
    let Object::Package(elements) = &*package else { return None };
    u8::try_from(elements.first()?.as_integer().ok()?).ok()
}

/// Resets by the FADT's register (section 4.8.3.6); returns where there is none.
pub(crate) fn reset() {
    let Some(fadt) = tables().and_then(|tables| tables.find_table::<Fadt>()) else { return };
    let flags = fadt.flags;
    if !flags.supports_system_reset_via_fadt() {
        return;
    }
    let Ok(register) = fadt.reset_register() else { return };
    let value = u64::from(fadt.reset_value);
    if matches!(register.address_space, AddressSpace::SystemIo) {
        // SAFETY: the firmware says that this port resets the machine.
        unsafe { Port::<u8>::new(register.address as u16) }.write(value as u8);
    } else if let Ok(mapped) = map_register(register) {
        let _ = mapped.write(value);
    }
    clock::spin_us(100_000);
}

fn map_register(register: ::acpi::address::GenericAddress) -> Result<MappedGas<Host>, ::acpi::AcpiError> {
    // SAFETY: the firmware names the register.
    unsafe { MappedGas::map_gas(register, &Host) }
}

/// What the crate asks of its host: physical memory, ports, PCI configuration space, time.
#[derive(Clone, Copy)]
struct Host;

fn register<T: Copy>(address: usize) -> (Mmio, usize) {
    let page = address & !0xFFF;
    // SAFETY: firmware byte code names the address of a device's register.
    (unsafe { Mmio::map(page, 0x1000 + size_of::<T>().next_multiple_of(0x1000)) }, address - page)
}

fn read_memory<T: Copy>(address: usize) -> T {
    let (registers, offset) = register::<T>(address);
    registers.read(offset)
}

fn write_memory<T: Copy>(address: usize, value: T) {
    let (registers, offset) = register::<T>(address);
    registers.write(offset, value);
}

fn pci_ports(address: PciAddress, offset: u16) -> (Port<u32>, u32, u16) {
    let (bus, device, function) =
        (u32::from(address.bus()), u32::from(address.device()), u32::from(address.function()));
    let select = 1 << 31 | bus << 16 | device << 11 | function << 8 | u32::from(offset & 0xFC);
    // SAFETY: PCI configuration mechanism 1 (PCI Local Bus specification 3.0, section 3.2.2.3.2).
    (unsafe { Port::new(0xCF8) }, select, 0xCFC + (offset & 3))
}

macro_rules! port_access {
    ($read:ident, $write:ident, $type:ty) => {
        fn $read(&self, port: u16) -> $type {
            // SAFETY: firmware byte code names the port.
            unsafe { Port::<$type>::new(port) }.read()
        }
        fn $write(&self, port: u16, value: $type) {
            // SAFETY: as above.
            unsafe { Port::<$type>::new(port) }.write(value);
        }
    };
}

macro_rules! pci_access {
    ($read:ident, $write:ident, $type:ty) => {
        fn $read(&self, address: PciAddress, offset: u16) -> $type {
            let (select, value, data) = pci_ports(address, offset);
            select.write(value);
            // SAFETY: the data port of the same mechanism.
            unsafe { Port::<$type>::new(data) }.read()
        }
        fn $write(&self, address: PciAddress, offset: u16, value: $type) {
            let (select, chosen, data) = pci_ports(address, offset);
            select.write(chosen);
            // SAFETY: as above.
            unsafe { Port::<$type>::new(data) }.write(value);
        }
    };
}

macro_rules! memory_access {
    ($read:ident, $write:ident, $type:ty) => {
        fn $read(&self, address: usize) -> $type {
            read_memory(address)
        }
        fn $write(&self, address: usize, value: $type) {
            write_memory(address, value);
        }
    };
}

impl Handler for Host {
    unsafe fn map_physical_region<T>(&self, physical_address: usize, size: usize) -> PhysicalMapping<Self, T> {
        paging::map_firmware(physical_address..physical_address + size);
        let start = NonNull::new(physical_address as *mut T).expect("an ACPI table at address 0");
        PhysicalMapping {
            physical_start: physical_address,
            virtual_start: start,
            region_length: size,
            mapped_length: size,
            handler: Host,
        }
    }

    fn unmap_physical_region<T>(_: &PhysicalMapping<Self, T>) {
        // Firmware memory stays mapped: it is never handed to anybody else.
    }

    memory_access!(read_u8, write_u8, u8);
    memory_access!(read_u16, write_u16, u16);
    memory_access!(read_u32, write_u32, u32);
    memory_access!(read_u64, write_u64, u64);
    port_access!(read_io_u8, write_io_u8, u8);
    port_access!(read_io_u16, write_io_u16, u16);
    port_access!(read_io_u32, write_io_u32, u32);
    pci_access!(read_pci_u8, write_pci_u8, u8);
    pci_access!(read_pci_u16, write_pci_u16, u16);
    pci_access!(read_pci_u32, write_pci_u32, u32);

    fn nanos_since_boot(&self) -> u64 {
        clock::monotonic_ns()
    }

    fn stall(&self, microseconds: u64) {
        clock::spin_us(microseconds);
    }

    fn sleep(&self, milliseconds: u64) {
        clock::spin_us(milliseconds * 1000);
    }

    // The interpreter runs on one thread, once, at the very end: its mutexes have nobody to exclude.
    fn create_mutex(&self) -> Handle {
        Handle(0)
    }

    fn acquire(&self, _: Handle, _: u16) -> Result<(), AmlError> {
        Ok(())
    }

    fn release(&self, _: Handle) {}
}
