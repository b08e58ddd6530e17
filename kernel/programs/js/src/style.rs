//! The colours of what is shown.

/// Whether there are colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    Plain,
    Coloured,
}

/// What a piece of text is, which gives its colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ink {
    Number,
    String,
    Undefined,
    Null,
    Symbol,
    Function,
    Date,
    RegExp,
}

impl Style {
    /// `text` in the colour of what it is.
    pub(crate) fn paint(self, ink: Ink, text: &str) -> String {
        if self == Style::Plain {
            return text.to_owned();
        }
        let (on, off) = match ink {
            Ink::Number => (33, 39),
            Ink::String | Ink::Symbol => (32, 39),
            Ink::Undefined => (90, 39),
            Ink::Null => (1, 22),
            Ink::Function => (36, 39),
            Ink::Date => (35, 39),
            Ink::RegExp => (31, 39),
        };
        format!("\x1b[{on}m{text}\x1b[{off}m")
    }
}
