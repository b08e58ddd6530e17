//! Moving the cursor, by positions, lines and tabs.

use super::State;

impl State {
    /// Moves the cursor; with origin mode, `row` counts from the top margin.
    pub(in crate::terminal) fn move_to(&mut self, column: usize, row: usize) {
        let region = if self.cursor.origin { self.margins.clone() } else { 0..self.rows() };
        self.cursor.row = region.start.saturating_add(row).min(region.end - 1);
        self.cursor.column = column.min(self.columns() - 1);
        self.cursor.wrap_pending = false;
    }

    pub(in crate::terminal) fn move_to_column(&mut self, column: usize) {
        self.cursor.column = column.min(self.columns() - 1);
        self.cursor.wrap_pending = false;
    }

    pub(in crate::terminal) fn move_to_row(&mut self, row: usize) {
        self.move_to(self.cursor.column, row);
    }

    /// Moves up; margins stop it.
    pub(in crate::terminal) fn up(&mut self, count: usize) {
        let stop = if self.cursor.row >= self.margins.start { self.margins.start } else { 0 };
        self.cursor.row = self.cursor.row.saturating_sub(count).max(stop);
        self.cursor.wrap_pending = false;
    }

    /// Moves down; margins stop it.
    pub(in crate::terminal) fn down(&mut self, count: usize) {
        let stop = if self.cursor.row < self.margins.end { self.margins.end } else { self.rows() };
        self.cursor.row = self.cursor.row.saturating_add(count).min(stop - 1);
        self.cursor.wrap_pending = false;
    }

    pub(in crate::terminal) fn right(&mut self, count: usize) {
        self.move_to_column(self.cursor.column.saturating_add(count));
    }

    pub(in crate::terminal) fn left(&mut self, count: usize) {
        self.move_to_column(self.cursor.column.saturating_sub(count));
    }

    /// Moves down one row, scrolling at the bottom margin.
    pub(in crate::terminal) fn line_feed(&mut self) {
        if self.cursor.row + 1 == self.margins.end {
            self.scroll_up(1);
        } else {
            self.down(1);
        }
        self.cursor.wrap_pending = false;
    }

    /// Moves up one row, scrolling at the top margin.
    pub(in crate::terminal) fn reverse_line_feed(&mut self) {
        if self.cursor.row == self.margins.start {
            self.scroll_down(1);
        } else {
            self.up(1);
        }
    }

    /// Where the cursor is, as reports count: from 1, from the top margin with origin mode.
    pub(in crate::terminal) fn reported_position(&self) -> (usize, usize) {
        let top = if self.cursor.origin { self.margins.start } else { 0 };
        (self.cursor.row.saturating_sub(top) + 1, self.cursor.column + 1)
    }

    pub(in crate::terminal) fn next_tab(&mut self, count: usize) {
        for _ in 0..count.min(self.columns()) {
            let next = (self.cursor.column + 1..self.columns()).find(|&column| self.tabs.get(column) == Some(&true));
            self.move_to_column(next.unwrap_or(self.columns()));
        }
    }

    pub(in crate::terminal) fn previous_tab(&mut self, count: usize) {
        for _ in 0..count.min(self.columns()) {
            let previous = (0..self.cursor.column).rev().find(|&column| self.tabs.get(column) == Some(&true));
            self.move_to_column(previous.unwrap_or(0));
        }
    }

    pub(in crate::terminal) fn set_tab(&mut self) {
        if let Some(tab) = self.tabs.get_mut(self.cursor.column) {
            *tab = true;
        }
    }

    pub(in crate::terminal) fn clear_tab(&mut self) {
        if let Some(tab) = self.tabs.get_mut(self.cursor.column) {
            *tab = false;
        }
    }

    pub(in crate::terminal) fn clear_all_tabs(&mut self) {
        self.tabs.fill(false);
    }
}
