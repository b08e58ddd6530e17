//! Line discipline: what happens to typed bytes before a program reads them.
//!
//! A pure state machine: bytes go in by [`LineDiscipline::accept`], which answers what to echo and whether ^C was
//! pressed; programs take bytes out by [`LineDiscipline::read`]. `Tty` owns one, with the echo's output and the waiting
//! around it. Follows POSIX.1-2017, XBD 11 (general terminal interface), and Linux where POSIX leaves a choice.
//!
//! Invariant: nothing typed is lost. What does not fit is not accepted, so that the device keeps it (the exceptions are
//! those that POSIX wants: ^C and ^U discard).

use std::collections::VecDeque;
use unicode_width::UnicodeWidthChar;
use vfs::InputMode;

/// Bytes that wait for a reader before input is refused.
const CAPACITY: usize = 256 * 1024;
/// An unfinished line of this many bytes is handed to the reader as it is: a limit on editing, not on input.
const MAX_LINE: usize = 4096;
const TAB_STOP: usize = 8;

const INTERRUPT: u8 = 0x03;
const END_OF_FILE: u8 = 0x04;
const BACKSPACE: u8 = 0x08;
const KILL_LINE: u8 = 0x15;
const LITERAL_NEXT: u8 = 0x16;
const ERASE_WORD: u8 = 0x17;
const DELETE: u8 = 0x7f;

/// What became of offered input.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Accepted {
    /// How many bytes were taken; the others have to be offered again, after a read if this is 0.
    pub count: usize,
    /// What the terminal has to show.
    pub echo: Vec<u8>,
    /// The last byte taken was ^C.
    pub interrupt: bool,
}

/// The state of a terminal's input.
pub struct LineDiscipline {
    mode: InputMode,
    /// The line that is being edited.
    line: Vec<u8>,
    /// The cursor's column where that line began.
    start_column: usize,
    literal_next: bool,
    /// Finished lines, each for reads of its own; an empty one is an end of file.
    lines: VecDeque<VecDeque<u8>>,
    lines_len: usize,
    raw: VecDeque<u8>,
}

impl Default for LineDiscipline {
    fn default() -> Self {
        LineDiscipline::new()
    }
}

impl LineDiscipline {
    /// No input, canonical mode.
    #[must_use]
    pub fn new() -> Self {
        LineDiscipline {
            mode: InputMode::Canonical,
            line: Vec::new(),
            start_column: 0,
            literal_next: false,
            lines: VecDeque::new(),
            lines_len: 0,
            raw: VecDeque::new(),
        }
    }

    /// How input is treated.
    #[must_use]
    pub fn mode(&self) -> InputMode {
        self.mode
    }

    /// Takes input, at the cursor's `column`; stops behind a ^C, so that the bytes after it meet what it has caused.
    pub fn accept(&mut self, bytes: &[u8], column: usize) -> Accepted {
        let mut accepted = Accepted::default();
        if self.line.is_empty() {
            self.start_column = column;
        }
        for &byte in bytes {
            if !self.has_room() {
                break;
            }
            accepted.count += 1;
            match self.mode {
                InputMode::Raw => self.raw.push_back(byte),
                InputMode::Canonical => accepted.interrupt = self.edit(byte, &mut accepted.echo),
            }
            if accepted.interrupt {
                return accepted;
            }
        }
        self.accept_late_interrupt(bytes, &mut accepted);
        accepted
    }

    /// A ^C among bytes that do not fit is obeyed all the same: it would discard what is before it anyway.
    fn accept_late_interrupt(&mut self, bytes: &[u8], accepted: &mut Accepted) {
        if self.mode == InputMode::Raw || self.has_room() {
            return;
        }
        let refused = bytes.get(accepted.count..).unwrap_or_default();
        if let Some(position) = refused.iter().position(|&byte| byte == INTERRUPT) {
            accepted.count += position + 1;
            accepted.interrupt = self.edit(INTERRUPT, &mut accepted.echo);
        }
    }

    /// Reads what is there: at most one line in canonical mode, 0 bytes at an end of file. `None`: nothing yet.
    pub fn read(&mut self, buf: &mut [u8]) -> Option<usize> {
        if self.mode == InputMode::Raw {
            let count = take(&mut self.raw, buf);
            return (count > 0 || buf.is_empty()).then_some(count);
        }
        let line = self.lines.front_mut()?;
        let count = take(line, buf);
        self.lines_len -= count;
        if line.is_empty() {
            self.lines.pop_front();
        }
        Some(count)
    }

    /// Bytes that one read would yield; `None` when it would wait.
    #[must_use]
    pub fn readable(&self) -> Option<usize> {
        match self.mode {
            InputMode::Raw => (!self.raw.is_empty()).then_some(self.raw.len()),
            InputMode::Canonical => self.lines.front().map(VecDeque::len),
        }
    }

