//! The cells of a screen, by rows, with the damage since they were last shown.
//!
//! Used by `state`, which knows cursor and margins. Positions outside the grid are harmless: they do nothing.

use interfaces::Cell;
use std::ops::Range;

/// A grid of at least one cell.
pub(super) struct Grid {
    columns: usize,
    rows: Vec<Vec<Cell>>,
    damaged: Vec<bool>,
    /// The region that has moved up since this was last asked, and how far: a hint, for displays that can move it too.
    moved: Option<(Range<usize>, usize)>,
}

impl Grid {
    pub(super) fn new(columns: usize, rows: usize, blank: Cell) -> Self {
        Grid { columns, rows: vec![vec![blank; columns]; rows], damaged: vec![true; rows], moved: None }
    }

    pub(super) fn columns(&self) -> usize {
        self.columns
    }

    pub(super) fn rows(&self) -> usize {
        self.rows.len()
    }

    pub(super) fn row(&self, row: usize) -> &[Cell] {
        self.rows.get(row).map_or(&[], Vec::as_slice)
    }

    pub(super) fn put(&mut self, column: usize, row: usize, cell: Cell) {
        if let Some(slot) = self.damaged_row(row).get_mut(column) {
            *slot = cell;
        }
    }

    /// Fills part of a row.
    pub(super) fn fill(&mut self, row: usize, columns: Range<usize>, cell: Cell) {
        let columns = columns.start..columns.end.min(self.columns);
        if let Some(cells) = self.damaged_row(row).get_mut(columns) {
            cells.fill(cell);
        }
    }

    /// Shifts the cells of a row from `column` on to the right; what leaves the row is lost.
    pub(super) fn insert_cells(&mut self, column: usize, row: usize, count: usize, blank: Cell) {
        if let Some(cells) = self.damaged_row(row).get_mut(column..) {
            let count = count.min(cells.len());
            cells.rotate_right(count);
            cells.iter_mut().take(count).for_each(|cell| *cell = blank);
        }
    }

    /// Shifts the cells of a row behind `column` to the left over `count` cells.
    pub(super) fn delete_cells(&mut self, column: usize, row: usize, count: usize, blank: Cell) {
        if let Some(cells) = self.damaged_row(row).get_mut(column..) {
            let count = count.min(cells.len());
            cells.rotate_left(count);
            cells.iter_mut().rev().take(count).for_each(|cell| *cell = blank);
        }
    }

    /// Moves the rows of a region up and returns those that left it, top first.
    pub(super) fn scroll_up(&mut self, region: Range<usize>, count: usize, blank: Cell) -> Vec<Vec<Cell>> {
        self.damage(region.clone());
        let columns = self.columns;
        let Some(rows) = self.rows.get_mut(region.clone()) else { return Vec::new() };
        let count = count.min(rows.len());
        let before = self.moved.take().filter(|(moved, _)| *moved == region).map_or(0, |(_, count)| count);
        self.moved = Some((region, before + count));
        rows.rotate_left(count);
        rows.iter_mut().rev().take(count).rev().map(|row| std::mem::replace(row, vec![blank; columns])).collect()
    }

    /// Moves the rows of a region down; what leaves it is lost.
    pub(super) fn scroll_down(&mut self, region: Range<usize>, count: usize, blank: Cell) {
        self.damage(region.clone());
        let Some(rows) = self.rows.get_mut(region) else { return };
        let count = count.min(rows.len());
        rows.rotate_right(count);
        rows.iter_mut().take(count).for_each(|row| row.fill(blank));
    }

    /// The region that has moved up since this was last asked, and how far.
    pub(super) fn take_movement(&mut self) -> Option<(Range<usize>, usize)> {
        self.moved.take()
    }

    /// Marks rows as changed.
    pub(super) fn damage(&mut self, rows: Range<usize>) {
        if let Some(damaged) = self.damaged.get_mut(rows) {
            damaged.fill(true);
        }
    }

    /// Whether a row has changed since this was last asked.
    pub(super) fn take_damage(&mut self, row: usize) -> bool {
        self.damaged.get_mut(row).is_some_and(std::mem::take)
    }

    fn damaged_row(&mut self, row: usize) -> &mut [Cell] {
        self.damage(row..row.saturating_add(1));
        self.rows.get_mut(row).map_or(&mut [], Vec::as_mut_slice)
    }
}
