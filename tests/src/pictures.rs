//! Reference pictures: what a machine's screen has to show, as `tests/pictures/NAME.png`.
//!
//! With `YOLK_NEW_PICTURES` in the environment they are written instead of compared; somebody has to look at them then.

use std::fs;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use embedded_graphics::geometry::{OriginDimensions, Point, Size};
use embedded_graphics::image::GetPixel;
use embedded_graphics::mono_font::ascii::FONT_9X18;
use embedded_graphics::pixelcolor::BinaryColor;

use crate::LIMIT;
use crate::control::Control;

/// How often the screen is looked at while a picture is awaited: each look costs the emulator time.
const PERIOD: Duration = Duration::from_millis(100);
/// A screen that has not changed for so long is taken for finished, where pictures are written.
const QUIET: Duration = Duration::from_secs(4);

/// Red, green and blue, row by row.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    /// Pixels in a row.
    pub width: u32,
    /// Rows.
    pub height: u32,
    /// Three bytes a pixel.
    pub pixels: Vec<u8>,
}

impl Picture {
    /// What the screen shows.
    pub fn of_screen(control: &mut Control) -> Result<Picture> {
        let folder = tempfile::tempdir()?;
        let path = folder.path().join("screen.ppm");
        control.screendump(&path)?;
        Self::from_ppm(&fs::read(path)?).context("QEMU's picture makes no sense")
    }

    /// A PPM file of 8 bits (netpbm, "PPM Format Specification"), without comments.
    pub fn from_ppm(file: &[u8]) -> Option<Picture> {
        let mut parts = file.splitn(5, |byte| byte.is_ascii_whitespace());
        let is_known = parts.next()? == b"P6";
        let mut number = || std::str::from_utf8(parts.next()?).ok()?.parse().ok();
        let (width, height, most): (u32, u32, u32) = (number()?, number()?, number()?);
        let pixels = parts.next()?;
        let length = usize::try_from(u64::from(width) * u64::from(height) * 3).ok()?;
        let is_whole = is_known && most == 255 && pixels.len() == length;
        is_whole.then(|| Picture { width, height, pixels: pixels.to_vec() })
    }

    /// Reads a PNG file.
    pub fn read(path: &Path) -> Result<Picture> {
        let mut reader = png::Decoder::new(std::io::BufReader::new(fs::File::open(path)?)).read_info()?;
        let mut pixels = vec![0; reader.output_buffer_size().context("too large")?];
        let info = reader.next_frame(&mut pixels)?;
        ensure!(
            info.color_type == png::ColorType::Rgb && info.bit_depth == png::BitDepth::Eight,
            "not 24 bits a pixel"
        );
        Ok(Picture { width: info.width, height: info.height, pixels })
    }

    /// Writes a PNG file.
    pub fn write(&self, path: &Path) -> Result<()> {
        let mut encoder = png::Encoder::new(fs::File::create(path)?, self.width, self.height);
        encoder.set_color(png::ColorType::Rgb);
        encoder.set_depth(png::BitDepth::Eight);
        encoder.set_compression(png::Compression::High);
        encoder.write_header()?.write_image_data(&self.pixels)?;
        Ok(())
    }

    /// The text that stands on it, as far as it is ASCII in the console's font and place: 9 by 18 pixels for a character.
    pub fn text(&self) -> String {
        let glyphs: Vec<(char, Glyph)> = (' '..='~').map(|character| (character, glyph_of(character))).collect();
        let rows = (0..self.height / FONT_9X18.character_size.height).map(|row| {
            let columns = 0..self.width / FONT_9X18.character_size.width;
            let read = |column| {
                let seen = self.glyph_at(column, row);
                glyphs.iter().find(|(_, glyph)| *glyph == seen).map_or('?', |(character, _)| *character)
            };
            let line: String = columns.map(read).collect();
            format!("{}\n", line.trim_end())
        });
        rows.collect()
    }

    /// What is bright in a character's place.
    fn glyph_at(&self, column: u32, row: u32) -> Glyph {
        let Size { width, height } = FONT_9X18.character_size;
        let places = (0..height).flat_map(|y| (0..width).map(move |x| (x, y)));
        let bright = |(x, y): (u32, u32)| {
            let pixel = (row * height + y) * self.width + column * width + x;
            self.pixels[3 * pixel as usize..][..3].iter().map(|value| u32::from(*value)).sum::<u32>() > 384
        };
        places.map(bright).collect()
    }

