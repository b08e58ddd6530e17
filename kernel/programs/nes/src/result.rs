//! Running a test ROM until it reports its result.
//!
//! Many tests put a status at $6000, behind it a signature, and a text from $6004 on (blargg's convention, in the readme of
//! each of these tests): 128 while they run, 129 where they want the reset button pushed, below that their result, 0 for
//! success. Older ones write to the screen only, with tiles whose numbers are ASCII.

use crate::console::{Console, Drawing, ResetKind, Sound};
use crate::load;
use process::{Context, ExitStatus};
use std::io::Write;

const STATUS: u16 = 0x6000;
const SIGNATURE: [u8; 3] = [0xDE, 0xB0, 0x61];
const TEXT: u16 = 0x6004;
const TEXT_LIMIT: u16 = 0x1000;
const RUNNING: u8 = 0x80;
const WANTS_RESET: u8 = 0x81;
/// The button is to be pushed no sooner than after 100 ms.
const RESET_DELAY: u32 = 8;

const NAME_TABLE: u16 = 0x2000;
const COLUMNS: u16 = 32;
const ROWS: u16 = 30;

/// What a test reports.
#[derive(Debug, PartialEq, Eq)]
enum Report {
    /// Nothing yet, or nothing in this way.
    None,
    Running,
    WantsReset,
    Done(u8),
}

pub(crate) fn run(context: &Context, rom: &str, frames: u32) -> Result<ExitStatus, String> {
    let mut console = load::power_on(context, rom, Sound::Off)?;
    console.set_drawing(Drawing::Off);
    let mut reset_at = None;
    let mut seen = Report::None;
    for number in 1..=frames {
        if context.is_killed() {
            return Ok(ExitStatus::Killed);
        }
        console.run_frame().map_err(|error| format!("{}: frame {number}: {error}", rom))?;
        seen = report(&console);
        match seen {
            Report::Done(status) => return Ok(tell(context, status, &text(&console))),
            Report::WantsReset => {
                if *reset_at.get_or_insert(number + RESET_DELAY) == number {
                    console.reset(ResetKind::Soft);
                    reset_at = None;
                }
            }
            Report::None | Report::Running => {}
        }
    }
    match seen {
        Report::None => Ok(tell_screen(context, &screen(&console))),
        _ => Err(format!("{}: no result after {frames} frames\n{}", rom, text(&console))),
    }
}

fn report(console: &Console) -> Report {
    let signature = [1, 2, 3].map(|offset| console.peek(STATUS + offset));
    match console.peek(STATUS) {
        _ if signature != SIGNATURE => Report::None,
        RUNNING => Report::Running,
        WANTS_RESET => Report::WantsReset,
        status => Report::Done(status),
    }
}

fn text(console: &Console) -> String {
    let bytes: Vec<u8> = (0..TEXT_LIMIT).map(|at| console.peek(TEXT + at)).take_while(|byte| *byte != 0).collect();
    String::from_utf8_lossy(&bytes).trim().to_owned()
}

fn tell(context: &Context, status: u8, text: &str) -> ExitStatus {
    let _ = writeln!(context.out(), "{text}");
    if status == 0 { ExitStatus::SUCCESS } else { context.fail(format!("the test failed with status {status}")) }
}

/// The text that the first name table shows.
fn screen(console: &Console) -> String {
    let tile = |row: u16, column: u16| console.peek_video(NAME_TABLE + row * COLUMNS + column);
    let character = |byte: u8| if (b' '..=b'~').contains(&byte) { char::from(byte) } else { ' ' };
    let row = |row| (0..COLUMNS).map(|column| character(tile(row, column))).collect::<String>().trim().to_owned();
    let rows: Vec<String> = (0..ROWS).map(row).filter(|row: &String| !row.is_empty()).collect();
    rows.join("\n")
}

fn tell_screen(context: &Context, text: &str) -> ExitStatus {
    let _ = writeln!(context.out(), "{text}");
    let text = text.to_ascii_lowercase();
    if text.contains("pass") && !text.contains("fail") {
        return ExitStatus::SUCCESS;
    }
    context.fail("the screen does not say that the test passed")
}
