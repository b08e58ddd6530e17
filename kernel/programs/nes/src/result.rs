//! Running a test ROM until it reports its result.
//!
//! Many tests put a status at $6000, behind it a signature, and a text from $6004 on (blargg's convention, in the readme of
//! each of these tests): 128 while they run, 129 where they want the reset button pushed, below that their result, 0 for
//! success. Older ones write to the screen only, with tiles whose numbers are ASCII: "passed", or a number alone, 1 for
//! success (readme of blargg's APU and PPU tests of 2005).

use crate::console::{Console, Drawing, ResetKind, Sound};
use crate::load::{self, Choice};
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
/// The wish may stay in memory for some frames after it was granted; after two seconds it is a new one.
const RESET_PATIENCE: u32 = 120;

/// How often the screen is looked at, and for how many looks a result on it has to stay as it is: tests write more than one.
const LOOK_EVERY: u32 = 30;
const SAME_LOOKS: u32 = 8;

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

pub(crate) fn run(context: &Context, choice: &Choice, frames: u32) -> Result<ExitStatus, String> {
    let mut console = load::power_on(context, choice, Sound::Off)?;
    console.set_drawing(Drawing::Off);
    let mut button = ResetButton::default();
    let mut seen = Report::None;
    let mut looks = Looks::default();
    for number in 1..=frames {
        if context.is_killed() {
            return Ok(ExitStatus::Killed);
        }
        console.run_frame().map_err(|error| format!("{}: frame {number}: {error}", choice.name))?;
        seen = report(&console);
        if let Report::Done(status) = seen {
            return Ok(tell(context, status, &text(&console)));
        }
        let looks_now = seen == Report::None && number % LOOK_EVERY == 0;
        if looks_now && looks.are_over(&screen(&console)) {
            break;
        }
        if button.is_due(seen == Report::WantsReset) {
            console.reset(ResetKind::Soft);
        }
    }
    match seen {
        Report::None => Ok(tell_screen(context, &screen(&console))),
        _ => Err(format!("{}: no result after {frames} frames\n{}", choice.name, text(&console))),
    }
}

/// When the reset button is pushed.
#[derive(Default)]
struct ResetButton {
    /// Frames since it was wished for.
    wished: u32,
    is_granted: bool,
}

impl ResetButton {
    /// Whether it is to be pushed after this frame, at whose end it was wished for or not.
    fn is_due(&mut self, is_wished: bool) -> bool {
        let is_new = !is_wished || self.is_granted && self.wished == RESET_PATIENCE;
        if is_new {
            *self = ResetButton::default();
        }
        self.wished += u32::from(is_wished);
        let is_due = is_wished && !self.is_granted && self.wished > RESET_DELAY;
        self.is_granted |= is_due;
        is_due
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
    match verdict(text) {
        Verdict::Success => ExitStatus::SUCCESS,
        Verdict::Number(number) => context.fail(format!("the test failed with number {number}")),
        Verdict::Failure => context.fail("the screen does not say that the test passed"),
    }
}

/// What a screen says of a test.
#[derive(Debug, PartialEq, Eq)]
enum Verdict {
    Success,
    /// The number of the check that failed.
    Number(u8),
    /// It failed, or nothing is said.
    Failure,
}

fn verdict(text: &str) -> Verdict {
    let text = text.to_ascii_lowercase();
    let number = text.strip_prefix('$').filter(|digits| digits.len() == 2);
    match number.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
        Some(1) => return Verdict::Success,
        Some(number) => return Verdict::Number(number),
        None => {}
    }
    // blargg's test of instructions lists those that fail by opcode, and says at its end that it is complete.
    let is_opcode = |word: &str| word.len() == 2 && u8::from_str_radix(word, 16).is_ok();
    let lists_none = || !text.lines().filter_map(|line| line.split(' ').next()).any(is_opcode);
    let is_good = text.contains("pass") || text.contains("all tests complete") && lists_none();
    let is_bad = text.contains("fail");
    if is_good && !is_bad { Verdict::Success } else { Verdict::Failure }
}

/// What the screen has said lately.
#[derive(Default)]
struct Looks {
    text: String,
    same: u32,
}

impl Looks {
    /// Another look; whether the screen has shown a result long enough.
    fn are_over(&mut self, text: &str) -> bool {
        if self.text != text {
            *self = Looks { text: text.to_owned(), same: 0 };
        }
        self.same += 1;
        self.same > SAME_LOOKS && (verdict(text) != Verdict::Failure || text.to_ascii_lowercase().contains("fail"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_screen_is_read() {
        for text in ["1-len_ctr\n\nPASSED", "$01", "All 16 tests passed", "01-implied\n-----\nAll tests complete"] {
            assert_eq!(verdict(text), Verdict::Success, "{text}");
        }
        assert_eq!(verdict("$0A"), Verdict::Number(10));
        for text in ["", "NES TEST PROGRAM", "APU TIMING\nFAILED #2", "$", "$001", "69 ADC #n\nAll tests complete"] {
            assert_eq!(verdict(text), Verdict::Failure, "{text}");
        }
    }

    #[test]
    fn a_result_has_to_stay() {
        let mut looks = Looks::default();
        assert!((0..100).all(|number| !looks.are_over(&format!("{number} passed"))));
        for result in ["passed", "FAILED #3", "$02"] {
            assert!((0..SAME_LOOKS).all(|_| !looks.are_over(result)));
            assert!(looks.are_over(result));
        }
        assert!((0..100).all(|_| !looks.are_over("running")));
    }

    #[test]
    fn the_button_is_pushed_once_for_each_wish() {
        let mut button = ResetButton::default();
        let mut pushed = |wishes: &[(bool, u32)]| {
            let frames = wishes.iter().flat_map(|(is_wished, count)| (0..*count).map(|_| *is_wished));
            frames.filter(|is_wished| button.is_due(*is_wished)).count()
        };
        assert_eq!(pushed(&[(false, 10), (true, RESET_DELAY)]), 0, "too early");
        assert_eq!(pushed(&[(true, 100)]), 1);
        assert_eq!(pushed(&[(false, 1), (true, RESET_DELAY + 1)]), 1, "a new wish");
        assert_eq!(pushed(&[(true, RESET_PATIENCE + 2 * RESET_DELAY)]), 1, "one that the last reset did not grant");
    }
}