    /// Changes the mode, at the cursor's `column`. Input that nobody has read yet is treated in the new mode, as if it
    /// came now: what was typed ahead of an editor in raw mode reaches the editor, and the other way round.
    pub fn set_mode(&mut self, mode: InputMode, column: usize) -> Accepted {
        if mode == self.mode {
            return Accepted::default();
        }
        self.mode = mode;
        if mode == InputMode::Raw {
            for line in std::mem::take(&mut self.lines) {
                let is_end = line.is_empty();
                self.raw.extend(line);
                self.raw.extend(is_end.then_some(END_OF_FILE));
            }
            self.raw.extend(self.line.drain(..));
            (self.lines_len, self.literal_next) = (0, false);
            return Accepted::default();
        }
        self.start_column = column;
        let mut accepted = Accepted::default();
        for byte in std::mem::take(&mut self.raw) {
            accepted.interrupt |= self.edit(byte, &mut accepted.echo);
        }
        accepted
    }

    /// Whether input would be accepted.
    #[must_use]
    pub fn has_room(&self) -> bool {
        self.len() < CAPACITY
    }

    /// Forgets all input that nobody has read.
    pub fn discard(&mut self) {
        self.line.clear();
        self.lines.clear();
        self.raw.clear();
        (self.lines_len, self.literal_next) = (0, false);
    }

    fn len(&self) -> usize {
        self.line.len() + self.lines_len + self.lines.len() + self.raw.len()
    }

    /// One byte in canonical mode; whether it was ^C.
    fn edit(&mut self, byte: u8, echo: &mut Vec<u8>) -> bool {
        if std::mem::take(&mut self.literal_next) {
            self.insert(byte, echo);
            return false;
        }
        match byte {
            b'\r' | b'\n' => {
                echo.extend(b"\r\n");
                self.line.push(b'\n');
                self.finish_line();
                self.start_column = 0;
            }
            DELETE | BACKSPACE => self.erase_to(last_character(&self.line), echo),
            ERASE_WORD => self.erase_to(last_word(&self.line), echo),
            KILL_LINE => self.erase_to(0, echo),
            END_OF_FILE => self.finish_line(),
            LITERAL_NEXT => {
                self.literal_next = true;
                echo.extend(b"^\x08");
            }
            INTERRUPT => {
                self.discard();
                echo.extend(b"^C");
                return true;
            }
            _ => self.insert(byte, echo),
        }
        false
    }

    fn insert(&mut self, byte: u8, echo: &mut Vec<u8>) {
        if byte.is_ascii_control() && byte != b'\t' {
            // ECHOCTL: control characters show as ^X.
            echo.extend([b'^', byte ^ 0x40]);
        } else {
            echo.push(byte);
        }
        self.line.push(byte);
        if self.line.len() >= MAX_LINE {
            self.start_column = self.end_column();
            self.finish_line();
        }
    }

    fn finish_line(&mut self) {
        let line = VecDeque::from(std::mem::take(&mut self.line));
        self.lines_len += line.len();
        self.lines.push_back(line);
    }

    fn erase_to(&mut self, len: usize, echo: &mut Vec<u8>) {
        let before = self.end_column();
        self.line.truncate(len);
        let width = before.saturating_sub(self.end_column());
        for _ in 0..width {
            echo.extend(b"\x08 \x08");
        }
    }

    fn end_column(&self) -> usize {
        columns(&self.line, self.start_column)
    }
}

fn take(queue: &mut VecDeque<u8>, buf: &mut [u8]) -> usize {
    let count = queue.len().min(buf.len());
    for (slot, byte) in buf.iter_mut().zip(queue.drain(..count)) {
        *slot = byte;
    }
    count
}

/// Where the last character of `line` begins: UTF-8 characters are erased whole, other bytes one by one.
fn last_character(line: &[u8]) -> usize {
    line.utf8_chunks()
        .last()
        .map(|chunk| match chunk.invalid() {
            [] => chunk.valid().chars().next_back().map_or(0, char::len_utf8),
            _ => 1,
        })
        .map_or(0, |len| line.len().saturating_sub(len))
}

/// Where the last word of `line` begins, words being separated by white space.
fn last_word(line: &[u8]) -> usize {
    let end = line.trim_ascii_end().len();
    line.iter().take(end).rposition(u8::is_ascii_whitespace).map_or(0, |space| space + 1)
}

/// The column where `text` ends when it is echoed from `start` on.
fn columns(text: &[u8], start: usize) -> usize {
    text.utf8_chunks().fold(start, |column, chunk| {
        chunk.valid().chars().fold(column, |column, character| match character {
            '\t' => (column / TAB_STOP + 1) * TAB_STOP,
            _ if character.is_ascii_control() => column + 2,
            _ => column + character.width().unwrap_or(0),
        }) + chunk.invalid().len()
    })
}

#[cfg(test)]
#[path = "discipline_tests.rs"]
mod tests;
