//! Shows the time (UTC) on a dial.

#![forbid(unsafe_code)]

mod dial;

use cli::lexopt::prelude::*;
use cli::{App, Stop, lexopt};
use dial::Time;
use picture::{Event, Picture, Screen};
use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const APP: App = App {
    name: "clock",
    help: "\
usage: clock [-o FILE] [-t HH:MM:SS]

Shows the time (UTC) on the screen until q or Esc is pressed. Without a screen, as on the host, or with -o, it writes one
picture to FILE.

  -o, --output FILE    writes a picture (PPM) [clock.ppm]
  -t, --time HH:MM:SS  shows this time, which stands still
  -h, --help           show this
",
};

/// The picture's size without a screen.
const SIZE: (usize, usize) = (480, 480);

fn main() -> ExitCode {
    APP.run(clock)
}

fn clock(mut args: lexopt::Parser) -> Result<(), Stop> {
    let mut output: Option<OsString> = None;
    let mut time = None;
    while let Some(arg) = args.next()? {
        match arg {
            Short('o') | Long("output") => output = Some(args.value()?),
            Short('t') | Long("time") => {
                time = Some(args.value()?.parse_with(|text| Time::parse(text).ok_or("not HH:MM:SS"))?)
            }
            Short('h') | Long("help") => return Err(Stop::Help),
            other => return Err(other.unexpected().into()),
        }
    }
    let screen = match output {
        Some(_) => None,
        None => Screen::open(None).map_err(|error| Stop::failed("the screen", error))?,
    };
    match screen {
        Some(mut screen) => on_screen(&mut screen, time),
        None => to_file(Path::new(&output.unwrap_or_else(|| "clock.ppm".into())), time),
    }
}

/// How long the present second lasts.
fn rest_of_second() -> Duration {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Duration::from_secs(1).saturating_sub(Duration::from_nanos(now.subsec_nanos().into()))
}

fn now() -> Time {
    Time::of(SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs())
}

fn on_screen(screen: &mut Screen, fixed: Option<Time>) -> Result<(), Stop> {
    let (width, height) = screen.size();
    let mut picture = Picture::new(width, height);
    loop {
        dial::draw(&mut picture, fixed.unwrap_or_else(now));
        screen.show(&mut picture).map_err(|error| Stop::failed("the screen", error))?;
        let limit = if fixed.is_some() { None } else { Some(rest_of_second()) };
        let events = screen.events(limit).map_err(|error| Stop::failed("keyboard and mouse", error))?;
        let leaves =
            |event: &Event| matches!(event, Event::Press { key, text } if *text == Some('q') || key == "Escape");
        if events.iter().any(leaves) {
            return Ok(());
        }
    }
}

fn to_file(output: &Path, fixed: Option<Time>) -> Result<(), Stop> {
    let mut picture = Picture::new(SIZE.0, SIZE.1);
    dial::draw(&mut picture, fixed.unwrap_or_else(now));
    let write = || picture.write_ppm(&mut io::BufWriter::new(File::create(output)?));
    write().map_err(|error| Stop::failed(output.display(), error))
}
