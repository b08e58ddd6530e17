//! The last words of a kernel that stops, on the screen: for users who have no serial line.
//!
//! They are what was logged before, as far as there is room, and all that was said since the exception. Nothing here takes
//! memory or waits for a lock, for the exception may have come while somebody held it.

use crate::lock::IrqLock;
use alloc::collections::VecDeque;
use core::sync::atomic::{AtomicBool, Ordering};
use interfaces::{Cell, Colour, TextDisplay};
use spin::Once;

const TITLE: &str = "Yolk has stopped: an error of the kernel. Please report the lines below.";
/// Bytes since the exception that are kept: a dump and the first half of a long backtrace.
const KEPT: usize = 4096;
/// At least this part of the screen, one of so many, is for what was logged before.
const BEFORE: usize = 4;

static DISPLAY: Once<&'static dyn TextDisplay> = Once::new();
static STOPPING: AtomicBool = AtomicBool::new(false);
static WORDS: IrqLock<Words> = IrqLock::new(Words { bytes: [0; KEPT], length: 0 });

struct Words {
    bytes: [u8; KEPT],
    length: usize,
}

/// Says where last words are shown: a display that takes neither locks nor memory.
pub fn set_display(display: &'static dyn TextDisplay) {
    DISPLAY.call_once(|| display);
}

/// From now on what is logged is kept here.
pub(crate) fn begin() {
    STOPPING.store(true, Ordering::Relaxed);
}

/// Keeps what the log says, in a kernel that stops.
pub(crate) fn add(text: &str) {
    if !STOPPING.load(Ordering::Relaxed) {
        return;
    }
    let Some(mut words) = WORDS.try_lock() else { return };
    let start = words.length;
    let rest = words.bytes.get_mut(start..).unwrap_or_default();
    let count = rest.len().min(text.len());
    rest.iter_mut().zip(text.bytes()).for_each(|(slot, byte)| *slot = byte);
    words.length = start + count;
}

/// Shows them behind the end of `log`, where there is a display.
pub(crate) fn show(log: Option<&VecDeque<u8>>) {
    let Some(display) = DISPLAY.get() else { return };
    let (columns, rows) = display.size();
    if columns == 0 {
        return;
    }
    let words = WORDS.try_lock();
    let words = words.as_ref().and_then(|words| words.bytes.get(..words.length)).unwrap_or_default();
    let (first, second) = log.map_or((&[][..], &[][..]), |log| log.as_slices());
    let log = first.iter().chain(second);

    let room = rows.saturating_sub(1);
    let needed = lay_out(words.iter(), columns, |_, _, _| {});
    let logged = lay_out(log.clone(), columns, |_, _, _| {});
    let shown = logged.min(room.saturating_sub(needed).max(room / BEFORE));
    (0..rows).for_each(|row| put_row(*display, row, Colour::Ansi(0)));
    put_row(*display, 0, Colour::Ansi(1));
    lay_out(TITLE.as_bytes().iter(), columns, |row, column, byte| {
        put(*display, (row, column), byte, Colour::Ansi(1));
    });
    lay_out(log, columns, |row, column, byte| {
        if let Some(row) = (row + shown).checked_sub(logged) {
            put(*display, (1 + row, column), byte, Colour::Ansi(0));
        }
    });
    lay_out(words.iter(), columns, |row, column, byte| {
        put(*display, (1 + shown + row, column), byte, Colour::Ansi(0));
    });
}

/// Breaks a text into rows, and tells of each of its characters; returns how many rows there are.
fn lay_out<'a>(text: impl Iterator<Item = &'a u8>, columns: usize, mut tell: impl FnMut(usize, usize, u8)) -> usize {
    let (mut row, mut column) = (0, 0);
    for byte in text {
        if *byte == b'\n' || column == columns {
            (row, column) = (row + 1, 0);
        }
        if *byte != b'\n' {
            tell(row, column, *byte);
            column += 1;
        }
    }
    row + usize::from(column > 0)
}

fn put(display: &dyn TextDisplay, (row, column): (usize, usize), byte: u8, background: Colour) {
    let glyph = if (b' '..=b'~').contains(&byte) { char::from(byte) } else { '?' };
    display.put(column, row, &[Cell { glyph, foreground: Colour::Ansi(15), background }]);
}

fn put_row(display: &dyn TextDisplay, row: usize, background: Colour) {
    (0..display.size().0).for_each(|column| put(display, (row, column), b' ', background));
}
