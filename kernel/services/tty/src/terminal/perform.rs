//! What each control character and sequence means: the table from `vte`'s parser to operations on `state`.

use super::state::{Charset, State};
use crate::keymap::CursorKeys;
use vte::{Params, Perform};

impl Perform for State {
    fn print(&mut self, character: char) {
        State::print(self, character);
    }

    fn execute(&mut self, byte: u8) {
        match byte {
            0x08 => self.left(1),
            b'\t' => self.next_tab(1),
            // Vertical tab and form feed are line feeds on a VT102.
            b'\n' | 0x0b | 0x0c | 0x84 => self.line_feed(),
            b'\r' => self.move_to_column(0),
            0x0e => self.cursor.charset = 1,
            0x0f => self.cursor.charset = 0,
            0x85 => self.next_line(),
            0x88 => self.set_tab(),
            0x8d => self.reverse_line_feed(),
            _ => {}
        }
    }

    fn esc_dispatch(&mut self, intermediates: &[u8], _ignore: bool, byte: u8) {
        match (intermediates, byte) {
            ([], b'7') => self.save_cursor(),
            ([], b'8') => self.restore_cursor(),
            ([], b'D') => self.line_feed(),
            ([], b'E') => self.next_line(),
            ([], b'H') => self.set_tab(),
            ([], b'M') => self.reverse_line_feed(),
            ([], b'Z') => self.report(DEVICE_ATTRIBUTES),
            ([], b'c') => self.reset(),
            ([b'('], set) => self.cursor.charsets[0] = charset(set),
            ([b')'], set) => self.cursor.charsets[1] = charset(set),
            _ => {}
        }
    }

    fn csi_dispatch(&mut self, parameters: &Params, intermediates: &[u8], ignore: bool, action: char) {
        if ignore {
            return;
        }
        let parameter = |index: usize| parameters.iter().nth(index).and_then(|sub| sub.first().copied()).unwrap_or(0);
        match intermediates {
            [] => match action {
                'm' => self.cursor.pen.select(parameters.iter()),
                'h' | 'l' => {
                    parameters.iter().flatten().for_each(|&mode| self.set_ansi_mode(mode, Setting::of(action)))
                }
                _ => self.control(action, usize::from(parameter(0)), usize::from(parameter(1))),
            },
            [b'?'] if action == 'h' || action == 'l' => {
                parameters.iter().flatten().for_each(|&mode| self.set_private_mode(mode, Setting::of(action)));
            }
            [b'!'] if action == 'p' => self.soft_reset(),
            _ => {}
        }
    }
}

/// What SM and RM do to a mode.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Setting {
    Set,
    Reset,
}

impl Setting {
    fn of(action: char) -> Setting {
        if action == 'h' { Setting::Set } else { Setting::Reset }
    }
}

/// Says that this is a VT102 (`CSI c`, `ESC Z`), as Linux does.
const DEVICE_ATTRIBUTES: &str = "\x1b[?6c";

fn charset(designator: u8) -> Charset {
    if designator == b'0' { Charset::LineDrawing } else { Charset::Unicode }
}

impl State {
    fn next_line(&mut self) {
        self.move_to_column(0);
        self.line_feed();
    }

    /// A control sequence without marks and with at most two parameters, 0 where they are left out.
    fn control(&mut self, action: char, first: usize, second: usize) {
        let count = first.max(1);
        match action {
            'A' => self.up(count),
            'B' | 'e' => self.down(count),
            'C' | 'a' => self.right(count),
            'D' => self.left(count),
            'E' => {
                self.down(count);
                self.move_to_column(0);
            }
            'F' => {
                self.up(count);
                self.move_to_column(0);
            }
            'G' | '`' => self.move_to_column(count - 1),
            'd' => self.move_to_row(count - 1),
            'H' | 'f' => self.move_to(second.max(1) - 1, count - 1),
            'I' => self.next_tab(count),
            'Z' => self.previous_tab(count),
            'g' if first == 0 => self.clear_tab(),
            'g' if first == 3 => self.clear_all_tabs(),
            'r' => self.set_margins(count - 1, if second == 0 { self.rows() } else { second }),
            's' => self.save_cursor(),
            'u' => self.restore_cursor(),
            'c' if first == 0 => self.report(DEVICE_ATTRIBUTES),
            'n' => self.report_status(first),
            _ => self.edit(action, first, count),
        }
    }

    /// The sequences that change cells.
    fn edit(&mut self, action: char, first: usize, count: usize) {
        let column = self.cursor.column;
        match action {
            'J' => self.erase_display(first),
            'K' => match first {
                0 => self.erase_in_row(column..self.columns()),
                1 => self.erase_in_row(0..column + 1),
                2 => self.erase_in_row(0..self.columns()),
                _ => {}
            },
            'X' => self.erase_in_row(column..column + count),
            '@' => self.insert_cells(count),
            'P' => self.delete_cells(count),
            'L' => self.insert_lines(count),
            'M' => self.delete_lines(count),
            'S' => self.scroll_up(count),
            'T' => self.scroll_down(count),
            'b' => self.repeat(count),
            _ => {}
        }
    }

    fn erase_display(&mut self, what: usize) {
        let (column, row) = (self.cursor.column, self.cursor.row);
        match what {
            0 => {
                self.erase_in_row(column..self.columns());
                self.erase_rows(row + 1..self.rows());
            }
            1 => {
                self.erase_rows(0..row);
                self.erase_in_row(0..column + 1);
            }
            2 => self.erase_rows(0..self.rows()),
            3 => self.clear_history(),
            _ => {}
        }
    }

    fn report_status(&mut self, what: usize) {
        match what {
            5 => self.report("\x1b[0n"),
            6 => {
                let (row, column) = self.reported_position();
                self.report(&format!("\x1b[{row};{column}R"));
            }
            _ => {}
        }
    }

    fn set_ansi_mode(&mut self, mode: u16, setting: Setting) {
        if mode == 4 {
            self.modes.insert = setting == Setting::Set;
        }
    }

    /// DEC's and xterm's modes.
    fn set_private_mode(&mut self, mode: u16, setting: Setting) {
        let on = setting == Setting::Set;
        match mode {
            1 => self.modes.cursor_keys = if on { CursorKeys::Application } else { CursorKeys::Normal },
            6 => {
                self.cursor.origin = on;
                self.move_to(0, 0);
            }
            7 => self.modes.wrap = on,
            25 => self.modes.cursor_visible = on,
            47 | 1047 => self.show_alternate(setting),
            1048 if on => self.save_cursor(),
            1048 => self.restore_cursor(),
            1049 if on => {
                self.save_cursor();
                self.show_alternate(setting);
            }
            1049 => {
                self.show_alternate(setting);
                self.restore_cursor();
            }
            _ => {}
        }
    }

    fn show_alternate(&mut self, setting: Setting) {
        match setting {
            Setting::Set => self.enter_alternate(),
            Setting::Reset => self.leave_alternate(),
        }
    }
}
