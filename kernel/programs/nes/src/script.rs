//! Buttons that are pressed at frames that were said beforehand.

use crate::console::{Console, JoypadBtn, Player};

/// How long a button is held where no end is said: games look at the pad once a frame, and some only every second one.
const HELD_FRAMES: u32 = 4;

const BUTTONS: &[(&str, JoypadBtn)] = &[
    ("a", JoypadBtn::A),
    ("b", JoypadBtn::B),
    ("select", JoypadBtn::Select),
    ("start", JoypadBtn::Start),
    ("up", JoypadBtn::Up),
    ("down", JoypadBtn::Down),
    ("left", JoypadBtn::Left),
    ("right", JoypadBtn::Right),
];

/// A button that is held from frame `first` to frame `last`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Press {
    player: Player,
    button: JoypadBtn,
    first: u32,
    last: u32,
}

/// Which buttons are held when.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Script {
    presses: Vec<Press>,
}

impl Script {
    /// Adds `[PLAYER:]BUTTON@FRAME[-FRAME]`: `start@30`, `right@60-120`, `2:a@10`.
    pub(crate) fn add(&mut self, word: &str) -> Result<(), String> {
        let wrong = || format!("{word}: write [PLAYER:]BUTTON@FRAME[-FRAME], for instance start@30 or 2:right@60-120");
        let (player, rest) = match word.split_once(':') {
            None => (Player::One, word),
            Some(("1", rest)) => (Player::One, rest),
            Some(("2", rest)) => (Player::Two, rest),
            Some(_) => return Err(format!("{word}: there are the players 1 and 2")),
        };
        let (name, frames) = rest.split_once('@').ok_or_else(wrong)?;
        let (_, button) = BUTTONS
            .iter()
            .find(|(button, _)| button.eq_ignore_ascii_case(name))
            .ok_or_else(|| format!("{word}: the buttons are a, b, select, start, up, down, left, right"))?;
        let number = |text: &str| text.parse::<u32>().ok().filter(|frame| *frame > 0).ok_or_else(wrong);
        let (first, last) = match frames.split_once('-') {
            Some((first, last)) => (number(first)?, number(last)?),
            None => (number(frames)?, number(frames)?.saturating_add(HELD_FRAMES - 1)),
        };
        if last < first {
            return Err(format!("{word}: the last frame is before the first"));
        }
        self.presses.push(Press { player, button: *button, first, last });
        Ok(())
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.presses.is_empty()
    }

    /// Adds the words of a file: any number a line, `#` begins a comment.
    pub(crate) fn add_lines(&mut self, text: &str) -> Result<(), String> {
        for (index, line) in text.lines().enumerate() {
            let words = line.split('#').next().unwrap_or_default();
            for word in words.split_whitespace() {
                self.add(word).map_err(|error| format!("line {}: {error}", index + 1))?;
            }
        }
        Ok(())
    }

    /// Presses and releases what has to be before frame `number` is run; the first has number 1.
    pub(crate) fn apply(&self, number: u32, console: &mut Console) {
        // Releases first: another press of the same button may begin where one ends.
        for press in self.presses.iter().filter(|press| press.last.checked_add(1) == Some(number)) {
            console.set_button(press.player, press.button, false);
        }
        for press in self.presses.iter().filter(|press| press.first == number) {
            console.set_button(press.player, press.button, true);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_name_player_button_and_frames() {
        let mut script = Script::default();
        script.add_lines("start@30  # begin\n\n2:Right@60-120").expect("right");
        let [start, right] = script.presses[..] else { panic!("{script:?}") };
        assert_eq!(start, Press { player: Player::One, button: JoypadBtn::Start, first: 30, last: 33 });
        assert_eq!(right, Press { player: Player::Two, button: JoypadBtn::Right, first: 60, last: 120 });
    }

    #[test]
    fn wrong_words_are_named() {
        for word in ["start", "start@", "start@x", "start@0", "3:a@1", "x@1", "a@5-4", "a@1-", "@", ""] {
            let error = Script::default().add(word).expect_err(word);
            assert!(error.starts_with(word), "{error}");
        }
        let error = Script::default().add_lines("a@1\nb@\n").expect_err("no frame");
        assert!(error.starts_with("line 2: b@"), "{error}");
    }
}
