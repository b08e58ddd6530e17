//! The cards on the PCI bus: found once, as a device has one owner, and handed out by their kind.

use crate::options::Video;
use drivers::pci_table::{Device, attach};
use interfaces::{Display, NetDevice, SoundDevice};
use machine::acpi::Topology;
use machine::pci;
use std::sync::Arc;

/// The drivers of network cards and of sound cards.
const DRIVERS: [&str; 5] = ["virtio-net", "e1000", "rtl8139", "hda", "ac97"];
/// Those of displays that can change their size.
const DISPLAY_DRIVERS: [&str; 1] = ["bochs"];

/// What there is of each kind.
#[derive(Default)]
pub(crate) struct Cards {
    pub(crate) networks: Vec<Arc<dyn NetDevice>>,
    pub(crate) displays: Vec<Arc<dyn Display>>,
    pub(crate) sounds: Vec<Arc<dyn SoundDevice>>,
}

impl Cards {
    /// Finds them all. Where text is wanted, displays are left as they are.
    pub(crate) fn find(topology: &Topology, video: Video) -> Cards {
        let displays = if video == Video::Text { &[][..] } else { &DISPLAY_DRIVERS };
        let mut cards = Cards::default();
        for device in attach(pci::enumerate(topology), &[&DRIVERS, displays].concat()) {
            match device {
                Device::Net(card) => cards.networks.push(card),
                Device::Display(display) => cards.displays.push(display),
                Device::Sound(card) => cards.sounds.push(card),
                Device::Console(_) => {}
            }
        }
        cards
    }
}
