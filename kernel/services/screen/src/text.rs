//! The text console: cells of a terminal as pixels.
//!
//! What the terminal puts is kept as cells, and costs its writer no more than that. Pixels are drawn from them by the
//! screen's thread, which asks [`TextConsole::due`], at most once a [`REFRESH`]: a flood of output costs no more than its
//! refreshes. While a program has the screen, cells change and nothing is drawn.
//!
//! Locks: `drawn` before `wanted`, which is not held while anything is drawn.

use crate::font::{Font, Glyph, HEIGHT, WIDTH};
use crate::lock;
use crate::picture::{Owner, Picture};
use crate::surface::Surface;
use interfaces::{Area, Cell, Colour, TextDisplay};
use std::ops::Range;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use wait::{WaitList, Waiter};

/// Screens with so many rows show characters twice as large, with twice as many three times, and so on.
const ROWS_FOR_A_SIZE: usize = 720;

/// The shortest time between two refreshes.
const REFRESH: Duration = Duration::from_millis(16);

const EMPTY: Cell = Cell { glyph: ' ', foreground: Colour::Ansi(7), background: Colour::Ansi(0) };

/// Characters on a screen of pixels.
pub struct TextConsole {
    picture: Arc<Picture>,
    owner: Owner,
    columns: usize,
    rows: usize,
    /// Pixels of the screen for one of the font's, in each direction.
    scale: usize,
    wanted: Mutex<Wanted>,
    drawn: Mutex<Drawn>,
    /// Who refreshes what has changed.
    refreshers: WaitList,
}

/// What is to be shown.
struct Wanted {
    cells: Vec<Cell>,
    cursor: Option<(usize, usize)>,
    /// Rows that are to move up before anything is drawn, and how far.
    scroll: Option<Scroll>,
    changed: bool,
    /// When it was last drawn.
    refreshed: Instant,
}

type Scroll = (Range<usize>, usize);

/// What the pixels show.
struct Drawn {
    font: Font,
    /// `None` where that is unknown.
    cells: Vec<Option<Cell>>,
    /// A copy of what is to be shown, with the cell under the cursor inverted.
    next: Vec<Cell>,
}

impl TextConsole {
    pub(crate) fn new(picture: Arc<Picture>, owner: Owner) -> TextConsole {
        let (width, height) = picture.size();
        let scale = (height / ROWS_FOR_A_SIZE).max(1);
        let (columns, rows) = ((width / WIDTH / scale).max(1), (height / HEIGHT / scale).max(1));
        let cells = vec![EMPTY; columns * rows];
        let drawn = Drawn { font: Font::new(), cells: vec![None; columns * rows], next: cells.clone() };
        let wanted = Wanted { cells, cursor: None, scroll: None, changed: false, refreshed: Instant::now() };
        let (wanted, drawn) = (Mutex::new(wanted), Mutex::new(drawn));
        TextConsole { picture, owner, columns, rows, scale, wanted, drawn, refreshers: WaitList::new() }
    }

    /// Draws what has changed.
    pub fn flush(&self) {
        self.refresh(&mut lock(&self.drawn));
    }

    /// Draws everything, after somebody else has drawn.
    pub(crate) fn redraw(&self) {
        let mut drawn = lock(&self.drawn);
        drawn.cells.fill(None);
        let mut wanted = lock(&self.wanted);
        wanted.scroll = None;
        wanted.changed = true;
        drop(wanted);
        self.refresh(&mut drawn);
    }

    /// When the next refresh is due, if one is. Registers `waiter` for a change of that.
    pub(crate) fn due(&self, waiter: &Waiter) -> Option<Instant> {
        self.refreshers.register(waiter);
        let wanted = lock(&self.wanted);
        wanted.changed.then(|| wanted.refreshed + REFRESH)
    }

    /// Notes a change, and leaves it to the screen's thread.
    fn change(&self, change: impl FnOnce(&mut Wanted)) {
        let mut wanted = lock(&self.wanted);
        change(&mut wanted);
        let waits = std::mem::replace(&mut wanted.changed, true);
        drop(wanted);
        if !waits {
            self.refreshers.wake_all();
        }
    }

    fn refresh(&self, drawn: &mut Drawn) {
        let Some(scroll) = self.take_changes(&mut drawn.next) else { return };
        // While a program has the screen it is for nothing; what was missed is drawn when it is over.
        let _ = self.picture.draw(self.owner, |surface| self.draw(drawn, scroll, surface));
        // From its end on, so that a slow display leaves time for others.
        lock(&self.wanted).refreshed = Instant::now();
    }

