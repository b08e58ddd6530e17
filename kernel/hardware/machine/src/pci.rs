//! PCI: which functions there are, their registers, and the interrupt that each gets.
//!
//! Configuration space is reached by mechanism 1 (PCI Local Bus specification 3.0, section 3.2.2.3.2); its headers and
//! capabilities are read by the crate `pci_types`. The firmware has placed the base address registers: what it left
//! unplaced stays unused. A driver owns the [`Function`] that it is given, and reaches nothing else through it.
//!
//! Interrupts: MSI-X or MSI where the function offers them; else the line that the firmware wrote into the function's
//! interrupt line register. ACPI's `_PRT` would name the line on any board; but to find it, the interpreter for firmware
//! byte code takes a tenth of a second in an emulator and does not know every operation. What that costs: on a board whose
//! I/O APIC has other lines for PCI than the 8259s, a card without messages (older than PCI 2.2) stays silent.

use crate::acpi::Topology;
use crate::interrupt::Handler;
use crate::ioapic::LineInfo;
use crate::mmio::Mmio;
use crate::pci_config::Config;
use crate::port::PortRange;
use crate::{interrupt, msi};
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicBool, Ordering};
use pci_types::capability::PciCapability;
use pci_types::device_type::DeviceType;
use pci_types::{
    Bar, CommandRegister, EndpointHeader, HeaderType, MAX_BARS, PciAddress, PciHeader, PciPciBridgeHeader,
};
use spin::Once;

const NOBODY: u16 = 0xFFFF;
const INTERRUPT: u16 = 0x3C;
/// What the page tables and every CPU can reach.
const ADDRESS_LIMIT: u64 = 1 << 46;
/// The most ports that a range can have (PCI Local Bus specification 3.0, section 6.2.5.1).
const MAX_PORTS: u16 = 256;
/// A list of capabilities in 192 bytes, of at least 4 bytes each, is no longer than this unless it runs in a circle.
const MAX_CAPABILITIES: usize = 48;

/// How a function's interrupt reaches the CPU.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// As a message, once for each event.
    Message,
    /// A line that others may share, raised for as long as the function wants service.
    Line,
}

/// A function of a device on the bus. Whoever has the value owns the device.
#[derive(Debug)]
pub struct Function {
    address: PciAddress,
    vendor: u16,
    device: u16,
    kind: DeviceType,
    line: Option<LineInfo>,
    bars: Once<[Option<Bar>; MAX_BARS]>,
}

static ENUMERATED: AtomicBool = AtomicBool::new(false);

/// All endpoints on all buses, with their interrupts off. Nothing the second time: a device has one owner.
#[must_use]
pub fn enumerate(topology: &Topology) -> Vec<Function> {
    let mut found = Vec::new();
    // A machine without a host bridge is one without PCI.
    if ENUMERATED.swap(true, Ordering::Relaxed) || Config::read(PciAddress::new(0, 0, 0, 0), 0) == u32::MAX {
        return found;
    }
    let mut buses = alloc::vec![0];
    let mut seen = [false; 256];
    while let Some(bus) = buses.pop() {
        // Firmware may have numbered two bridges alike.
        if !core::mem::replace(&mut seen[usize::from(bus)], true) {
            for_each_function(bus, |address| match PciHeader::new(address).header_type(Config) {
                HeaderType::PciPciBridge => {
                    let bridge = PciPciBridgeHeader::from_header(PciHeader::new(address), Config);
                    buses.extend(bridge.map(|bridge| bridge.secondary_bus_number(Config)));
                }
                HeaderType::Endpoint => found.push(Function::new(address, topology)),
                _ => {}
            });
        }
    }
    found.sort_by_key(|function| function.address);
    found
}

fn for_each_function(bus: u8, mut visit: impl FnMut(PciAddress)) {
    for device in 0..32 {
        let first = PciHeader::new(PciAddress::new(0, bus, device, 0));
        let functions = if first.has_multiple_functions(Config) { 8 } else { 1 };
        for function in 0..functions {
            let address = PciAddress::new(0, bus, device, function);
            if PciHeader::new(address).id(Config).0 != NOBODY {
                visit(address);
            }
        }
    }
}

/// The line of the ISA interrupt that the firmware noted; on PCI it is low and level-triggered unless ACPI says otherwise.
fn line(topology: &Topology, interrupt: u8) -> Option<LineInfo> {
    // 0 is the timer's, 0xFF stands for none.
    if !(1..16).contains(&interrupt) {
        return None;
    }
    let line = topology.isa_line(interrupt);
    Some(if line.level_triggered { line } else { LineInfo { level_triggered: true, active_low: true, ..line } })
}

/// The base address registers; a 64-bit one takes the place of two.
fn read_bars(endpoint: &EndpointHeader) -> [Option<Bar>; MAX_BARS] {
    let mut bars = [None; MAX_BARS];
    let mut index = 0;
    while let Some(place) = bars.get_mut(index) {
        *place = endpoint.bar(index as u8, Config);
        index += if matches!(place, Some(Bar::Memory64 { .. })) { 2 } else { 1 };
    }
    bars
}

impl core::fmt::Display for Function {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(
            f,
            "{:02x}:{:02x}.{} [{:04x}:{:04x}] {:?}",
            self.address.bus(),
            self.address.device(),
            self.address.function(),
            self.vendor,
            self.device,
            self.kind
        )
    }
}

impl Function {
    fn new(address: PciAddress, topology: &Topology) -> Function {
        let mut header = PciHeader::new(address);
        header.update_command(Config, |command| command | CommandRegister::INTERRUPT_DISABLE);
        let (vendor, device) = header.id(Config);
        let (_, class, subclass, _) = header.revision_and_class(Config);
        let [interrupt, ..] = Config::read(address, INTERRUPT).to_le_bytes();
        let kind = DeviceType::from((class, subclass));
        Function { address, vendor, device, kind, line: line(topology, interrupt), bars: Once::new() }
    }

