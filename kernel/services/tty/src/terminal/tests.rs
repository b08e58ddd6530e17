//! The screen, sequence by sequence, on a display that keeps what it is told.

use super::*;
use interfaces::Colour;
use std::sync::Mutex;

struct FakeDisplay {
    size: (usize, usize),
    shown: Mutex<Shown>,
}

struct Shown {
    cells: Vec<Vec<Cell>>,
    cursor: Option<(usize, usize)>,
    puts: usize,
}

impl TextDisplay for FakeDisplay {
    fn size(&self) -> (usize, usize) {
        self.size
    }

    fn put(&self, column: usize, row: usize, cells: &[Cell]) {
        let mut shown = self.shown.lock().unwrap();
        shown.puts += 1;
        shown.cells[row][column..column + cells.len()].copy_from_slice(cells);
    }

    fn set_cursor(&self, position: Option<(usize, usize)>) {
        self.shown.lock().unwrap().cursor = position;
    }

    fn scroll_up(&self, rows: std::ops::Range<usize>, distance: usize) -> bool {
        let cells = &mut self.shown.lock().unwrap().cells[rows];
        cells.rotate_left(distance);
        cells.iter_mut().rev().take(distance).for_each(|row| row.fill(state::BLANK));
        true
    }
}

struct Fixture {
    screen: Screen,
    display: Arc<FakeDisplay>,
}

impl Fixture {
    fn new(columns: usize, rows: usize) -> Self {
        let unknown = Cell { glyph: '?', foreground: Colour::Ansi(0), background: Colour::Ansi(0) };
        let shown = Shown { cells: vec![vec![unknown; columns]; rows], cursor: None, puts: 0 };
        let display = Arc::new(FakeDisplay { size: (columns, rows), shown: Mutex::new(shown) });
        Fixture { screen: Screen::new(display.clone()), display }
    }

    fn write(&mut self, text: &str) -> String {
        String::from_utf8(self.screen.write(text.as_bytes())).unwrap()
    }

    /// The rows as text, without the blanks at their ends.
    fn rows(&self) -> Vec<String> {
        let shown = self.display.shown.lock().unwrap();
        let row = |cells: &Vec<Cell>| cells.iter().map(|cell| cell.glyph).collect::<String>().trim_end().to_string();
        shown.cells.iter().map(row).collect()
    }

    fn cursor(&self) -> Option<(usize, usize)> {
        self.display.shown.lock().unwrap().cursor
    }

    fn cell(&self, column: usize, row: usize) -> Cell {
        self.display.shown.lock().unwrap().cells[row][column]
    }
}

/// What a screen of 10 by 4 shows after `text`.
fn shows(text: &str) -> Vec<String> {
    let mut fixture = Fixture::new(10, 4);
    fixture.write(text);
    fixture.rows()
}

#[test]
fn a_new_screen_is_blank() {
    assert_eq!(shows(""), ["", "", "", ""]);
}

#[test]
fn text_wraps_when_the_next_character_needs_it() {
    let mut fixture = Fixture::new(10, 4);
    fixture.write("0123456789");
    assert_eq!(fixture.cursor(), Some((9, 0)), "the wrap waits");
    fixture.write("ab");
    assert_eq!(fixture.rows(), ["0123456789", "ab", "", ""]);
    assert_eq!(fixture.cursor(), Some((2, 1)));
    assert_eq!(shows("0123456789\r\nx"), ["0123456789", "x", "", ""], "no empty line");
    assert_eq!(shows("\x1b[?7l0123456789abc"), ["012345678c", "", "", ""]);
}

#[test]
fn lines_scroll_at_the_bottom() {
    assert_eq!(shows("a\r\nb\r\nc\r\nd\r\ne"), ["b", "c", "d", "e"]);
}

#[test]
fn backspace_and_tabs() {
    assert_eq!(shows("ab\x08c"), ["ac", "", "", ""]);
    assert_eq!(shows("a\tb"), ["a       b", "", "", ""]);
    assert_eq!(shows("\x1b[3g\x1b[4G\x1bH\ra\tb"), ["a  b", "", "", ""]);
    assert_eq!(shows("\x1b[10G\x1b[Zx"), ["        x", "", "", ""]);
}

