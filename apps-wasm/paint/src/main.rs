//! Draws with the mouse: the left button draws, the right one erases, keys choose colour and brush.
//!
//! What keys and mouse do is in `sheet`, which knows no screen: without one the same events come from standard input, and
//! the picture goes to a file.

#![forbid(unsafe_code)]

mod sheet;

use cli::lexopt::prelude::*;
use cli::{App, Stop, lexopt};
use picture::{Event, Screen};
use sheet::{Sheet, Step};
use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::path::Path;
use std::process::ExitCode;

const APP: App = App {
    name: "paint",
    help: "\
usage: paint [-o FILE] [--size WIDTHxHEIGHT]

Draws on the screen: the left button draws, the right one erases. Keys:

  1 to 8       choose a colour
  + and -      make the brush larger and smaller (so does the wheel)
  c            clears the sheet
  s            writes the picture to FILE (PPM)
  q or Esc     leaves

  -o, --output FILE   where pictures go [paint.ppm]
  --size W x H        the size of the sheet
  -h, --help          show this

Without a screen, as on the host, it plays events from standard input, in the form of /dev/input/keyboard and
/dev/input/mouse, and writes the picture to FILE at their end.
",
};

/// The sheet's size without a screen.
const SIZE: (usize, usize) = (640, 480);

fn main() -> ExitCode {
    APP.run(paint)
}

fn paint(mut args: lexopt::Parser) -> Result<(), Stop> {
    let mut output = OsString::from("paint.ppm");
    let mut size = None;
    while let Some(arg) = args.next()? {
        match arg {
            Short('o') | Long("output") => output = args.value()?,
            Long("size") => size = Some(args.value()?.parse_with(|text| picture_size(text).ok_or("not WIDTHxHEIGHT"))?),
            Short('h') | Long("help") => return Err(Stop::Help),
            other => return Err(other.unexpected().into()),
        }
    }
    let output = Path::new(&output);
    match Screen::open(size).map_err(|error| Stop::failed("the screen", error))? {
        Some(mut screen) => on_screen(&mut screen, output),
        None => from_input(size.unwrap_or(SIZE), output),
    }
}

fn picture_size(text: &str) -> Option<(usize, usize)> {
    let (width, height) = text.split_once('x')?;
    let length = |text: &str| text.parse().ok().filter(|length| (1..=10_000).contains(length));
    Some((length(width)?, length(height)?))
}

fn on_screen(screen: &mut Screen, output: &Path) -> Result<(), Stop> {
    let (width, height) = screen.size();
    let mut sheet = Sheet::new(width, height);
    loop {
        screen.show(sheet.picture()).map_err(|error| Stop::failed("the screen", error))?;
        let events = screen.events(None).map_err(|error| Stop::failed("keyboard and mouse", error))?;
        for event in &events {
            match sheet.apply(event) {
                Step::Nothing => {}
                // What cannot be written is not lost: there may be room elsewhere, or later.
                Step::Save => match save(&sheet, output) {
                    Ok(()) => sheet.say(&format!("saved to {}", output.display())),
                    Err(error) => sheet.say(&format!("not saved: {error}")),
                },
                Step::Leave => return Ok(()),
            }
        }
    }
}

fn from_input((width, height): (usize, usize), output: &Path) -> Result<(), Stop> {
    let mut sheet = Sheet::new(width, height);
    for line in io::stdin().lines() {
        let line = line.map_err(|error| Stop::failed("standard input", error))?;
        match Event::parse(&line).map(|event| sheet.apply(&event)) {
            Some(Step::Leave) => break,
            Some(_) => {}
            None if line.is_empty() => {}
            None => return Err(Stop::Failed(format!("no event: {line}"))),
        }
    }
    save(&sheet, output).map_err(Stop::Failed)
}

/// Writes the picture, without the pointer.
fn save(sheet: &Sheet, output: &Path) -> Result<(), String> {
    let write = || sheet.drawing().write_ppm(&mut io::BufWriter::new(File::create(output)?));
    write().map_err(|error: io::Error| format!("{}: {error}", output.display()))
}