    /// Copies what is to be shown; `None` where nothing has changed.
    fn take_changes(&self, next: &mut [Cell]) -> Option<Option<Scroll>> {
        let mut wanted = lock(&self.wanted);
        if !wanted.changed {
            return None;
        }
        wanted.changed = false;
        next.copy_from_slice(&wanted.cells);
        let cursor = wanted.cursor.filter(|(column, _)| *column < self.columns);
        let cell = cursor.and_then(|(column, row)| next.get_mut(row * self.columns + column));
        if let Some(cell) = cell {
            *cell = under_cursor(*cell);
        }
        Some(wanted.scroll.take())
    }

    fn draw(&self, drawn: &mut Drawn, scroll: Option<Scroll>, surface: &mut Surface) {
        let mut damage = Area::default();
        if let Some((rows, distance)) = scroll {
            let line = HEIGHT * self.scale;
            surface.move_up(rows.start * line, rows.end * line, distance * line);
            let range = rows.start * self.columns..rows.end * self.columns;
            if let Some(cells) = drawn.cells.get_mut(range) {
                let gone = (distance * self.columns).min(cells.len());
                cells.copy_within(gone.., 0);
                let kept = cells.len() - gone;
                cells.iter_mut().skip(kept).for_each(|cell| *cell = None);
            }
            damage = self.area(0..self.columns, rows);
        }
        for row in 0..self.rows {
            damage = damage.union(self.draw_row(drawn, row, surface));
        }
        surface.mark(damage);
    }

    /// Draws the cells of a row that have changed; returns the area that holds them.
    fn draw_row(&self, drawn: &mut Drawn, row: usize, surface: &mut Surface) -> Area {
        let start = row * self.columns;
        let range = start..start + self.columns;
        let (Some(next), Some(cells)) = (drawn.next.get(range.clone()), drawn.cells.get_mut(range)) else {
            return Area::default();
        };
        let mut changed: Option<Range<usize>> = None;
        for (column, (next, cell)) in next.iter().zip(cells).enumerate() {
            if *cell == Some(*next) {
                continue;
            }
            *cell = Some(*next);
            let place = self.area(column..column + 1, row..row + 1);
            draw_cell(surface, place, self.scale, &drawn.font.glyph(next.glyph), *next);
            changed = Some(changed.map_or(column, |range| range.start)..column + 1);
        }
        changed.map_or(Area::default(), |columns| self.area(columns, row..row + 1))
    }

    fn area(&self, columns: Range<usize>, rows: Range<usize>) -> Area {
        let (width, height) = (WIDTH * self.scale, HEIGHT * self.scale);
        Area {
            x: columns.start * width,
            y: rows.start * height,
            width: columns.len() * width,
            height: rows.len() * height,
        }
    }
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

fn draw_cell(surface: &mut Surface, place: Area, scale: usize, glyph: &Glyph, cell: Cell) {
    let (foreground, background) = (pixel(cell.foreground), pixel(cell.background));
    for (line, bits) in (0..place.height).zip(glyph.iter().flat_map(|bits| std::iter::repeat_n(bits, scale))) {
        let row = surface.row_mut(place.x, place.y + line, place.width);
        if *bits == 0 {
            row.fill(background);
            continue;
        }
        let colour = |column: usize| if bits >> (WIDTH - 1 - column) & 1 == 1 { foreground } else { background };
        if scale == 1 {
            row.iter_mut().enumerate().for_each(|(column, pixel)| *pixel = colour(column));
        } else {
            row.chunks_mut(scale).enumerate().for_each(|(column, pixels)| pixels.fill(colour(column)));
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
            for (slot, cell) in state.cells.get_mut(range).into_iter().flatten().zip(cells) {
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

impl Wanted {
    /// Moves cells up at once, and notes that pixels have to follow. False where they cannot follow as one movement.
    fn scroll_up(&mut self, columns: usize, rows: Range<usize>, distance: usize) -> bool {
        let pending = match &self.scroll {
            Some((other, pending)) if *other == rows => *pending,
            Some(_) => return false,
            None => 0,
        };
        let Some(cells) = self.cells.get_mut(rows.start * columns..rows.end * columns) else { return false };
        let gone = (distance * columns).min(cells.len());
        cells.copy_within(gone.., 0);
        let kept = cells.len() - gone;
        cells.iter_mut().skip(kept).for_each(|cell| *cell = EMPTY);
        self.scroll = Some((rows.clone(), (pending + distance).min(rows.len())));
        true
    }
}