#[test]
fn the_cursor_moves_and_stops_at_the_edges() {
    let mut fixture = Fixture::new(10, 4);
    for (sequence, expected) in [
        ("\x1b[3;5H", (4, 2)),
        ("\x1b[99;99H", (9, 3)),
        ("\x1b[2A\x1b[3D", (6, 1)),
        ("\x1b[99D\x1b[99A", (0, 0)),
        ("\x1b[B\x1b[2C", (2, 1)),
        ("\x1b[5G\x1b[3d", (4, 2)),
        ("\x1b[E", (0, 3)),
        ("\x1b[2F", (0, 1)),
        ("\x1b[H", (0, 0)),
    ] {
        fixture.write(sequence);
        assert_eq!(fixture.cursor(), Some(expected), "{sequence:?}");
    }
}

#[test]
fn erasing() {
    let filled = "0123456789".repeat(4);
    let after = |sequence: &str| shows(&format!("{filled}\x1b[2;4H{sequence}"));
    let full = "0123456789";
    assert_eq!(after("\x1b[K"), [full, "012", full, full]);
    assert_eq!(after("\x1b[1K"), [full, "    456789", full, full]);
    assert_eq!(after("\x1b[2K"), [full, "", full, full]);
    assert_eq!(after("\x1b[J"), [full, "012", "", ""]);
    assert_eq!(after("\x1b[1J"), ["", "    456789", full, full]);
    assert_eq!(after("\x1b[2J"), ["", "", "", ""]);
    assert_eq!(after("\x1b[3X"), [full, "012   6789", full, full]);
}

#[test]
fn inserting_and_deleting() {
    let after = |sequence: &str| shows(&format!("aaaa\r\nbbbb\r\ncccc\r\ndddd\x1b[2;2H{sequence}"));
    assert_eq!(after("\x1b[2@"), ["aaaa", "b  bbb", "cccc", "dddd"]);
    assert_eq!(after("\x1b[2P"), ["aaaa", "bb", "cccc", "dddd"]);
    assert_eq!(after("\x1b[L"), ["aaaa", "", "bbbb", "cccc"]);
    assert_eq!(after("\x1b[2M"), ["aaaa", "dddd", "", ""]);
    assert_eq!(after("\x1b[4hxy\x1b[4lz"), ["aaaa", "bxyzbb", "cccc", "dddd"]);
    assert_eq!(after("\x1b[999@\x1b[999L\x1b[999P\x1b[999M"), ["aaaa", "", "", ""]);
}

#[test]
fn margins_bound_scrolling() {
    let text = "a\r\nb\r\nc\r\nd";
    assert_eq!(shows(&format!("{text}\x1b[2;3r\x1b[3;1H\nx")), ["a", "c", "x", "d"]);
    assert_eq!(shows(&format!("{text}\x1b[2;3r\x1b[2;1H\x1bMx")), ["a", "x", "b", "d"]);
    assert_eq!(shows(&format!("{text}\x1b[2;3r\x1b[S")), ["a", "c", "", "d"]);
    assert_eq!(shows(&format!("{text}\x1b[2;3r\x1b[T")), ["a", "", "b", "d"]);
    assert_eq!(shows(&format!("{text}\x1b[2;3r\x1b[?6h\x1b[9;1Hx")), ["a", "b", "x", "d"], "origin mode");
    assert_eq!(shows(&format!("{text}\x1b[2;3r\x1b[r\x1b[4;1H\nx")), ["b", "c", "d", "x"]);
}

#[test]
fn save_and_restore() {
    assert_eq!(shows("ab\x1b7\x1b[3;3Hcd\x1b8e"), ["abe", "", "  cd", ""]);
    assert_eq!(shows("ab\x1b[scd\x1b[ue"), ["abed", "", "", ""]);
}

#[test]
fn the_alternate_screen_leaves_the_main_one() {
    let mut fixture = Fixture::new(10, 4);
    fixture.write("main\x1b[?1049hother");
    assert_eq!(fixture.rows(), ["    other", "", "", ""]);
    fixture.write("\x1b[?1049l!");
    assert_eq!(fixture.rows(), ["main!", "", "", ""]);
}

#[test]
fn the_cursor_can_be_hidden() {
    let mut fixture = Fixture::new(10, 4);
    fixture.write("\x1b[?25l");
    assert_eq!(fixture.cursor(), None);
    fixture.write("\x1b[?25h");
    assert_eq!(fixture.cursor(), Some((0, 0)));
}