    /// Vendor and device.
    #[must_use]
    pub fn id(&self) -> (u16, u16) {
        (self.vendor, self.device)
    }

    /// Whether it is still in its slot: nobody answers for one that was pulled out.
    #[must_use]
    pub fn is_present(&self) -> bool {
        self.header().id(Config).0 != NOBODY
    }

    fn header(&self) -> PciHeader {
        PciHeader::new(self.address)
    }

    fn endpoint(&self) -> Option<EndpointHeader> {
        EndpointHeader::from_header(self.header(), Config)
    }

    /// Lets the function answer at its registers and reach memory by itself.
    pub fn enable(&self) {
        let wanted = CommandRegister::IO_ENABLE | CommandRegister::MEMORY_ENABLE | CommandRegister::BUS_MASTER_ENABLE;
        self.header().update_command(Config, |command| command | wanted);
    }

    /// Keeps the function from reaching memory by itself: for a device that could not be set up.
    pub fn silence(&self) {
        let wanted = CommandRegister::BUS_MASTER_ENABLE;
        self.header().update_command(Config, |command| command & !wanted | CommandRegister::INTERRUPT_DISABLE);
    }

    /// Reads the 32-bit word at `offset` (a multiple of 4) of its configuration space.
    #[must_use]
    pub fn config(&self, offset: u16) -> u32 {
        Config::read(self.address, offset)
    }

    fn bar(&self, index: u8) -> Option<Bar> {
        let bars = self.bars.call_once(|| {
            let mut header = self.header();
            let command = header.command(Config);
            // While a register holds ones to tell its size, the function must not answer at what that names.
            let decode = CommandRegister::IO_ENABLE | CommandRegister::MEMORY_ENABLE;
            header.update_command(Config, |command| command & !decode);
            let bars = self.endpoint().map(|endpoint| read_bars(&endpoint)).unwrap_or_default();
            header.update_command(Config, |_| command);
            bars
        });
        *bars.get(usize::from(index))?
    }

    /// The registers in memory at base address register `index`, mapped, at most `limit` bytes of them; `None` where there
    /// are none, or the firmware has not placed them.
    #[must_use]
    pub fn memory(&self, index: u8, limit: usize) -> Option<Mmio> {
        let (address, size) = self.memory_range(index)?;
        // SAFETY: the function answers at these addresses, and the caller owns it.
        Some(unsafe { Mmio::map(address, size.min(limit)) })
    }

    /// A picture's memory at base address register `index`, mapped so that writes to it are gathered.
    #[must_use]
    pub fn picture_memory(&self, index: u8) -> Option<Mmio> {
        let (address, size) = self.memory_range(index)?;
        // SAFETY: as in `memory`.
        Some(unsafe { Mmio::map_picture(address, size) })
    }

    fn memory_range(&self, index: u8) -> Option<(usize, usize)> {
        let (address, size) = match self.bar(index)? {
            Bar::Memory32 { address, size, .. } => (u64::from(address), u64::from(size)),
            Bar::Memory64 { address, size, .. } => (address, size),
            Bar::Io { .. } => return None,
        };
        let placed = address != 0 && address.checked_add(size)? <= ADDRESS_LIMIT;
        placed.then_some((address as usize, size as usize))
    }

    /// The registers at I/O ports at base address register `index`.
    #[must_use]
    pub fn ports(&self, index: u8) -> Option<PortRange> {
        let Some(Bar::Io { port }) = self.bar(index) else { return None };
        let base = u16::try_from(port).ok().filter(|base| *base != 0)?;
        // SAFETY: the function answers at these ports, and the caller owns it.
        Some(unsafe { PortRange::new(base, MAX_PORTS) })
    }

    fn capabilities(&self) -> impl Iterator<Item = PciCapability> {
        self.endpoint().into_iter().flat_map(|one| one.capabilities(Config)).take(MAX_CAPABILITIES)
    }

    /// Where in configuration space its vendor's own capabilities stand.
    pub fn vendor_capabilities(&self) -> impl Iterator<Item = u16> {
        self.capabilities().filter_map(|one| match one {
            PciCapability::Vendor(place) => Some(place.offset),
            _ => None,
        })
    }

    /// Makes the function's one interrupt, a message or a line, call `handler`; `None` when there is none.
    pub fn connect(&self, handler: &Handler) -> Option<Signal> {
        let msi = self.capabilities().find_map(|one| match one {
            PciCapability::Msi(msi) => Some(msi),
            _ => None,
        });
        if msi.is_some_and(|msi| msi::enable(&msi, handler)) {
            return Some(Signal::Message);
        }
        self.connect_line(handler).then_some(Signal::Line)
    }

    /// Makes the function's MSI-X messages 0, 1, ... call the handlers; `false` when it has not that many.
    #[must_use]
    pub fn connect_messages(&self, handlers: &[Handler]) -> bool {
        let msix = self.capabilities().find_map(|one| match one {
            PciCapability::MsiX(msix) => Some(msix),
            _ => None,
        });
        let Some(msix) = msix else { return false };
        let Some((base, size)) = self.memory_range(msix.table_bar()) else { return false };
        msi::enable_table(msix, base..base + size, handlers)
    }

    fn connect_line(&self, handler: &Handler) -> bool {
        let Some(line) = self.line else { return false };
        let handler = Arc::clone(handler);
        let connected = interrupt::connect(line, move || handler());
        if connected {
            self.header().update_command(Config, |command| command & !CommandRegister::INTERRUPT_DISABLE);
        }
        connected
    }
}
