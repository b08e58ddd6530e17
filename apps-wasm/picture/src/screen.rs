//! Yolk's screen, keyboard and mouse, by their files.

use crate::event::Event;
use crate::picture::{BYTES, Picture};
use sockets::{Interest, Watch};
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom, Write};
use std::os::fd::AsFd;
use std::time::Duration;

const PIXELS: &str = "/dev/fb0";
const CONTROL: &str = "/dev/fb0ctl";
const INPUTS: [&str; 2] = ["/dev/input/keyboard", "/dev/input/mouse"];

/// The screen, from [`open`](Screen::open) until this is dropped.
pub struct Screen {
    pixels: File,
    inputs: [Input; 2],
    size: (usize, usize),
}

/// A device whose content is lines.
struct Input {
    file: File,
    /// The beginning of a line whose rest has not come.
    begun: Vec<u8>,
}

impl Screen {
    /// Takes the screen, in this size if one is given; `None` where there is none, as on the host.
    ///
    /// # Errors
    /// `ResourceBusy` while another program has it; what the system says to the size; `InvalidData` where the control
    /// file says nothing that makes sense.
    pub fn open(size: Option<(usize, usize)>) -> io::Result<Option<Screen>> {
        // A Linux host may have the device. It has not this control file.
        match fs::metadata(CONTROL) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            other => other?,
        };
        let pixels = OpenOptions::new().write(true).open(PIXELS)?;
        if let Some((width, height)) = size {
            OpenOptions::new().write(true).open(CONTROL)?.write_all(format!("size {width} {height}\n").as_bytes())?;
        }
        let size = read_size(&fs::read_to_string(CONTROL)?).ok_or(ErrorKind::InvalidData)?;
        let open = |path| Ok::<Input, io::Error>(Input { file: File::open(path)?, begun: Vec::new() });
        let [keyboard, mouse] = INPUTS;
        Ok(Some(Screen { pixels, inputs: [open(keyboard)?, open(mouse)?], size }))
    }

    /// Width and height.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        self.size
    }

    /// Shows the rows of a picture of this size that have changed.
    ///
    /// # Errors
    /// Those of the system.
    pub fn show(&mut self, picture: &mut Picture) -> io::Result<()> {
        let stride = self.size.0 * BYTES;
        let (first, bytes) = picture.take_changes();
        self.pixels.seek(SeekFrom::Start((first * stride) as u64))?;
        self.pixels.write_all(bytes)
    }

    /// Waits for events, at most so long; without a limit for ever.
    ///
    /// # Errors
    /// Those of the system.
    pub fn events(&mut self, limit: Option<Duration>) -> io::Result<Vec<Event>> {
        let ready = sockets::wait(&self.inputs.each_ref().map(Input::watch), limit)?;
        let mut events = Vec::new();
        for (input, _) in self.inputs.iter_mut().zip(ready).filter(|(_, ready)| ready.readable) {
            input.read(&mut events)?;
        }
        Ok(events)
    }
}

impl Input {
    fn watch(&self) -> Watch<'_> {
        Watch { descriptor: self.file.as_fd(), interest: Interest::Read }
    }

    /// Reads once: another read could wait.
    fn read(&mut self, events: &mut Vec<Event>) -> io::Result<()> {
        let mut chunk = [0; 4096];
        let count = self.file.read(&mut chunk)?;
        self.begun.extend(chunk.iter().take(count));
        while let Some(end) = self.begun.iter().position(|byte| *byte == b'\n') {
            let line: Vec<u8> = self.begun.drain(..=end).collect();
            events.extend(Event::parse(&String::from_utf8_lossy(&line)));
        }
        Ok(())
    }
}

/// The line `size WIDTH HEIGHT`.
fn read_size(text: &str) -> Option<(usize, usize)> {
    let line = text.lines().find_map(|line| line.strip_prefix("size "))?;
    let (width, height) = line.split_once(' ')?;
    Some((width.parse().ok()?, height.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_control_file_is_read() {
        assert_eq!(read_size("driver bochs\nsize 640 480\nstride 2560\n"), Some((640, 480)));
        assert_eq!(read_size("sizes 640x480\n"), None);
        assert_eq!(read_size("size 640\n"), None);
    }

    #[test]
    fn the_host_has_no_such_screen() {
        assert!(Screen::open(None).expect("looked for").is_none());
    }
}
