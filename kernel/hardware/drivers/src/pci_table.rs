//! Which driver takes which PCI device. To add one: a file beside this one, and a row here.

use crate::display::bochs::Bochs;
use crate::e1000::E1000;
use crate::rtl8139::Rtl8139;
use crate::sound::ac97::Ac97;
use crate::sound::hda::Hda;
use crate::virtio;
use crate::virtio::console::VirtioConsole;
use crate::virtio::net::VirtioNet;
use alloc::sync::Arc;
use alloc::vec::Vec;
use interfaces::{ByteDevice, Display, NetDevice, SoundDevice};
use machine::pci::Function;

/// A device with its driver.
pub enum Device {
    /// A network card.
    Net(Arc<dyn NetDevice>),
    /// A stream of bytes to the host.
    Console(Arc<dyn ByteDevice>),
    /// A screen of pixels.
    Display(Arc<dyn Display>),
    /// A sound output.
    Sound(Arc<dyn SoundDevice>),
}

/// A driver: the devices that it takes, and what makes it; `None` where the device does not answer as it should.
struct Row {
    driver: &'static str,
    vendor: u16,
    devices: &'static [u16],
    make: fn(Function) -> Option<Device>,
}

const INTEL: u16 = 0x8086;

const fn row(driver: &'static str, vendor: u16, devices: &'static [u16], make: fn(Function) -> Option<Device>) -> Row {
    Row { driver, vendor, devices, make }
}

const TABLE: &[Row] = &[
    row("virtio-net", virtio::VENDOR, VirtioNet::IDS, |at| Some(Device::Net(VirtioNet::new(at)?))),
    row("virtio-console", virtio::VENDOR, VirtioConsole::IDS, |at| Some(Device::Console(VirtioConsole::new(at)?))),
    row("e1000", INTEL, E1000::IDS, |at| Some(Device::Net(E1000::new(at)?))),
    row("rtl8139", Rtl8139::VENDOR, Rtl8139::IDS, |at| Some(Device::Net(Rtl8139::new(at)?))),
    row("bochs", Bochs::VENDOR, Bochs::IDS, |at| Some(Device::Display(Bochs::new(at)?))),
    row("ac97", INTEL, Ac97::IDS, |at| Some(Device::Sound(Ac97::new(at)?))),
    row("hda", INTEL, Hda::IDS, |at| Some(Device::Sound(Hda::new(at)?))),
];

/// Gives each function to its driver, if that is among `drivers` (by name); the others stay as they are.
#[must_use]
pub fn attach(functions: Vec<Function>, drivers: &[&str]) -> Vec<Device> {
    functions.into_iter().filter_map(|function| attach_one(function, drivers)).collect()
}

fn attach_one(function: Function, drivers: &[&str]) -> Option<Device> {
    let (vendor, device) = function.id();
    let fits = |row: &&Row| row.vendor == vendor && row.devices.contains(&device) && drivers.contains(&row.driver);
    let row = TABLE.iter().find(fits)?;
    let name = alloc::format!("{function}");
    let made = (row.make)(function);
    match made {
        Some(_) => machine::log!("pci {name}: {}", row.driver),
        None => machine::log!("pci {name}: {} cannot drive it", row.driver),
    }
    made
}
