//! `screenshot FILE`: what the screen shows, as a PNG file.

use process::{Context, ExitStatus};
use screen::{Capture, Screen};
use std::sync::Arc;

pub(crate) fn main(context: &Context, screen: &Arc<Screen>) -> ExitStatus {
    let [path] = context.arguments() else {
        context.fail("one file is wanted: screenshot FILE");
        return ExitStatus::USAGE;
    };
    let capture = match screen.capture() {
        Ok(capture) => capture,
        Err(error) => return context.fail(error),
    };
    let content = match encode(&capture) {
        Ok(content) => content,
        Err(error) => return context.fail(error),
    };
    match context.vfs().write_file(&context.cwd(), path, &content) {
        Ok(()) => ExitStatus::SUCCESS,
        Err(error) => context.fail(format_args!("{path}: {error}")),
    }
}

/// The picture as a PNG file.
pub(crate) fn encode(capture: &Capture) -> Result<Vec<u8>, png::EncodingError> {
    let narrow = |length: usize| u32::try_from(length).unwrap_or(u32::MAX);
    let mut content = Vec::new();
    let mut encoder = png::Encoder::new(&mut content, narrow(capture.width), narrow(capture.height));
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Fast);
    let mut writer = encoder.write_header()?;
    let bytes: Vec<u8> = capture.pixels.iter().flat_map(|pixel| pixel.to_be_bytes().into_iter().skip(1)).collect();
    writer.write_image_data(&bytes)?;
    writer.finish()?;
    Ok(content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_comes_back_as_it_was() {
        let capture = Capture { width: 2, height: 2, pixels: vec![0xff_0000, 0x00_ff00, 0x00_00ff, 0x01_0203] };
        let content = encode(&capture).expect("encodes");
        let mut reader = png::Decoder::new(std::io::Cursor::new(content)).read_info().expect("a PNG file");
        let mut pixels = vec![0; reader.output_buffer_size().expect("a size")];
        let info = reader.next_frame(&mut pixels).expect("a picture");
        assert_eq!((info.width, info.height, info.color_type), (2, 2, png::ColorType::Rgb));
        assert_eq!(pixels, [255, 0, 0, 0, 255, 0, 0, 0, 255, 1, 2, 3]);
    }
}
