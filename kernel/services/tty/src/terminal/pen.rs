//! The pen: which colours the next character gets (SGR, ECMA-48 8.3.117).

use interfaces::Cell;

const DEFAULT_FOREGROUND: u8 = 7;
const DEFAULT_BACKGROUND: u8 = 0;
const BRIGHT: u8 = 8;

/// The 16 colours as red, green, blue (those of VGA), for choosing the nearest.
const PALETTE: [[u8; 3]; 16] = [
    [0, 0, 0],
    [170, 0, 0],
    [0, 170, 0],
    [170, 85, 0],
    [0, 0, 170],
    [170, 0, 170],
    [0, 170, 170],
    [170, 170, 170],
    [85, 85, 85],
    [255, 85, 85],
    [85, 255, 85],
    [255, 255, 85],
    [85, 85, 255],
    [255, 85, 255],
    [85, 255, 255],
    [255, 255, 255],
];

/// How characters are drawn. Underline, blinking and the like have no counterpart on a text display and are left out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Pen {
    foreground: u8,
    background: u8,
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
        let bright = if self.bold && self.foreground < BRIGHT { BRIGHT } else { 0 };
        let (mut foreground, mut background) = (self.foreground + bright, self.background);
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
            30..=37 => self.foreground = low(30),
            39 => self.foreground = DEFAULT_FOREGROUND,
            40..=47 => self.background = low(40),
            49 => self.background = DEFAULT_BACKGROUND,
            90..=97 => self.foreground = low(90) + BRIGHT,
            100..=107 => self.background = low(100) + BRIGHT,
            _ => {}
        }
    }
}

/// The colour that follows a 38 or 48: `5;n` of 256, or `2;red;green;blue`.
fn extended(parameters: &mut dyn Iterator<Item = u16>) -> Option<u8> {
    let byte = |parameters: &mut dyn Iterator<Item = u16>| u8::try_from(parameters.next()?).ok();
    match parameters.next()? {
        5 => byte(parameters).map(indexed),
        2 => Some(nearest([byte(parameters)?, byte(parameters)?, byte(parameters)?])),
        _ => None,
    }
}

/// One of xterm's 256 colours: 16 as they are, a cube of 6 by 6 by 6, 24 greys.
fn indexed(index: u8) -> u8 {
    let level = |step: u8| if step == 0 { 0 } else { 55 + 40 * step };
    match index {
        0..=15 => index,
        16..=231 => {
            let cube = index - 16;
            nearest([level(cube / 36), level(cube / 6 % 6), level(cube % 6)])
        }
        232..=255 => nearest([8 + 10 * (index - 232); 3]),
    }
}

fn nearest(colour: [u8; 3]) -> u8 {
    let distance = |candidate: &[u8; 3]| -> u32 {
        candidate.iter().zip(colour).map(|(a, b)| u32::from(a.abs_diff(b)).pow(2)).sum()
    };
    (0..).zip(&PALETTE).min_by_key(|(_, candidate)| distance(candidate)).map_or(DEFAULT_FOREGROUND, |(index, _)| index)
}
