//! The state of a screen: cursor, modes, margins, tabs, the two grids and the lines that have scrolled off.
//!
//! `perform` translates sequences into these operations; those that move the cursor are in `motion`, those that change
//! cells without printing in `editing`. Rows and columns count from 0 here.
//!
//! Invariants: the cursor lies in the grid, and `margins` is a range of at least one row of it.

mod editing;
mod motion;

use super::grid::Grid;
use super::pen::Pen;
use crate::keymap::CursorKeys;
use interfaces::{Cell, Colour};
use std::collections::VecDeque;
use std::ops::Range;
use unicode_width::UnicodeWidthChar;

/// Lines kept after they have scrolled off.
const HISTORY: usize = 1000;
/// Bytes of unread reports, beyond which no more are made.
const MAX_REPORTS: usize = 256;
const TAB_STOP: usize = 8;

/// What empty cells look like to begin with.
pub(super) const BLANK: Cell = Cell { glyph: ' ', foreground: Colour::Ansi(7), background: Colour::Ansi(0) };

/// A character set of G0 or G1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Charset {
    #[default]
    Unicode,
    /// DEC special graphics: lines and corners in place of small letters.
    LineDrawing,
}

/// What ESC 7 keeps and ESC 8 brings back.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Cursor {
    pub(super) column: usize,
    pub(super) row: usize,
    /// The last column is written: the next character starts a new line first.
    wrap_pending: bool,
    pub(super) pen: Pen,
    pub(super) charsets: [Charset; 2],
    pub(super) charset: usize,
    pub(super) origin: bool,
}

/// Modes that sequences switch.
#[derive(Clone, Copy, Debug)]
pub(super) struct Modes {
    pub(super) wrap: bool,
    pub(super) insert: bool,
    pub(super) cursor_visible: bool,
    pub(super) cursor_keys: CursorKeys,
}

impl Modes {
    const INITIAL: Modes = Modes { wrap: true, insert: false, cursor_visible: true, cursor_keys: CursorKeys::Normal };
}

/// See the module.
pub(super) struct State {
    grid: Grid,
    /// The main screen's cells while the alternate screen is shown.
    main: Option<Grid>,
    pub(super) cursor: Cursor,
    saved: Cursor,
    margins: Range<usize>,
    pub(super) modes: Modes,
    tabs: Vec<bool>,
    history: VecDeque<Vec<Cell>>,
    reports: Vec<u8>,
    last_printed: Option<char>,
}

impl State {
    pub(super) fn new(columns: usize, rows: usize) -> Self {
        State {
            grid: Grid::new(columns, rows, BLANK),
            main: None,
            cursor: Cursor::default(),
            saved: Cursor::default(),
            margins: 0..rows,
            modes: Modes::INITIAL,
            tabs: (0..columns).map(|column| column % TAB_STOP == 0).collect(),
            history: VecDeque::new(),
            reports: Vec::new(),
            last_printed: None,
        }
    }

    pub(super) fn columns(&self) -> usize {
        self.grid.columns()
    }

    pub(super) fn rows(&self) -> usize {
        self.grid.rows()
    }

    pub(super) fn row(&self, row: usize) -> &[Cell] {
        self.grid.row(row)
    }

    pub(super) fn history(&self) -> &VecDeque<Vec<Cell>> {
        &self.history
    }

    pub(super) fn cursor_keys(&self) -> CursorKeys {
        self.modes.cursor_keys
    }

    pub(super) fn visible_cursor(&self) -> Option<(usize, usize)> {
        self.modes.cursor_visible.then_some((self.cursor.column, self.cursor.row))
    }

    pub(super) fn take_damage(&mut self, row: usize) -> bool {
        self.grid.take_damage(row)
    }

    /// The rows that have moved up since this was last asked, and how far, where that is less than all of them.
    pub(super) fn take_movement(&mut self) -> Option<(Range<usize>, usize)> {
        self.grid.take_movement().filter(|(rows, distance)| *distance < rows.len())
    }

