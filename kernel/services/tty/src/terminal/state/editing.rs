//! Changing cells: erasing, inserting, deleting, scrolling.

use super::{BLANK, HISTORY, State};
use std::ops::Range;

impl State {
    pub(in crate::terminal) fn erase_in_row(&mut self, columns: Range<usize>) {
        self.grid.fill(self.cursor.row, columns, self.cursor.pen.blank());
        self.cursor.wrap_pending = false;
    }

    pub(in crate::terminal) fn erase_rows(&mut self, rows: Range<usize>) {
        for row in rows {
            self.grid.fill(row, 0..self.columns(), self.cursor.pen.blank());
        }
    }

    pub(in crate::terminal) fn clear_history(&mut self) {
        self.history.clear();
    }

    pub(in crate::terminal) fn insert_cells(&mut self, count: usize) {
        self.grid.insert_cells(self.cursor.column, self.cursor.row, count, self.cursor.pen.blank());
        self.cursor.wrap_pending = false;
    }

    pub(in crate::terminal) fn delete_cells(&mut self, count: usize) {
        self.grid.delete_cells(self.cursor.column, self.cursor.row, count, self.cursor.pen.blank());
        self.cursor.wrap_pending = false;
    }

    pub(in crate::terminal) fn insert_lines(&mut self, count: usize) {
        if self.margins.contains(&self.cursor.row) {
            self.grid.scroll_down(self.cursor.row..self.margins.end, count, self.cursor.pen.blank());
            self.move_to_column(0);
        }
    }

    pub(in crate::terminal) fn delete_lines(&mut self, count: usize) {
        if self.margins.contains(&self.cursor.row) {
            self.grid.scroll_up(self.cursor.row..self.margins.end, count, self.cursor.pen.blank());
            self.move_to_column(0);
        }
    }

    pub(in crate::terminal) fn scroll_up(&mut self, count: usize) {
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

    pub(in crate::terminal) fn scroll_down(&mut self, count: usize) {
        self.grid.scroll_down(self.margins.clone(), count, self.cursor.pen.blank());
    }
}
