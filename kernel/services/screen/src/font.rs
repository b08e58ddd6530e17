//! The characters of the text console: X11's 9x18, which has 4764 of them.

use embedded_graphics::geometry::{OriginDimensions, Point};
use embedded_graphics::image::GetPixel;
use embedded_graphics::mono_font::MonoFont;
use embedded_graphics::pixelcolor::BinaryColor;
use embedded_graphics_unicodefonts::MONO_9X18;

/// The size of a character in pixels.
pub(crate) const WIDTH: usize = 9;
/// As above.
pub(crate) const HEIGHT: usize = 18;

/// A character: its rows, whose highest of nine bits is the left pixel.
pub(crate) type Glyph = [u16; HEIGHT];

/// Characters of one page, 256 of Unicode.
type Page = Box<[Option<Glyph>; 256]>;

/// The font, with the characters that were used unpacked.
pub(crate) struct Font {
    font: MonoFont<'static>,
    pages: Vec<Option<Page>>,
}

impl Font {
    pub(crate) fn new() -> Font {
        Font { font: MONO_9X18, pages: Vec::new() }
    }

    /// The character; for one that the font does not have, its sign for that: a question mark in a box.
    pub(crate) fn glyph(&mut self, character: char) -> Glyph {
        let code = character as usize;
        let (page, index) = (code >> 8, code & 0xff);
        if self.pages.len() <= page {
            self.pages.resize_with(page + 1, || None);
        }
        let known = self.pages.get_mut(page).map(|page| page.get_or_insert_with(|| Box::new([None; 256])));
        match known.and_then(|page| page.get_mut(index)) {
            Some(Some(glyph)) => *glyph,
            Some(slot) => *slot.insert(unpack(&self.font, character)),
            None => unpack(&self.font, character),
        }
    }
}

/// Reads the character out of the font's image.
fn unpack(font: &MonoFont<'_>, character: char) -> Glyph {
    let columns = (font.image.size().width as usize / WIDTH).max(1);
    let index = font.glyph_mapping.index(character);
    let (left, top) = (index % columns * WIDTH, index / columns * HEIGHT);
    let mut glyph = [0; HEIGHT];
    for (y, row) in glyph.iter_mut().enumerate() {
        for x in 0..WIDTH {
            // The image is some hundred pixels wide and some thousand high.
            let at = Point::new((left + x) as i32, (top + y) as i32);
            *row = *row << 1 | u16::from(font.image.pixel(at) == Some(BinaryColor::On));
        }
    }
    glyph
}

#[cfg(test)]
mod tests {
    use super::*;

    fn has(character: char) -> bool {
        let font = MONO_9X18;
        font.glyph_mapping.index(character) != font.glyph_mapping.index('\u{10ffff}')
    }

    #[test]
    fn what_a_console_shows_is_there() {
        let ranges = [
            ' '..='~',
            '\u{a0}'..='\u{17f}',
            '←'..='↙',
            '─'..='╿',
            '▀'..='▟',
            '■'..='◿',
            'Α'..='Ρ',
            'α'..='ω',
            'А'..='я',
            '\u{2800}'..='\u{28ff}',
            '‐'..='‧',
            '∀'..='∿',
        ];
        for character in ranges.into_iter().flatten() {
            assert!(has(character), "{character:?}");
        }
        for character in "€™✓✗★☺♥♦♣♠⎺⎻─⎼⎽␉␌␍␊␤␋".chars() {
            assert!(has(character), "{character:?}");
        }
        assert!(!has('\u{1f600}'));
    }

    #[test]
    fn lines_and_blocks_meet_their_neighbours() {
        let mut font = Font::new();
        assert_eq!(font.glyph('█'), [0x1ff; HEIGHT]);
        assert!(font.glyph('─').contains(&0x1ff));
        assert!(font.glyph('│').iter().all(|row| *row != 0));
        assert_eq!(font.glyph(' '), [0; HEIGHT]);
    }

    #[test]
    fn a_character_that_is_not_there_has_a_sign_of_its_own() {
        let mut font = Font::new();
        let missing = font.glyph('\u{10ffff}');
        assert!(missing != [0; HEIGHT]);
        assert_eq!(missing, font.glyph('\u{1f600}'));
        assert_ne!(missing, font.glyph('?'));
    }
}
