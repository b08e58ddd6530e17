//! The text console: cells of a terminal as pixels.
//!
//! What the terminal puts is kept as cells; pixels are drawn from them at most once a [`REFRESH`], so that a flood of
//! output costs the screen no more than its refreshes. The first change after a pause is drawn at once; a change soon
//! after it waits for the screen's thread, which asks [`TextConsole::due`]. While a program has the screen, cells change
//! and nothing is drawn.

use crate::font::{Font, Glyph, HEIGHT, WIDTH};
use crate::lock;
use crate::picture::{Owner, Picture};
use crate::surface::Surface;
use interfaces::{Area, Cell, Colour, TextDisplay};
use std::ops::Range;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use wait::{WaitList, Waiter};

/// The shortest time between two refreshes.
const REFRESH: Duration = Duration::from_millis(16);

const EMPTY: Cell = Cell { glyph: ' ', foreground: Colour::Ansi(7), background: Colour::Ansi(0) };

/// Characters on a screen of pixels.
pub struct TextConsole {
    picture: Arc<Picture>,
    owner: Owner,
    columns: usize,
    rows: usize,
    cells: Mutex<Cells>,
    /// Who refreshes what has to wait.
    refreshers: WaitList,
}

struct Cells {
    font: Font,
    wanted: Vec<Cell>,
    /// What the pixels show; `None` where that is unknown.
    drawn: Vec<Option<Cell>>,
    cursor: Option<(usize, usize)>,
    /// Rows that are to move up before anything is drawn, and how far.
    scroll: Option<(Range<usize>, usize)>,
    changed: bool,
    /// When it was last drawn; `None` before the first change.
    refreshed: Option<Instant>,
}

impl TextConsole {
    pub(crate) fn new(picture: Arc<Picture>, owner: Owner) -> TextConsole {
        let (width, height) = picture.size();
        let (columns, rows) = ((width / WIDTH).max(1), (height / HEIGHT).max(1));
        let cells = Cells {
            font: Font::new(),
            wanted: vec![EMPTY; columns * rows],
            drawn: vec![None; columns * rows],
            cursor: None,
            scroll: None,
            changed: false,
            refreshed: None,
        };
        TextConsole { picture, owner, columns, rows, cells: Mutex::new(cells), refreshers: WaitList::new() }
    }

    /// Draws what has changed.
    pub fn flush(&self) {
        self.refresh(&mut lock(&self.cells));
    }

    /// Draws everything, after somebody else has drawn.
    pub(crate) fn redraw(&self) {
        let mut cells = lock(&self.cells);
        cells.drawn.fill(None);
        cells.scroll = None;
        cells.changed = true;
        self.refresh(&mut cells);
    }

    /// When the next refresh is due, if one is. Registers `waiter` for a change of that.
    pub(crate) fn due(&self, waiter: &Waiter) -> Option<Instant> {
        self.refreshers.register(waiter);
        let cells = lock(&self.cells);
        cells.refreshed.filter(|_| cells.changed).map(|refreshed| refreshed + REFRESH)
    }

    /// Notes a change: draws it now, or leaves it to the screen's thread.
    fn change(&self, change: impl FnOnce(&mut Cells)) {
        let mut cells = lock(&self.cells);
        change(&mut cells);
        let waits = std::mem::replace(&mut cells.changed, true);
        if cells.refreshed.is_none_or(|refreshed| refreshed.elapsed() >= REFRESH) {
            self.refresh(&mut cells);
        } else if !waits {
            drop(cells);
            self.refreshers.wake_all();
        }
    }

    fn refresh(&self, cells: &mut Cells) {
        if !cells.changed {
            return;
        }
        cells.changed = false;
        // While a program has the screen it is for nothing; what was missed is drawn when it is over.
        let _ = self.picture.draw(self.owner, |surface| self.draw(cells, surface));
        cells.refreshed = Some(Instant::now());
    }

    fn draw(&self, cells: &mut Cells, surface: &mut Surface) {
        let mut damage = Area::default();
        if let Some((rows, distance)) = cells.scroll.take() {
            surface.move_up(rows.start * HEIGHT, rows.end * HEIGHT, distance * HEIGHT);
            let range = rows.start * self.columns..rows.end * self.columns;
            if let Some(drawn) = cells.drawn.get_mut(range) {
                let gone = (distance * self.columns).min(drawn.len());
                drawn.copy_within(gone.., 0);
                let kept = drawn.len() - gone;
                drawn.iter_mut().skip(kept).for_each(|cell| *cell = None);
            }
            damage = cell_area(0..self.columns, rows);
        }
        for row in 0..self.rows {
            damage = damage.union(self.draw_row(cells, row, surface));
        }
        surface.mark(damage);
    }

