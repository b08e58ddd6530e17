//! What the screen shows: the pixels of the console, or of the program that has the screen.

use crate::lock;
use crate::surface::Surface;
use interfaces::{Area, Display, Errno, Frame, Result};
use std::sync::{Arc, Mutex};

/// Whose pixels are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Owner {
    /// The text console's.
    Console,
    /// Those of the lease with this number.
    Lease(u64),
}

/// The pixels that a screen shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Capture {
    /// Pixels in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// The pixels, 0x00RRGGBB, row by row.
    pub pixels: Vec<u32>,
}

/// See the module.
pub(crate) struct Picture {
    display: Arc<dyn Display>,
    state: Mutex<State>,
}

struct State {
    surface: Surface,
    owner: Owner,
    /// The size that the console has, whatever a lease did.
    console_size: (usize, usize),
}

impl Picture {
    /// The picture of `display`, black. EINVAL where the display has no size yet; ENOMEM.
    pub(crate) fn new(display: Arc<dyn Display>) -> Result<Picture> {
        let console_size = display.size();
        let surface = Surface::new(console_size.0, console_size.1)?;
        let state = State { surface, owner: Owner::Console, console_size };
        Ok(Picture { display, state: Mutex::new(state) })
    }

    pub(crate) fn display(&self) -> &dyn Display {
        &*self.display
    }

    pub(crate) fn size(&self) -> (usize, usize) {
        lock(&self.state).surface.size()
    }

    pub(crate) fn capture(&self) -> Result<Capture> {
        let state = lock(&self.state);
        let (width, height) = state.surface.size();
        let mut pixels = Vec::new();
        pixels.try_reserve_exact(state.surface.pixels().len()).map_err(|_| Errno::ENOMEM)?;
        pixels.extend(state.surface.pixels());
        Ok(Capture { width, height, pixels })
    }

    /// Reads what is shown as bytes, from byte `offset` on; returns how many there were.
    pub(crate) fn read_bytes(&self, offset: usize, buf: &mut [u8]) -> usize {
        lock(&self.state).surface.read_bytes(offset, buf)
    }

    /// Lets the owner draw, and shows what is damaged then. ECANCELED for those who are not.
    pub(crate) fn draw<T>(&self, owner: Owner, draw: impl FnOnce(&mut Surface) -> T) -> Result<T> {
        let mut state = lock(&self.state);
        if state.owner != owner {
            return Err(Errno::ECANCELED);
        }
        let result = draw(&mut state.surface);
        self.present(&mut state.surface);
        Ok(result)
    }

    /// Shows `damage` of `frame`. ECANCELED for those who are not the owner.
    pub(crate) fn show(&self, owner: Owner, frame: Frame<'_>, damage: &[Area]) -> Result<()> {
        self.draw(owner, |surface| damage.iter().for_each(|area| surface.copy(frame, *area)))
    }

    /// Gives the screen to a lease, black.
    pub(crate) fn give_to_lease(&self, lease: u64) {
        let mut state = lock(&self.state);
        state.owner = Owner::Lease(lease);
        self.clear(&mut state.surface);
    }

    /// Takes the screen back from a lease, and its size; the console has to draw then. False where it was not the
    /// owner.
    pub(crate) fn take_back(&self, lease: u64) -> bool {
        let mut state = lock(&self.state);
        if state.owner != Owner::Lease(lease) {
            return false;
        }
        state.owner = Owner::Console;
        let (width, height) = state.console_size;
        if state.surface.size() != state.console_size {
            // It had this size before. Where that fails all the same, the console shows what fits.
            let _ = self.change_size(&mut state, width, height);
        }
        self.clear(&mut state.surface);
        true
    }

    /// Changes the size; the picture is black then. ECANCELED, EINVAL, EOPNOTSUPP, ENOMEM: the size is as it was.
    pub(crate) fn set_size(&self, owner: Owner, width: usize, height: usize) -> Result<()> {
        let mut state = lock(&self.state);
        if state.owner != owner {
            return Err(Errno::ECANCELED);
        }
        self.change_size(&mut state, width, height)
    }

    fn change_size(&self, state: &mut State, width: usize, height: usize) -> Result<()> {
        let before = state.surface.size();
        if before == (width, height) {
            return Ok(());
        }
        let surface = Surface::new(width, height)?;
        if let Err(error) = self.display.set_size(width, height) {
            // The display may have lost the size that it had.
            if self.display.size() != before {
                let _ = self.display.set_size(before.0, before.1);
                let all = state.surface.all();
                state.surface.mark(all);
                self.present(&mut state.surface);
            }
            return Err(error);
        }
        state.surface = surface;
        Ok(())
    }

    fn clear(&self, surface: &mut Surface) {
        surface.fill(surface.all(), 0);
        self.present(surface);
    }

    fn present(&self, surface: &mut Surface) {
        let damage = surface.take_damage();
        if !damage.is_empty() {
            self.display.show(surface.frame(), &damage);
        }
    }
}
