//! What the driver of a network card keeps besides registers and rings: the link, counts, and who waits for the card.

use crate::ethernet::Counters;
use crate::waker::WakerSlot;
use core::sync::atomic::{AtomicBool, Ordering};
use core::task::Waker;
use interfaces::Presence;

/// See the module.
pub(crate) struct Port {
    link: AtomicBool,
    /// The stack found no room to send, and wants to hear of it.
    starved: AtomicBool,
    waker: WakerSlot,
    pub(crate) counters: Counters,
}

impl Port {
    /// With the link down.
    pub(crate) fn new() -> Port {
        Port {
            link: AtomicBool::new(false),
            starved: AtomicBool::new(false),
            waker: WakerSlot::new(),
            counters: Counters::default(),
        }
    }

    pub(crate) fn link_up(&self) -> bool {
        self.link.load(Ordering::Relaxed)
    }

    /// Notes whether the link is up, and says where that changed.
    pub(crate) fn set_link(&self, up: bool) {
        if self.link.swap(up, Ordering::Relaxed) != up {
            self.waker.wake();
        }
    }

    /// The link is down because the card is: who looks knows it already.
    pub(crate) fn lose(&self) -> Presence {
        self.link.store(false, Ordering::Relaxed);
        Presence::Gone
    }

    /// Hands on whether there is room to send. Who finds none is woken when there is some.
    pub(crate) fn note_room(&self, room: bool) -> bool {
        if !room {
            self.starved.store(true, Ordering::Relaxed);
        }
        room
    }

    /// Drops a frame for which there is no room.
    pub(crate) fn refuse(&self) -> bool {
        self.counters.transmit_dropped();
        self.note_room(false)
    }

    /// Notes who waits for the card; whether that one waits for room to send, too.
    pub(crate) fn wait(&self, waker: &Waker) -> bool {
        self.waker.set(waker);
        self.starved.swap(false, Ordering::Relaxed)
    }

    /// Wakes who waits.
    pub(crate) fn wake(&self) {
        self.waker.wake();
    }
}
