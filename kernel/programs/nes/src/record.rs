//! Frames as PNG files and sound as a WAV file, in one directory.

use crate::console::{HEIGHT, SOUND_RATE, WIDTH};
use interfaces::Errno;
use process::Context;
use std::io;
use std::sync::Arc;
use vfs::{OpenFile, OpenOptions};

const SOUND_FILE: &str = "sound.wav";
const WAV_HEADER: usize = 44;
const BYTES_PER_SAMPLE: u32 = 2;

/// A directory that is being filled.
pub(crate) struct Recording<'a> {
    context: &'a Context,
    folder: String,
    sound: Arc<OpenFile>,
    samples: u32,
}

impl<'a> Recording<'a> {
    /// Makes the directory where there is none, and begins the sound.
    pub(crate) fn start(context: &'a Context, folder: &str) -> Result<Recording<'a>, String> {
        let cwd = context.cwd();
        match context.vfs().create_directory(&cwd, folder, vfs::Scope::Anywhere, 0o755) {
            Ok(()) | Err(Errno::EEXIST) => {}
            Err(error) => return Err(format!("{folder}: {error}")),
        }
        let folder = folder.trim_end_matches('/').to_owned();
        let path = format!("{folder}/{SOUND_FILE}");
        let sound = context.open(&path, &OpenOptions::rewrite()).map_err(|error| format!("{path}: {error}"))?;
        sound.write_all(&wav_header(0)).map_err(|error| format!("{path}: {error}"))?;
        Ok(Recording { context, folder, sound, samples: 0 })
    }

    pub(crate) fn add_sound(&mut self, sound: &[f32]) -> Result<(), String> {
        let bytes: Vec<u8> = sound.iter().flat_map(|sample| to_i16(*sample).to_le_bytes()).collect();
        self.samples = self.samples.saturating_add(u32::try_from(sound.len()).unwrap_or(u32::MAX));
        self.sound.write_all(&bytes).map_err(|error| self.sound_error(error))
    }

    /// Writes a picture, RGBA, as `frame-NUMBER.png`.
    pub(crate) fn add_picture(&mut self, number: u32, picture: &[u8]) -> Result<(), String> {
        let path = format!("{}/frame-{number:06}.png", self.folder);
        let content = encode(picture).map_err(|error| format!("{path}: {error}"))?;
        self.context.vfs().write_file(&self.context.cwd(), &path, &content).map_err(|error| format!("{path}: {error}"))
    }

    /// Completes the sound's header.
    pub(crate) fn finish(self) -> Result<(), String> {
        let header = wav_header(self.samples);
        match self.sound.pwrite(&header, 0) {
            Ok(count) if count == header.len() => Ok(()),
            Ok(_) => Err(self.sound_error(Errno::ENOSPC)),
            Err(error) => Err(self.sound_error(error)),
        }
    }

    fn sound_error(&self, error: Errno) -> String {
        format!("{}/{SOUND_FILE}: {error}", self.folder)
    }
}

/// A picture as a PNG file, without its alpha channel, which is 255 everywhere.
fn encode(picture: &[u8]) -> io::Result<Vec<u8>> {
    let pixels: Vec<u8> = picture.chunks_exact(4).filter_map(|pixel| pixel.get(..3)).flatten().copied().collect();
    let mut content = Vec::new();
    let mut encoder = png::Encoder::new(&mut content, WIDTH as u32, HEIGHT as u32);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&pixels)?;
    writer.finish()?;
    Ok(content)
}

pub(crate) fn to_i16(sample: f32) -> i16 {
    // The cast saturates, and takes what is no number for silence.
    (sample * f32::from(i16::MAX)) as i16
}

/// The head of a WAV file with `samples` samples of 16 bits on one channel ("Multimedia Programming Interface and Data
/// Specifications 1.0", IBM and Microsoft, 1991).
fn wav_header(samples: u32) -> [u8; WAV_HEADER] {
    let size = samples.saturating_mul(BYTES_PER_SAMPLE);
    let mut header = [0; WAV_HEADER];
    let fields: [&[u8]; 13] = [
        b"RIFF",
        &size.saturating_add(WAV_HEADER as u32 - 8).to_le_bytes(),
        b"WAVE",
        b"fmt ",
        &16u32.to_le_bytes(),
        // PCM, one channel.
        &1u16.to_le_bytes(),
        &1u16.to_le_bytes(),
        &SOUND_RATE.to_le_bytes(),
        &(SOUND_RATE * BYTES_PER_SAMPLE).to_le_bytes(),
        &2u16.to_le_bytes(),
        &16u16.to_le_bytes(),
        b"data",
        &size.to_le_bytes(),
    ];
    for (place, byte) in header.iter_mut().zip(fields.into_iter().flatten()) {
        *place = *byte;
    }
    header
}
