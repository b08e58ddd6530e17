//! Sound: the device, the mixer on it, and `/dev/audio`.

use drivers::sound::speaker::Speaker;
use interfaces::SoundDevice;
use machine::acpi::Topology;
use sound::{AudioNode, Mixer};
use std::sync::Arc;
use vfs::devfs::DevFs;

/// Starts the mixer on the first card, or on the PC speaker where there is none; `None` (and a line in the log) when there
/// is neither.
pub(crate) fn start(cards: Vec<Arc<dyn SoundDevice>>, topology: &Topology, devices: &DevFs) -> Option<Arc<Mixer>> {
    let device = cards.into_iter().next().or_else(|| speaker(topology))?;
    let best = device.rates().first().copied().unwrap_or_else(|| device.rate());
    if let Err(error) = device.set_rate(best) {
        machine::log!("sound: {}: {best} Hz: {error}", device.driver());
    }
    let mixer = Mixer::start(device).inspect_err(|error| machine::log!("sound: no thread ({error})")).ok()?;
    if let Err(error) = devices.register("audio", AudioNode::new(Arc::clone(&mixer))) {
        machine::log!("/dev/audio: {error}");
    }
    let (driver, rate) = mixer.device();
    machine::log!("sound: {driver}, {rate} Hz");
    Some(mixer)
}

fn speaker(topology: &Topology) -> Option<Arc<dyn SoundDevice>> {
    let speaker = Speaker::new(topology.isa_line(Speaker::INTERRUPT)).map(|speaker| speaker as Arc<dyn SoundDevice>);
    if speaker.is_none() {
        machine::log!("sound: no device");
    }
    speaker
}
