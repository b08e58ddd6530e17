//! PCI configuration space, by mechanism 1 (PCI Local Bus specification 3.0, section 3.2.2.3.2).

use crate::lock::IrqLock;
use crate::port::Port;
use pci_types::{ConfigRegionAccess, PciAddress};

const CONFIG_ADDRESS: u16 = 0xCF8;
const CONFIG_DATA: u16 = 0xCFC;
const ENABLE: u32 = 1 << 31;

/// The two ports of mechanism 1, which belong together.
static CONFIG: IrqLock<()> = IrqLock::new(());

/// Configuration space.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Config;

impl Config {
    /// Runs `access` on the data port while it leads to the word at `offset`.
    fn with<R>(address: PciAddress, offset: u16, access: impl FnOnce(Port<u32>) -> R) -> R {
        let (bus, device, function) =
            (u32::from(address.bus()), u32::from(address.device()), u32::from(address.function()));
        let selected = ENABLE | bus << 16 | device << 11 | function << 8 | u32::from(offset & 0xFC);
        let _both_ports = CONFIG.lock();
        // SAFETY: the ports of configuration mechanism 1.
        let [select, data] = [CONFIG_ADDRESS, CONFIG_DATA].map(|port| unsafe { Port::<u32>::new(port) });
        select.write(selected);
        access(data)
    }

    pub(crate) fn read(address: PciAddress, offset: u16) -> u32 {
        Config::with(address, offset, |data| data.read())
    }

    pub(crate) fn write(address: PciAddress, offset: u16, value: u32) {
        Config::with(address, offset, |data| data.write(value));
    }
}

impl ConfigRegionAccess for Config {
    unsafe fn read(&self, address: PciAddress, offset: u16) -> u32 {
        Config::read(address, offset)
    }

    unsafe fn write(&self, address: PciAddress, offset: u16, value: u32) {
        Config::write(address, offset, value);
    }
}
