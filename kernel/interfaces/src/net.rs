//! What a network card's driver offers to the network stack: Ethernet frames in both directions, as bytes.
//!
//! No call blocks and none copies for its own sake: a received frame is lent out where the card put it, a frame to send is
//! built where the card will fetch it. One thread, the net thread, uses a device; `wake_on_event` is how the driver's
//! interrupt handler reaches it.

use core::fmt;
use core::task::Waker;

/// An Ethernet (IEEE 802) hardware address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MacAddress(pub [u8; 6]);

impl MacAddress {
    /// Whether it names one station: not a group address and not all zeros.
    #[must_use]
    pub fn is_station(self) -> bool {
        let [first, ..] = self.0;
        first & 1 == 0 && self != MacAddress::default()
    }
}

impl fmt::Display for MacAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [a, b, c, d, e, g] = self.0;
        write!(f, "{a:02x}:{b:02x}:{c:02x}:{d:02x}:{e:02x}:{g:02x}")
    }
}

/// What went through a network device since it was started.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NetStatistics {
    /// Frames handed to the stack.
    pub received_frames: u64,
    /// Their bytes, without the frame check sequence.
    pub received_bytes: u64,
    /// Frames that came damaged.
    pub receive_errors: u64,
    /// Frames lost because no buffer was free.
    pub receive_dropped: u64,
    /// Frames given to the card.
    pub transmitted_frames: u64,
    /// Their bytes, without the frame check sequence.
    pub transmitted_bytes: u64,
    /// Frames that the card could not send.
    pub transmit_errors: u64,
    /// Frames that found no room.
    pub transmit_dropped: u64,
}

/// Whether a card is still there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// It is.
    Present,
    /// It was pulled out, and does not come back.
    Gone,
}

/// A network card.
///
/// Frames are Ethernet II from the destination address to the end of the payload: no preamble, no frame check sequence.
/// Padding of short frames is the driver's business.
pub trait NetDevice: Send + Sync {
    /// The driver's name, for instance `"e1000"`.
    fn driver(&self) -> &'static str;

    /// The card's own address.
    fn mac(&self) -> MacAddress;

    /// The largest IP packet that fits a frame, in bytes: 1500 on plain Ethernet.
    fn mtu(&self) -> usize;

    /// Whether there is carrier; false for ever once the card is gone. Cheap: the driver keeps it, an interrupt changes it.
    fn link_up(&self) -> bool;

    /// Lends received frames to `take`, the oldest first and at most `limit` of them; returns how many.
    ///
    /// `take` may call [`transmit`](Self::transmit), so no lock that this needs is held meanwhile.
    fn receive(&self, limit: usize, take: &mut dyn FnMut(&[u8])) -> usize;

    /// Whether a frame can be queued.
    fn can_transmit(&self) -> bool;

    /// Queues a frame of `length` bytes, which `fill` writes in full into the given buffer of that size (whose content is
    /// arbitrary before). Returns false, without a call of `fill`, when there is no room or `length` exceeds a frame.
    fn transmit(&self, length: usize, fill: &mut dyn FnMut(&mut [u8])) -> bool;

    /// Makes the card send what was queued; called once after a batch of [`transmit`](Self::transmit)s.
    fn flush(&self) {}

    /// Calls `waker` once when a frame has come, when there is room again after [`can_transmit`](Self::can_transmit) or
    /// [`transmit`](Self::transmit) said no, or when the carrier changed; at once if frames are already there. Replaces the
    /// waker before. Until the next call of this method the driver may keep its interrupt masked: under load the net thread
    /// polls.
    fn wake_on_event(&self, waker: &Waker);

    /// Looks whether the card is still there, and at its carrier: for what raises no interrupt. Costs some slow accesses.
    fn look(&self) -> Presence {
        Presence::Present
    }

    /// Counts since the start.
    fn statistics(&self) -> NetStatistics;
}
