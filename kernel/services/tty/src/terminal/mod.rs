//! The screen of a terminal: bytes with ANSI sequences to a text display.
//!
//! `vte` parses, `perform` says what each sequence means, `state` holds cursor, modes and margins, `grid` the cells,
//! `pen` the colours. After each write a [`Screen`] sends the cells that changed to its `interfaces::TextDisplay`.
//! Follows ECMA-48 and the VT102 with the additions of Linux (console_codes(4)) and xterm that programs count on.
//!
//! Invariant: no bytes make it panic or take more memory; what is not understood is ignored.

mod grid;
mod pen;
mod perform;
mod state;

use crate::keymap::{CursorKeys, Scroll};
use interfaces::{Cell, TextDisplay};
use state::State;
use std::sync::Arc;
use vfs::WindowSize;

/// A terminal that shows itself on a text display.
pub struct Screen {
    parser: vte::Parser,
    state: State,
    display: Arc<dyn TextDisplay>,
    /// What the display shows; `None` where that is unknown.
    shown: Vec<Option<Cell>>,
    shown_cursor: Option<Option<(usize, usize)>>,
    /// How many lines the view is above the newest ones.
    scrolled: usize,
}

impl Screen {
    /// An empty terminal of the display's size.
    #[must_use]
    pub fn new(display: Arc<dyn TextDisplay>) -> Self {
        let (columns, rows) = display.size();
        let state = State::new(columns.max(1), rows.max(1));
        let shown = vec![None; state.columns() * state.rows()];
        let mut screen = Screen { parser: vte::Parser::new(), state, display, shown, shown_cursor: None, scrolled: 0 };
        screen.refresh();
        screen
    }

    /// Shows `bytes`; returns what the terminal answers to the reports that they ask for (for instance `CSI 6n`).
    pub fn write(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.parser.advance(&mut self.state, bytes);
        if std::mem::take(&mut self.scrolled) > 0 {
            self.state.damage_all();
        }
        self.refresh();
        self.state.take_reports()
    }

    /// Moves the view half a screen through the lines that have scrolled off.
    pub fn scroll(&mut self, direction: Scroll) {
        let step = self.state.rows().div_ceil(2);
        self.scrolled = match direction {
            Scroll::Back => (self.scrolled + step).min(self.state.history().len()),
            Scroll::Forward => self.scrolled.saturating_sub(step),
        };
        self.state.damage_all();
        self.refresh();
    }

    /// Its size.
    #[must_use]
    pub fn window_size(&self) -> WindowSize {
        let narrow = |value: usize| u16::try_from(value).unwrap_or(u16::MAX);
        WindowSize { columns: narrow(self.state.columns()), rows: narrow(self.state.rows()) }
    }

    /// What its keyboard's cursor keys have to send.
    #[must_use]
    pub fn cursor_keys(&self) -> CursorKeys {
        self.state.cursor_keys()
    }

    /// Draws all of it anew, after something else has drawn on the display.
    pub fn repaint(&mut self) {
        self.shown.fill(None);
        self.shown_cursor = None;
        self.state.damage_all();
        self.refresh();
    }

    fn refresh(&mut self) {
        self.follow_movement();
        for row in 0..self.state.rows() {
            if self.state.take_damage(row) {
                self.refresh_row(row);
            }
        }
        let cursor = self.state.visible_cursor().filter(|_| self.scrolled == 0);
        if self.shown_cursor != Some(cursor) {
            self.display.set_cursor(cursor);
            self.shown_cursor = Some(cursor);
        }
    }

    /// Lets a display that can do so move what it shows, as the cells have moved. What it shows then is compared as ever.
    fn follow_movement(&mut self) {
        let Some((rows, distance)) = self.state.take_movement() else { return };
        let columns = self.state.columns();
        let Some(shown) = self.shown.get_mut(rows.start * columns..rows.end * columns) else { return };
        if self.display.scroll_up(rows, distance) {
            let gone = distance * columns;
            shown.rotate_left(gone);
            shown.iter_mut().rev().take(gone).for_each(|cell| *cell = Some(state::BLANK));
        }
    }

    /// Sends the part of a row that differs from what the display shows.
    fn refresh_row(&mut self, row: usize) {
        let columns = self.state.columns();
        let history = self.state.history();
        let from_top = history.len() - self.scrolled.min(history.len()) + row;
        let cells = match history.get(from_top) {
            Some(line) => line.as_slice(),
            None => self.state.row(from_top - history.len()),
        };
        // Lines in the history end where only blanks follow.
        let blanks = std::iter::repeat(state::BLANK);
        let cells: Vec<Cell> = cells.iter().copied().chain(blanks).take(columns).collect();
        let Some(shown) = self.shown.get_mut(row * columns..(row + 1) * columns) else { return };
        let differs = |(_, (new, old)): &(usize, (&Cell, &Option<Cell>))| Some(**new) != **old;
        let mut changes = cells.iter().zip(shown.iter()).enumerate().filter(differs).map(|(column, _)| column);
        let Some(first) = changes.next() else { return };
        let last = changes.next_back().unwrap_or(first);
        for (old, new) in shown.iter_mut().zip(&cells) {
            *old = Some(*new);
        }
        self.display.put(first, row, cells.get(first..=last).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests;
