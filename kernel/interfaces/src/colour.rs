//! Colours of characters.

/// The 16 colours of VGA's text mode in ANSI's order, as red, green, blue; but for blue, which nobody could read on black.
const PALETTE: [[u8; 3]; 16] = [
    [0, 0, 0],
    [170, 0, 0],
    [0, 170, 0],
    [170, 85, 0],
    [58, 96, 214],
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

/// A colour of a character: a display shows what comes nearest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colour {
    /// One of the 16 ANSI colours (0 black .. 7 white, 8 .. 15 bright).
    Ansi(u8),
    /// Red, green, blue.
    Rgb([u8; 3]),
}

impl Colour {
    /// Red, green, blue.
    #[must_use]
    pub fn rgb(self) -> [u8; 3] {
        match self {
            Colour::Ansi(index) => PALETTE.get(usize::from(index)).copied().unwrap_or_default(),
            Colour::Rgb(rgb) => rgb,
        }
    }

    /// The nearest of the 16 ANSI colours.
    #[must_use]
    pub fn ansi(self) -> u8 {
        let rgb = match self {
            Colour::Ansi(index) => return index & 15,
            Colour::Rgb(rgb) => rgb,
        };
        let distance = |candidate: &[u8; 3]| -> u32 {
            candidate.iter().zip(rgb).map(|(a, b)| u32::from(a.abs_diff(b)).pow(2)).sum()
        };
        (0..).zip(&PALETTE).min_by_key(|(_, candidate)| distance(candidate)).map_or(7, |(index, _)| index)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_colour_of_the_palette_is_nearest_to_itself() {
        for (index, rgb) in (0..).zip(PALETTE) {
            assert_eq!(Colour::Rgb(rgb).ansi(), index);
            assert_eq!(Colour::Ansi(index).rgb(), rgb);
        }
        assert_eq!(Colour::Rgb([80, 80, 255]).ansi(), 12);
        assert_eq!((Colour::Ansi(99).rgb(), Colour::Ansi(99).ansi()), ([0, 0, 0], 3));
    }
}