    pub(super) fn damage_all(&mut self) {
        self.grid.damage(0..self.rows());
    }

    pub(super) fn take_reports(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.reports)
    }

    pub(super) fn report(&mut self, answer: &str) {
        if self.reports.len() + answer.len() <= MAX_REPORTS {
            self.reports.extend(answer.bytes());
        }
    }

    pub(super) fn print(&mut self, character: char) {
        let character = match self.cursor.charsets.get(self.cursor.charset) {
            Some(Charset::LineDrawing) => line_drawing(character),
            _ => character,
        };
        // Combining characters have no cell of their own on a text display.
        let Some(width @ 1..) = character.width() else { return };
        let width = width.min(self.columns());
        self.make_room(width);
        let Cursor { column, row, pen, .. } = self.cursor;
        if self.modes.insert {
            self.grid.insert_cells(column, row, width, pen.blank());
        }
        self.grid.put(column, row, pen.draw(character));
        for spacer in column + 1..column + width {
            self.grid.put(spacer, row, pen.draw(' '));
        }
        self.last_printed = Some(character);
        let next = column + width;
        self.cursor.wrap_pending = next >= self.columns();
        self.cursor.column = next.min(self.columns() - 1);
    }

    /// Moves to where a character of `width` fits.
    fn make_room(&mut self, width: usize) {
        let fits = !self.cursor.wrap_pending && self.cursor.column + width <= self.columns();
        if fits {
            return;
        }
        if self.modes.wrap {
            self.cursor.column = 0;
            self.line_feed();
        } else {
            self.cursor.column = self.columns() - width;
        }
        self.cursor.wrap_pending = false;
    }

    /// REP: the last character again.
    pub(super) fn repeat(&mut self, count: usize) {
        if let Some(character) = self.last_printed {
            // More than the screen holds looks like the screen full of it.
            for _ in 0..count.min(self.columns() * self.rows()) {
                self.print(character);
            }
        }
    }

    /// DECSTBM; a region of less than two rows means the whole screen.
    pub(super) fn set_margins(&mut self, top: usize, bottom: usize) {
        let bottom = bottom.min(self.rows());
        self.margins = if top + 1 < bottom { top..bottom } else { 0..self.rows() };
        self.move_to(0, 0);
    }

    pub(super) fn save_cursor(&mut self) {
        self.saved = self.cursor;
    }

    pub(super) fn restore_cursor(&mut self) {
        self.cursor = self.saved;
    }

    /// Shows an empty alternate screen.
    pub(super) fn enter_alternate(&mut self) {
        if self.main.is_none() {
            let empty = Grid::new(self.columns(), self.rows(), BLANK);
            self.main = Some(std::mem::replace(&mut self.grid, empty));
        }
    }

    /// Shows the main screen as it was.
    pub(super) fn leave_alternate(&mut self) {
        if let Some(main) = self.main.take() {
            self.grid = main;
            self.damage_all();
        }
    }

    /// DECSTR: the modes' initial values; the cells stay.
    pub(super) fn soft_reset(&mut self) {
        let Cursor { column, row, .. } = self.cursor;
        self.cursor = Cursor { column, row, ..Cursor::default() };
        self.saved = Cursor::default();
        self.margins = 0..self.rows();
        self.modes = Modes::INITIAL;
    }

    /// RIS: as new, except for the history.
    pub(super) fn reset(&mut self) {
        let history = std::mem::take(&mut self.history);
        *self = State { history, ..State::new(self.columns(), self.rows()) };
    }
}

/// DEC special graphics (VT100 user guide, table 3-9).
fn line_drawing(character: char) -> char {
    const GLYPHS: &str = "◆▒␉␌␍␊°±␤␋┘┐┌└┼⎺⎻─⎼⎽├┤┴┬│≤≥π≠£·";
    let offset = u32::from(character).checked_sub(u32::from('`'));
    offset.and_then(|offset| GLYPHS.chars().nth(usize::try_from(offset).ok()?)).unwrap_or(character)
}