    /// Draws the cells of a row that have changed; returns the area that holds them.
    fn draw_row(&self, cells: &mut Cells, row: usize, surface: &mut Surface) -> Area {
        let start = row * self.columns;
        let range = start..start + self.columns;
        let (Some(wanted), Some(drawn)) = (cells.wanted.get(range.clone()), cells.drawn.get_mut(range)) else {
            return Area::default();
        };
        let mut changed: Option<Range<usize>> = None;
        for (column, (wanted, drawn)) in wanted.iter().zip(drawn).enumerate() {
            let wanted = if cells.cursor == Some((column, row)) { under_cursor(*wanted) } else { *wanted };
            if *drawn == Some(wanted) {
                continue;
            }
            *drawn = Some(wanted);
            draw_cell(surface, (column * WIDTH, row * HEIGHT), &cells.font.glyph(wanted.glyph), wanted);
            changed = Some(changed.map_or(column, |range| range.start)..column + 1);
        }
        changed.map_or(Area::default(), |columns| cell_area(columns, row..row + 1))
    }
}

fn cell_area(columns: Range<usize>, rows: Range<usize>) -> Area {
    Area { x: columns.start * WIDTH, y: rows.start * HEIGHT, width: columns.len() * WIDTH, height: rows.len() * HEIGHT }
}

/// The cell under the cursor, inverted; the cursor shows also where both colours are the same.
fn under_cursor(cell: Cell) -> Cell {
    if cell.foreground.rgb() != cell.background.rgb() {
        return Cell { foreground: cell.background, background: cell.foreground, ..cell };
    }
    let [red, green, blue] = cell.background.rgb();
    Cell { background: Colour::Rgb([!red, !green, !blue]), ..cell }
}

fn pixel(colour: Colour) -> u32 {
    let [red, green, blue] = colour.rgb();
    u32::from_be_bytes([0, red, green, blue])
}

fn draw_cell(surface: &mut Surface, (x, y): (usize, usize), glyph: &Glyph, cell: Cell) {
    let (foreground, background) = (pixel(cell.foreground), pixel(cell.background));
    for (line, bits) in glyph.iter().enumerate() {
        for (column, pixel) in surface.row_mut(x, y + line, WIDTH).iter_mut().enumerate() {
            *pixel = if bits >> (WIDTH - 1 - column) & 1 == 1 { foreground } else { background };
        }
    }
}

impl TextDisplay for TextConsole {
    fn size(&self) -> (usize, usize) {
        (self.columns, self.rows)
    }

    fn put(&self, column: usize, row: usize, cells: &[Cell]) {
        if row >= self.rows || column >= self.columns {
            return;
        }
        self.change(|state| {
            let range = row * self.columns + column..(row + 1) * self.columns;
            for (slot, cell) in state.wanted.get_mut(range).into_iter().flatten().zip(cells) {
                *slot = *cell;
            }
        });
    }

    fn set_cursor(&self, position: Option<(usize, usize)>) {
        self.change(|state| state.cursor = position);
    }

    fn scroll_up(&self, rows: Range<usize>, distance: usize) -> bool {
        let rows = rows.start..rows.end.min(self.rows);
        if rows.is_empty() {
            return false;
        }
        let mut taken = false;
        self.change(|state| taken = state.scroll_up(self.columns, rows, distance));
        taken
    }
}

impl Cells {
    /// Moves cells up at once, and notes that pixels have to follow. False where they cannot follow as one movement.
    fn scroll_up(&mut self, columns: usize, rows: Range<usize>, distance: usize) -> bool {
        let pending = match &self.scroll {
            Some((other, pending)) if *other == rows => *pending,
            Some(_) => return false,
            None => 0,
        };
        let Some(wanted) = self.wanted.get_mut(rows.start * columns..rows.end * columns) else { return false };
        let gone = (distance * columns).min(wanted.len());
        wanted.copy_within(gone.., 0);
        let kept = wanted.len() - gone;
        wanted.iter_mut().skip(kept).for_each(|cell| *cell = EMPTY);
        self.scroll = Some((rows.clone(), (pending + distance).min(rows.len())));
        true
    }
}