#[test]
fn colours() {
    let colour = |sequence: &str| {
        let mut fixture = Fixture::new(10, 4);
        fixture.write(&format!("{sequence}x"));
        let cell = fixture.cell(0, 0);
        (cell.foreground.ansi(), cell.background.ansi())
    };
    assert_eq!(colour(""), (7, 0));
    assert_eq!(colour("\x1b[31;44m"), (1, 4));
    assert_eq!(colour("\x1b[1;31m"), (9, 0), "bold is bright");
    assert_eq!(colour("\x1b[1m\x1b[22m"), (7, 0));
    assert_eq!(colour("\x1b[93;102m"), (11, 10));
    assert_eq!(colour("\x1b[7m"), (0, 7));
    assert_eq!(colour("\x1b[31;42m\x1b[39;49m"), (7, 0));
    assert_eq!(colour("\x1b[31m\x1b[m"), (7, 0));
    assert_eq!(colour("\x1b[38;5;9;48;5;4m"), (9, 4));
    assert_eq!(colour("\x1b[38;5;196m"), (1, 0), "the cube's red is nearest to red");
    assert_eq!(colour("\x1b[38;5;255;48;5;232m"), (15, 0));
    assert_eq!(colour("\x1b[38;2;80;80;255m"), (12, 0));
    assert_eq!(colour("\x1b[38:2::255:255:85m"), (11, 0));
    assert_eq!(colour("\x1b[38:5:10;4m"), (10, 0));
    assert_eq!(colour("\x1b[38;5m\x1b[38m\x1b[38;2;1m\x1b[38;5;999m"), (7, 0), "broken ones are ignored");
}

#[test]
fn a_display_gets_colours_as_they_were_meant() {
    let mut fixture = Fixture::new(10, 4);
    fixture.write("\x1b[38;5;196;48;2;1;2;3mx\x1b[1mx\x1b[38;5;244mx");
    assert_eq!(fixture.cell(0, 0).foreground, Colour::Rgb([255, 0, 0]));
    assert_eq!(fixture.cell(0, 0).background, Colour::Rgb([1, 2, 3]));
    assert_eq!(fixture.cell(1, 0).foreground, Colour::Rgb([255, 0, 0]), "bold brightens the 16 colours alone");
    assert_eq!(fixture.cell(2, 0).foreground, Colour::Rgb([128, 128, 128]));
}

#[test]
fn erasing_uses_the_background() {
    let mut fixture = Fixture::new(10, 4);
    fixture.write("\x1b[44m\x1b[2J");
    assert_eq!(fixture.cell(9, 3).background, Colour::Ansi(4));
}

#[test]
fn reports_are_answered() {
    let mut fixture = Fixture::new(10, 4);
    assert_eq!(fixture.write("\x1b[2;3H\x1b[6n"), "\x1b[2;3R");
    assert_eq!(fixture.write("\x1b[5n\x1b[c"), "\x1b[0n\x1b[?6c");
    let flood = fixture.write(&"\x1b[6n".repeat(10_000));
    assert!(flood.len() <= 256, "reports are bounded");
}

#[test]
fn cursor_keys_mode_is_known() {
    let mut fixture = Fixture::new(10, 4);
    fixture.write("\x1b[?1h");
    assert_eq!(fixture.screen.cursor_keys(), CursorKeys::Application);
    fixture.write("\x1b[!p");
    assert_eq!(fixture.screen.cursor_keys(), CursorKeys::Normal);
}

#[test]
fn wide_combining_and_broken_characters() {
    assert_eq!(shows("日x"), ["日 x", "", "", ""]);
    assert_eq!(shows("123456789日"), ["123456789", "日", "", ""]);
    assert_eq!(shows("e\u{301}x"), ["ex", "", "", ""]);
    let mut fixture = Fixture::new(10, 4);
    fixture.screen.write(b"a\xffb\xe6\x97");
    fixture.screen.write(b"\xa5c");
    assert_eq!(fixture.rows()[0], "a\u{fffd}b日 c");
}

#[test]
fn line_drawing() {
    assert_eq!(shows("\x1b(0lqk\x1b(Bq"), ["┌─┐q", "", "", ""]);
    assert_eq!(shows("\x1b)0\x0ex\x0fx"), ["│x", "", "", ""]);
}

#[test]
fn repeat_and_reset() {
    assert_eq!(shows("a\x1b[3b"), ["aaaa", "", "", ""]);
    assert_eq!(shows("abc\x1b[31m\x1bcx"), ["x", "", "", ""]);
}

