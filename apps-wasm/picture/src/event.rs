//! Events of keyboard and mouse, as the lines of Yolk's input devices have them.

/// What happened at keyboard or mouse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A key went down, or repeats.
    Press {
        /// Its name by place, for instance `KeyA` (W3C, "UI Events KeyboardEvent code Values").
        key: String,
        /// Its character.
        text: Option<char>,
    },
    /// A key went up.
    Release {
        /// Its name by place.
        key: String,
    },
    /// The mouse moved, or its wheel or buttons changed.
    Mouse {
        /// To the right.
        right: i32,
        /// Down.
        down: i32,
        /// Steps of the wheel towards the user.
        wheel: i32,
        /// The buttons that are down: 1 left, 2 right, 4 middle.
        buttons: u32,
    },
}

impl Event {
    /// Reads a line of `/dev/input/keyboard` or `/dev/input/mouse`; `None` for what is neither.
    #[must_use]
    pub fn parse(line: &str) -> Option<Event> {
        let words: Vec<&str> = line.split_whitespace().collect();
        match words.as_slice() {
            ["press" | "repeat", key, text] => {
                let code = text.strip_prefix("U+").and_then(|digits| u32::from_str_radix(digits, 16).ok());
                Some(Event::Press { key: (*key).to_owned(), text: code.and_then(char::from_u32) })
            }
            ["release", key, _] => Some(Event::Release { key: (*key).to_owned() }),
            [right, down, wheel, buttons] => Some(Event::Mouse {
                right: right.parse().ok()?,
                down: down.parse().ok()?,
                wheel: wheel.parse().ok()?,
                buttons: buttons.parse().ok()?,
            }),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_read_and_nonsense_is_none() {
        let press = |key: &str, text| Some(Event::Press { key: key.to_owned(), text });
        assert_eq!(Event::parse("press KeyA U+0061"), press("KeyA", Some('a')));
        assert_eq!(Event::parse("repeat ShiftLeft -\n"), press("ShiftLeft", None));
        assert_eq!(Event::parse("release KeyA -"), Some(Event::Release { key: "KeyA".to_owned() }));
        assert_eq!(Event::parse("-3 4 -1 5"), Some(Event::Mouse { right: -3, down: 4, wheel: -1, buttons: 5 }));
        for wrong in ["", "press", "press KeyA", "1 2 3", "1 2 3 x", "a b c d e"] {
            assert_eq!(Event::parse(wrong), None, "{wrong}");
        }
    }
}
