//! The pen: which colours the next character gets (SGR, ECMA-48 8.3.117).

use interfaces::{Cell, Colour};

const DEFAULT_FOREGROUND: Colour = Colour::Ansi(7);
const DEFAULT_BACKGROUND: Colour = Colour::Ansi(0);
const BRIGHT: u8 = 8;

/// How characters are drawn. Underline, blinking and the like have no counterpart on a text display and are left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pen {
    foreground: Colour,
    background: Colour,
    bold: bool,
    reverse: bool,
    concealed: bool,
}

impl Default for Pen {
    fn default() -> Self {
        Pen {
            foreground: DEFAULT_FOREGROUND,
            background: DEFAULT_BACKGROUND,
            bold: false,
            reverse: false,
            concealed: false,
        }
    }
}

impl Pen {
    /// A cell with `glyph`.
    pub(super) fn draw(&self, glyph: char) -> Cell {
        let (mut foreground, mut background) = (self.foreground, self.background);
        if let Colour::Ansi(dark @ 0..BRIGHT) = foreground
            && self.bold
        {
            foreground = Colour::Ansi(dark + BRIGHT);
        }
        if self.reverse {
            std::mem::swap(&mut foreground, &mut background);
        }
        if self.concealed {
            foreground = background;
        }
        Cell { glyph, foreground, background }
    }

    /// A cell as erasing leaves it: with the background colour, as Linux and xterm do.
    pub(super) fn blank(&self) -> Cell {
        Cell { glyph: ' ', foreground: DEFAULT_FOREGROUND, background: self.background }
    }

    /// Applies an SGR sequence. Colours come as `38;5;n` or as `38:5:n`.
    pub(super) fn select<'a>(&mut self, parameters: impl Iterator<Item = &'a [u16]>) {
        let mut parameters = parameters;
        while let Some(parameter) = parameters.next() {
            let Some((&code, sub)) = parameter.split_first() else { continue };
            if code != 38 && code != 48 {
                self.apply(code);
                continue;
            }
            let colour = match sub {
                [] => extended(&mut parameters.by_ref().filter_map(|next| next.first().copied())),
                // The colon form of a colour may have a colour space between kind and red.
                [2, _, red, green, blue, ..] => extended(&mut [2, *red, *green, *blue].into_iter()),
                _ => extended(&mut sub.iter().copied()),
            };
            match colour {
                Some(colour) if code == 38 => self.foreground = colour,
                Some(colour) => self.background = colour,
                None => {}
            }
        }
    }

    fn apply(&mut self, code: u16) {
        // The arms below keep each difference under 16.
        let low = |base: u16| u8::try_from(code - base).unwrap_or_default();
        match code {
            0 => *self = Pen::default(),
            1 => self.bold = true,
            2 | 22 => self.bold = false,
            7 => self.reverse = true,
            8 => self.concealed = true,
            27 => self.reverse = false,
            28 => self.concealed = false,
            30..=37 => self.foreground = Colour::Ansi(low(30)),
            39 => self.foreground = DEFAULT_FOREGROUND,
            40..=47 => self.background = Colour::Ansi(low(40)),
            49 => self.background = DEFAULT_BACKGROUND,
            90..=97 => self.foreground = Colour::Ansi(low(90) + BRIGHT),
            100..=107 => self.background = Colour::Ansi(low(100) + BRIGHT),
            _ => {}
        }
    }
}

/// The colour that follows a 38 or 48: `5;n` of 256, or `2;red;green;blue`.
fn extended(parameters: &mut dyn Iterator<Item = u16>) -> Option<Colour> {
    let byte = |parameters: &mut dyn Iterator<Item = u16>| u8::try_from(parameters.next()?).ok();
    match parameters.next()? {
        5 => byte(parameters).map(indexed),
        2 => Some(Colour::Rgb([byte(parameters)?, byte(parameters)?, byte(parameters)?])),
        _ => None,
    }
}

/// One of xterm's 256 colours: 16 as they are, a cube of 6 by 6 by 6, 24 greys.
fn indexed(index: u8) -> Colour {
    let level = |step: u8| if step == 0 { 0 } else { 55 + 40 * step };
    match index {
        0..=15 => Colour::Ansi(index),
        16..=231 => {
            let cube = index - 16;
            Colour::Rgb([level(cube / 36), level(cube / 6 % 6), level(cube % 6)])
        }
        232..=255 => Colour::Rgb([8 + 10 * (index - 232); 3]),
    }
}
