//! The display of Bochs and QEMU: a linear picture whose size is free (QEMU, docs/specs/standard-vga.rst; Bochs VBE
//! extensions, `vbe_dispi`). Driven through its registers in memory, which QEMU's `VGA`, `secondary-vga` and
//! `bochs-display` have.

use super::Surface;
use super::direct::Direct;
use alloc::sync::Arc;
use alloc::vec::Vec;
use interfaces::{Area, Display, Errno, Frame, PixelFormat, Result, TextDisplay};
use machine::mmio::Mmio;
use machine::pci::Function;
use spin::Mutex;

/// In the register range: the VGA's ports from 0x3C0 on, and the display's own registers.
const VGA_ATTRIBUTE: usize = 0x400;
const REGISTERS: usize = 0x500;
const RANGE: usize = 0x600;
/// Writing it to the attribute index shows the picture instead of black (IBM VGA Technical Reference).
const VGA_UNBLANK: u8 = 0x20;

/// The display's registers, each 16 bits wide.
const ID: usize = 0;
const WIDTH: usize = 1;
const HEIGHT: usize = 2;
const BITS: usize = 3;
const ENABLE: usize = 4;
const VIRTUAL_WIDTH: usize = 6;
const X_OFFSET: usize = 8;
const Y_OFFSET: usize = 9;
const ID_MASK: u16 = 0xFFF0;
const ID_VALUE: u16 = 0xB0C0;
const ENABLED: u16 = 1;
const LINEAR: u16 = 0x40;
const BYTES: usize = 4;

/// Sizes that are offered; others are taken too.
const SIZES: [(usize, usize); 7] =
    [(640, 480), (800, 600), (1024, 768), (1280, 720), (1280, 1024), (1600, 1200), (1920, 1080)];

/// The display. Until a size is set it stays as the firmware left it, in text mode, and its size is (0, 0).
pub struct Bochs {
    registers: Mmio,
    memory: Mmio,
    surface: Mutex<Option<Surface>>,
    direct: Arc<Direct>,
}

impl Bochs {
    /// PCI vendor.
    pub const VENDOR: u16 = 0x1234;
    /// PCI device ids.
    pub const IDS: &'static [u16] = &[0x1111];

    /// Takes over the display; `None` where it does not answer as it should.
    #[must_use]
    pub fn new(function: Function) -> Option<Arc<Bochs>> {
        function.enable();
        let registers = function.memory(2, RANGE)?.part(0, RANGE)?;
        let memory = function.picture_memory(0)?;
        let direct = Direct::new(memory, PixelFormat::RGB_32);
        let display = Bochs { registers, memory, surface: Mutex::new(None), direct };
        (display.read(ID) & ID_MASK == ID_VALUE).then(|| Arc::new(display))
    }

    fn read(&self, register: usize) -> u16 {
        self.registers.read(REGISTERS + 2 * register)
    }

    fn write(&self, register: usize, value: u16) {
        self.registers.write(REGISTERS + 2 * register, value);
    }

    fn fits(&self, width: usize, height: usize) -> bool {
        width
            .checked_mul(height)
            .and_then(|pixels| pixels.checked_mul(BYTES))
            .is_some_and(|size| size <= self.memory.len())
    }
}

impl Display for Bochs {
    fn driver(&self) -> &'static str {
        "bochs"
    }

    fn size(&self) -> (usize, usize) {
        self.surface.lock().as_ref().map_or((0, 0), Surface::size)
    }

    fn format(&self) -> PixelFormat {
        PixelFormat::RGB_32
    }

    fn sizes(&self) -> Vec<(usize, usize)> {
        SIZES.into_iter().filter(|(width, height)| self.fits(*width, *height)).collect()
    }

    fn set_size(&self, width: usize, height: usize) -> Result<()> {
        let mut surface = self.surface.lock();
        if surface.as_ref().is_some_and(|surface| surface.size() == (width, height)) {
            return Ok(());
        }
        let (Ok(columns), Ok(rows)) = (u16::try_from(width), u16::try_from(height)) else { return Err(Errno::EINVAL) };
        if columns == 0 || rows == 0 || !self.fits(width, height) {
            return Err(Errno::EINVAL);
        }
        self.write(ENABLE, 0);
        self.write(WIDTH, columns);
        self.write(HEIGHT, rows);
        self.write(BITS, 8 * BYTES as u16);
        self.write(VIRTUAL_WIDTH, columns);
        // This clears the picture.
        self.write(ENABLE, ENABLED | LINEAR);
        self.write(X_OFFSET, 0);
        self.write(Y_OFFSET, 0);
        self.registers.write(VGA_ATTRIBUTE, VGA_UNBLANK);
        // The display rounds what it cannot have.
        let taken = (usize::from(self.read(WIDTH)), usize::from(self.read(HEIGHT)));
        let pitch = usize::from(self.read(VIRTUAL_WIDTH)) * BYTES;
        *surface = Surface::new(self.memory, taken, pitch, PixelFormat::RGB_32);
        self.direct.set_size(taken, pitch);
        if surface.is_some() && taken == (width, height) { Ok(()) } else { Err(Errno::EINVAL) }
    }

    fn show(&self, frame: Frame<'_>, damage: &[Area]) {
        if let Some(surface) = self.surface.lock().as_mut() {
            surface.show(frame, damage);
        }
    }

    fn last_resort(&self) -> Option<Arc<dyn TextDisplay>> {
        Some(Arc::clone(&self.direct) as _)
    }
}