#[test]
fn unknown_sequences_are_ignored() {
    assert_eq!(shows("a\x1b[?2004h\x1b[>c\x1b]0;title\x07\x1bP1$r\x1b\\\x1b[99zb"), ["ab", "", "", ""]);
    assert_eq!(shows(&format!("a\x1b]0;{}\x1b\\b", "x".repeat(100_000))), ["ab", "", "", ""]);
}

#[test]
fn only_what_changed_is_sent() {
    let mut fixture = Fixture::new(10, 4);
    fixture.write("same\r\nsame");
    let before = fixture.display.shown.lock().unwrap().puts;
    fixture.write("\x1b[H\x1b[2Jsame\r\nsame");
    assert_eq!(fixture.display.shown.lock().unwrap().puts, before);
    fixture.write("\x1b[1;2HA");
    assert_eq!(fixture.display.shown.lock().unwrap().puts, before + 1);
}

#[test]
fn a_display_that_scrolls_gets_new_lines_only() {
    let mut fixture = Fixture::new(10, 4);
    fixture.write("1\r\n2\r\n3\r\n4");
    let before = fixture.display.shown.lock().unwrap().puts;
    fixture.write("\r\n5\r\n\x1b[41m6");
    assert_eq!(fixture.rows(), ["3", "4", "5", "6"]);
    assert_eq!(fixture.display.shown.lock().unwrap().puts, before + 2);
    fixture.write("\x1b[2;3r\x1b[3;1H\n\n\nx\x1b[r\x1b[4;1H\r\n\r\n7");
    assert_eq!(fixture.rows(), ["x", "6", "", "7"]);
}

#[test]
fn repaint_draws_over_whatever_is_there() {
    let mut fixture = Fixture::new(10, 4);
    fixture.write("kept");
    fixture.display.put(0, 0, &[Cell { glyph: '#', foreground: Colour::Ansi(1), background: Colour::Ansi(1) }; 10]);
    fixture.screen.repaint();
    assert_eq!(fixture.rows(), ["kept", "", "", ""]);
}

#[test]
fn scroll_back_shows_old_lines_until_there_is_news() {
    let mut fixture = Fixture::new(10, 4);
    fixture.write("1\r\n2\r\n3\r\n4\r\n5\r\n6\r\n7");
    fixture.screen.scroll(Scroll::Back);
    assert_eq!(fixture.rows(), ["2", "3", "4", "5"]);
    assert_eq!(fixture.cursor(), None);
    fixture.screen.scroll(Scroll::Back);
    assert_eq!(fixture.rows(), ["1", "2", "3", "4"], "no further than there is");
    fixture.screen.scroll(Scroll::Forward);
    assert_eq!(fixture.rows(), ["3", "4", "5", "6"]);
    fixture.write("!");
    assert_eq!(fixture.rows(), ["4", "5", "6", "7!"]);
}

#[test]
fn history_is_bounded() {
    let mut fixture = Fixture::new(10, 4);
    fixture.write(&"x\r\n".repeat(5000));
    assert_eq!(fixture.screen.state.history().len(), 1000);
    fixture.write("\x1b[3J");
    assert_eq!(fixture.screen.state.history().len(), 0);
}

/// Bytes that are mostly sequences, so that the parser's depths are reached.
fn noise(random: &mut impl FnMut() -> u64) -> Vec<u8> {
    const PIECES: &[&[u8]] = &[
        b"\x1b[",
        b"\x1b",
        b";",
        b"?",
        b"9",
        b"65535",
        b"38",
        b":",
        b"\x1b]",
        b"\x1bP",
        b"\xe6\x97\xa5",
        b"\n",
        b"\t",
    ];
    let mut bytes = Vec::new();
    for _ in 0..random() % 40 {
        match random() % 3 {
            0 => bytes.push((random() >> 8) as u8),
            1 => bytes.push(b'@' + (random() % 63) as u8),
            _ => bytes.extend(PIECES[(random() % PIECES.len() as u64) as usize]),
        }
    }
    bytes
}

#[test]
fn any_bytes_are_survived() {
    for (columns, rows) in [(1, 1), (2, 1), (1, 3), (10, 4), (80, 25)] {
        let mut fixture = Fixture::new(columns, rows);
        let mut seed = 0x9e37_79b9_7f4a_7c15_u64;
        let mut random = || {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            seed
        };
        for _ in 0..20_000 {
            let bytes = noise(&mut random);
            fixture.screen.write(&bytes);
            let (column, row) = (fixture.screen.state.cursor.column, fixture.screen.state.cursor.row);
            assert!(column < columns && row < rows, "{bytes:?}");
        }
    }
}
