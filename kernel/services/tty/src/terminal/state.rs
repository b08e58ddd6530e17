//! The state of a screen: cursor, modes, margins, tabs, the two grids and the lines that have scrolled off.
//!
//! `perform` translates sequences into these operations. Rows and columns count from 0 here.
//!
//! Invariants: the cursor lies in the grid, and `margins` is a range of at least one row of it.

use super::grid::Grid;
use super::pen::Pen;
use crate::keymap::CursorKeys;
use interfaces::Cell;
use std::collections::VecDeque;
use std::ops::Range;
use unicode_width::UnicodeWidthChar;

/// Lines kept after they have scrolled off.
const HISTORY: usize = 1000;
/// Bytes of unread reports, beyond which no more are made.
const MAX_REPORTS: usize = 256;
const TAB_STOP: usize = 8;

/// What empty cells look like to begin with.
pub(super) const BLANK: Cell = Cell { glyph: ' ', foreground: 7, background: 0 };

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

    // Printing.

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

    // Moving.

    /// Moves the cursor; with origin mode, `row` counts from the top margin.
    pub(super) fn move_to(&mut self, column: usize, row: usize) {
        let region = if self.cursor.origin { self.margins.clone() } else { 0..self.rows() };
        self.cursor.row = region.start.saturating_add(row).min(region.end - 1);
        self.cursor.column = column.min(self.columns() - 1);
        self.cursor.wrap_pending = false;
    }

    pub(super) fn move_to_column(&mut self, column: usize) {
        self.cursor.column = column.min(self.columns() - 1);
        self.cursor.wrap_pending = false;
    }

    pub(super) fn move_to_row(&mut self, row: usize) {
        self.move_to(self.cursor.column, row);
    }

    /// Moves up; margins stop it.
    pub(super) fn up(&mut self, count: usize) {
        let stop = if self.cursor.row >= self.margins.start { self.margins.start } else { 0 };
        self.cursor.row = self.cursor.row.saturating_sub(count).max(stop);
        self.cursor.wrap_pending = false;
    }

    /// Moves down; margins stop it.
    pub(super) fn down(&mut self, count: usize) {
        let stop = if self.cursor.row < self.margins.end { self.margins.end } else { self.rows() };
        self.cursor.row = self.cursor.row.saturating_add(count).min(stop - 1);
        self.cursor.wrap_pending = false;
    }

    pub(super) fn right(&mut self, count: usize) {
        self.move_to_column(self.cursor.column.saturating_add(count));
    }

    pub(super) fn left(&mut self, count: usize) {
        self.move_to_column(self.cursor.column.saturating_sub(count));
    }

    /// Moves down one row, scrolling at the bottom margin.
    pub(super) fn line_feed(&mut self) {
        if self.cursor.row + 1 == self.margins.end {
            self.scroll_up(1);
        } else {
            self.down(1);
        }
        self.cursor.wrap_pending = false;
    }

    /// Moves up one row, scrolling at the top margin.
    pub(super) fn reverse_line_feed(&mut self) {
        if self.cursor.row == self.margins.start {
            self.scroll_down(1);
        } else {
            self.up(1);
        }
    }

    /// Where the cursor is, as reports count: from 1, from the top margin with origin mode.
    pub(super) fn reported_position(&self) -> (usize, usize) {
        let top = if self.cursor.origin { self.margins.start } else { 0 };
        (self.cursor.row.saturating_sub(top) + 1, self.cursor.column + 1)
    }

    // Tabs.

    pub(super) fn next_tab(&mut self, count: usize) {
        for _ in 0..count.min(self.columns()) {
            let next = (self.cursor.column + 1..self.columns()).find(|&column| self.tabs.get(column) == Some(&true));
            self.move_to_column(next.unwrap_or(self.columns()));
        }
    }

    pub(super) fn previous_tab(&mut self, count: usize) {
        for _ in 0..count.min(self.columns()) {
            let previous = (0..self.cursor.column).rev().find(|&column| self.tabs.get(column) == Some(&true));
            self.move_to_column(previous.unwrap_or(0));
        }
    }

    pub(super) fn set_tab(&mut self) {
        if let Some(tab) = self.tabs.get_mut(self.cursor.column) {
            *tab = true;
        }
    }

    pub(super) fn clear_tab(&mut self) {
        if let Some(tab) = self.tabs.get_mut(self.cursor.column) {
            *tab = false;
        }
    }

    pub(super) fn clear_all_tabs(&mut self) {
        self.tabs.fill(false);
    }

    // Erasing, inserting, deleting, scrolling.

    pub(super) fn erase_in_row(&mut self, columns: Range<usize>) {
        self.grid.fill(self.cursor.row, columns, self.cursor.pen.blank());
        self.cursor.wrap_pending = false;
    }

    pub(super) fn erase_rows(&mut self, rows: Range<usize>) {
        for row in rows {
            self.grid.fill(row, 0..self.columns(), self.cursor.pen.blank());
        }
    }

    pub(super) fn clear_history(&mut self) {
        self.history.clear();
    }

    pub(super) fn insert_cells(&mut self, count: usize) {
        self.grid.insert_cells(self.cursor.column, self.cursor.row, count, self.cursor.pen.blank());
        self.cursor.wrap_pending = false;
    }

    pub(super) fn delete_cells(&mut self, count: usize) {
        self.grid.delete_cells(self.cursor.column, self.cursor.row, count, self.cursor.pen.blank());
        self.cursor.wrap_pending = false;
    }

    pub(super) fn insert_lines(&mut self, count: usize) {
        if self.margins.contains(&self.cursor.row) {
            self.grid.scroll_down(self.cursor.row..self.margins.end, count, self.cursor.pen.blank());
            self.move_to_column(0);
        }
    }

    pub(super) fn delete_lines(&mut self, count: usize) {
        if self.margins.contains(&self.cursor.row) {
            self.grid.scroll_up(self.cursor.row..self.margins.end, count, self.cursor.pen.blank());
            self.move_to_column(0);
        }
    }

    pub(super) fn scroll_up(&mut self, count: usize) {
        let gone = self.grid.scroll_up(self.margins.clone(), count, self.cursor.pen.blank());
        // Only what leaves the main screen at its top is history.
        if self.main.is_some() || self.margins.start > 0 {
            return;
        }
        for mut line in gone {
            let used = line.iter().rposition(|cell| *cell != BLANK).map_or(0, |last| last + 1);
            line.truncate(used);
            line.shrink_to_fit();
            self.history.push_back(line);
        }
        let excess = self.history.len().saturating_sub(HISTORY);
        self.history.drain(..excess);
    }

    pub(super) fn scroll_down(&mut self, count: usize) {
        self.grid.scroll_down(self.margins.clone(), count, self.cursor.pen.blank());
    }

    // Modes and screens.

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