    /// Where it first differs from another one.
    fn difference(&self, other: &Picture) -> Option<String> {
        if (self.width, self.height) != (other.width, other.height) {
            return Some(format!("{}x{} instead of {}x{}", self.width, self.height, other.width, other.height));
        }
        let different: Vec<usize> = (0..self.pixels.len() / 3)
            .filter(|pixel| self.pixels[3 * pixel..][..3] != other.pixels[3 * pixel..][..3])
            .collect();
        let first = *different.first()? as u32;
        Some(format!("{} pixels differ, the first at {},{}", different.len(), first % self.width, first / self.width))
    }
}

/// The pixels of a character, row by row.
type Glyph = Vec<bool>;

fn glyph_of(character: char) -> Glyph {
    let Size { width, height } = FONT_9X18.character_size;
    let columns = FONT_9X18.image.size().width / width;
    let index = FONT_9X18.glyph_mapping.index(character) as u32;
    let corner = Point::new((index % columns * width) as i32, (index / columns * height) as i32);
    let places = (0..height as i32).flat_map(|y| (0..width as i32).map(move |x| Point::new(x, y)));
    places.map(|place| FONT_9X18.image.pixel(corner + place) == Some(BinaryColor::On)).collect()
}

fn reference(name: &str) -> PathBuf {
    yolk::qemu::project_folder().join(format!("tests/pictures/{name}.png"))
}

/// Waits until what the screen shows is as wanted.
pub fn wait_until(control: &mut Control, what: &str, wanted: impl Fn(&Picture) -> bool) {
    let deadline = Instant::now() + LIMIT;
    while !wanted(&Picture::of_screen(control).unwrap_or_else(|error| panic!("{what}: {error:#}"))) {
        assert!(Instant::now() < deadline, "the screen does not show {what}");
        thread::sleep(PERIOD);
    }
}

/// Does `what` and waits until the screen shows something else than before.
///
/// A PS/2 mouse adds up the moves that nobody has fetched yet, and keyboard and mouse are two devices: whoever needs
/// events one by one, and in order, gives the next one when the one before has been seen.
pub fn see(control: &mut Control, what: &str, act: impl FnOnce(&mut Control) -> Result<()>) {
    let outcome = Picture::of_screen(control).and_then(|before| act(control).map(|()| before));
    let before = outcome.unwrap_or_else(|error| panic!("{what}: {error:#}"));
    wait_until(control, what, |shown| *shown != before);
}

/// Waits until the screen shows the reference picture called `name`.
pub fn expect(control: &mut Control, name: &str) {
    let outcome = if std::env::var_os("YOLK_NEW_PICTURES").is_some() {
        renew(control, &reference(name))
    } else {
        compare(control, &reference(name))
    };
    outcome.unwrap_or_else(|error| panic!("picture {name}: {error:#}"));
}

fn compare(control: &mut Control, path: &Path) -> Result<()> {
    let wanted = Picture::read(path).with_context(|| format!("{}", path.display()))?;
    let deadline = Instant::now() + LIMIT;
    loop {
        let shown = Picture::of_screen(control)?;
        let Some(difference) = shown.difference(&wanted) else { return Ok(()) };
        if Instant::now() >= deadline {
            let beside = path.with_extension("shown.png");
            shown.write(&beside)?;
            anyhow::bail!("{difference}; what was shown is {}", beside.display());
        }
        thread::sleep(PERIOD);
    }
}

fn renew(control: &mut Control, path: &Path) -> Result<()> {
    let deadline = Instant::now() + LIMIT;
    let mut last = (Picture::of_screen(control)?, Instant::now());
    while last.1.elapsed() < QUIET {
        ensure!(Instant::now() < deadline, "the screen does not come to rest");
        thread::sleep(PERIOD);
        let shown = Picture::of_screen(control)?;
        if shown != last.0 {
            last = (shown, Instant::now());
        }
    }
    last.0.write(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_survives_both_formats() {
        let picture = Picture::from_ppm(b"P6\n2 1\n255\n\x01\x02\x03\n \xff").expect("a picture");
        assert_eq!((picture.width, picture.height, &picture.pixels[..]), (2, 1, &b"\x01\x02\x03\n \xff"[..]));
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("a.png");
        picture.write(&path).expect("written");
        assert!(Picture::read(&path).expect("read") == picture);
        for wrong in [&b"P5\n2 1\n255\n123456"[..], b"P6\n2 1\n255\n12345", b"P6\n", b""] {
            assert!(Picture::from_ppm(wrong).is_none());
        }
    }

    #[test]
    fn one_pixel_makes_a_difference() {
        let picture = |pixels: &[u8]| Picture { width: 2, height: 1, pixels: pixels.to_vec() };
        let black = picture(&[0; 6]);
        assert_eq!(black.difference(&black), None);
        assert!(picture(&[0, 0, 0, 0, 1, 0]).difference(&black).is_some_and(|text| text.contains("at 1,0")));
    }
}
