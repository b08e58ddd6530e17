//! VGA text mode: 80 by 25 cells at 0xB8000 (IBM VGA Technical Reference), in code page 437.

use interfaces::{Cell, TextDisplay};
use machine::lock::IrqLock;
use machine::mmio::Mmio;
use machine::port::Port;

const COLUMNS: usize = 80;
const ROWS: usize = 25;
const BUFFER: usize = 0xB_8000;
const CURSOR_START: u8 = 0x0A;
const CURSOR_HIGH: u8 = 0x0E;
const CURSOR_LOW: u8 = 0x0F;
const CURSOR_OFF: u8 = 0x20;
const CURSOR_FIRST_LINE: u8 = 13;
/// Graphics controller register 6: bit 0 is clear in text modes, bits 2 and 3 are set where the buffer is at 0xB8000.
const MISCELLANEOUS: u8 = 6;
const MISCELLANEOUS_MASK: u8 = 0x0D;
const TEXT_AT_B8000: u8 = 0x0C;

/// VGA's colours in the order of ANSI's: red and blue are exchanged.
const COLOURS: [u8; 8] = [0, 4, 2, 6, 1, 5, 3, 7];

/// The characters of code page 437 from 128 on.
const CP437: &str = "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜ¢£¥₧ƒáíóúñÑªº¿⌐¬½¼¡«»░▒▓│┤╡╢╖╕╣║╗╝╜╛┐└┴┬├─┼╞╟╚╔╩╦╠═╬╧╨╤╥╙╘╒╓╫╪┘┌█▄▌▐▀\
                     αßΓπΣσµτΦΘΩδ∞φε∩≡±≥≤⌠⌡÷≈°∙·√ⁿ²■\u{a0}";

/// The text screen.
pub struct VgaText {
    buffer: Mmio,
    controller: IrqLock<(Port<u8>, Port<u8>)>,
}

impl VgaText {
    /// The screen, if the firmware left it in text mode.
    #[must_use]
    pub fn new() -> Option<VgaText> {
        // SAFETY: the graphics controller's index and data ports; without a VGA they read as ones.
        let [index, data] = [0x3CE, 0x3CF].map(|port| unsafe { Port::<u8>::new(port) });
        index.write(MISCELLANEOUS);
        if data.read() & MISCELLANEOUS_MASK != TEXT_AT_B8000 {
            return None;
        }
        // SAFETY: in this mode the text buffer stands there, and nobody else drives it.
        let buffer = unsafe { Mmio::map(BUFFER, COLUMNS * ROWS * 2) };
        // SAFETY: the colour CRT controller's index and data ports.
        let [index, data] = [0x3D4, 0x3D5].map(|port| unsafe { Port::new(port) });
        Some(VgaText { buffer, controller: IrqLock::new((index, data)) })
    }
}

fn glyph(character: char) -> u8 {
    match character {
        ' '..='~' => character as u8,
        // The table has 128 entries.
        _ => CP437.chars().position(|one| one == character).map_or(b'?', |index| (128 + index) as u8),
    }
}

fn colour(ansi: u8) -> u8 {
    COLOURS[usize::from(ansi & 7)] | ansi & 8
}

impl TextDisplay for VgaText {
    fn size(&self) -> (usize, usize) {
        (COLUMNS, ROWS)
    }

    fn put(&self, column: usize, row: usize, cells: &[Cell]) {
        if row >= ROWS {
            return;
        }
        for (column, cell) in (column..COLUMNS).zip(cells) {
            // Bit 7 would blink: backgrounds have eight colours.
            let attribute = colour(cell.foreground.ansi()) | (colour(cell.background.ansi()) & 7) << 4;
            let value = u16::from(glyph(cell.glyph)) | u16::from(attribute) << 8;
            self.buffer.write(2 * (row * COLUMNS + column), value);
        }
    }

    fn set_cursor(&self, position: Option<(usize, usize)>) {
        let controller = self.controller.lock();
        let set = |register: u8, value: u8| {
            controller.0.write(register);
            controller.1.write(value);
        };
        match position {
            Some((column, row)) if column < COLUMNS && row < ROWS => {
                let offset = row * COLUMNS + column;
                set(CURSOR_HIGH, (offset >> 8) as u8);
                set(CURSOR_LOW, (offset & 0xFF) as u8);
                set(CURSOR_START, CURSOR_FIRST_LINE);
            }
            _ => set(CURSOR_START, CURSOR_OFF),
        }
    }
}
