//! The command line.

use crate::http::Limits;
use cli::lexopt::prelude::*;
use cli::{Stop, lexopt};
use sockets::Place;
use std::ffi::OsString;
use std::fs;
use std::path::PathBuf;
use std::time::Duration;

pub(crate) const HELP: &str = "\
usage: httpd [--port N] [--root DIRECTORY] [OPTION...]

Serves the files of a directory by HTTP/1.1, and the system's state under /metrics. Inherited listeners (LISTEN_FDS) are
served too.

  -p, --port N             listen on this port of all addresses; 80 if not given
  -l, --listen ADDR:PORT   listen there; can be given several times, IPv6 as [::1]:80
  -r, --root DIRECTORY     what is served; /srv/www if not given
      --token TOKEN        allow PUT and DELETE to who sends 'Authorization: Bearer TOKEN'
      --token-file FILE    the same, with the token in a file
      --max-body SIZE      refuse larger uploads, in bytes or as 10K, 10M; 64M if not given
      --connections N      serve so many clients at once; 256 if not given
      --idle SECONDS       close a connection that is idle for so long; 30 if not given
      --log FILE           write a line for each request, in the Common Log Format; '-' is standard output
  -h, --help               show this
";

/// Where to listen if nothing else says it.
pub(crate) const USUAL_PLACE: Place = Place::Port(80);

/// What the command line asks for.
pub(crate) struct Options {
    pub(crate) places: Vec<Place>,
    pub(crate) root: PathBuf,
    pub(crate) token: Option<String>,
    pub(crate) log: Option<PathBuf>,
    pub(crate) limits: Limits,
    pub(crate) connections: usize,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            places: Vec::new(),
            root: PathBuf::from("/srv/www"),
            token: None,
            log: None,
            limits: Limits {
                head_bytes: 16 * 1024,
                body_bytes: 64 << 20,
                head_time: Duration::from_secs(10),
                idle_time: Duration::from_secs(30),
                least_rate: 1024,
                linger_time: Duration::from_secs(2),
            },
            connections: 256,
        }
    }
}

impl Options {
    pub(crate) fn read(mut args: lexopt::Parser) -> Result<Options, Stop> {
        let mut options = Options::default();
        while let Some(arg) = args.next()? {
            match arg {
                Short('p') | Long("port") => options.places.push(Place::Port(args.value()?.parse()?)),
                Short('l') | Long("listen") => options.places.push(Place::Address(args.value()?.parse()?)),
                Short('r') | Long("root") => options.root = args.value()?.into(),
                Long("token") => options.token = Some(checked_token(&args.value()?.string()?)?),
                Long("token-file") => options.token = Some(token_from(args.value()?)?),
                Long("max-body") => options.limits.body_bytes = args.value()?.parse_with(parse_size)?,
                Long("connections") => options.connections = args.value()?.parse_with(parse_count)?,
                Long("idle") => options.limits.idle_time = Duration::from_secs(args.value()?.parse()?),
                Long("log") => options.log = Some(args.value()?.into()),
                Short('h') | Long("help") => return Err(Stop::Help),
                other => return Err(other.unexpected().into()),
            }
        }
        Ok(options)
    }
}

fn token_from(file: OsString) -> Result<String, Stop> {
    let content = fs::read_to_string(&file).map_err(|error| Stop::failed(file.display(), error))?;
    checked_token(&content)
}

/// An empty token would open the door to everyone.
fn checked_token(token: &str) -> Result<String, Stop> {
    let token = token.trim();
    if token.is_empty() { Err(Stop::Usage("the token is empty".to_string())) } else { Ok(token.to_string()) }
}

fn parse_size(text: &str) -> Result<u64, &'static str> {
    let (digits, unit) = match text.char_indices().last() {
        Some((at, 'K' | 'k')) => (text.get(..at), 1 << 10),
        Some((at, 'M' | 'm')) => (text.get(..at), 1 << 20),
        Some((at, 'G' | 'g')) => (text.get(..at), 1 << 30),
        _ => (Some(text), 1),
    };
    let number = digits.and_then(|digits| digits.parse::<u64>().ok());
    number.and_then(|number| number.checked_mul(unit)).ok_or("this is no size")
}

fn parse_count(text: &str) -> Result<usize, &'static str> {
    text.parse().ok().filter(|count| *count > 0).ok_or("this is no number above zero")
}

#[cfg(test)]
mod tests {
    use super::{Options, parse_size};
    use cli::{Stop, lexopt};
    use sockets::Place;

    fn read(args: &[&str]) -> Result<Options, Stop> {
        Options::read(lexopt::Parser::from_args(args))
    }

    #[test]
    fn places() {
        assert_eq!(read(&[]).expect("options").places, []);
        let options = read(&["--port", "8080", "-l", "[::1]:81"]).expect("options");
        assert_eq!(options.places, [Place::Port(8080), Place::Address("[::1]:81".parse().expect("address"))]);
    }

    #[test]
    fn sizes() {
        assert_eq!(parse_size("10"), Ok(10));
        assert_eq!(parse_size("2M"), Ok(2 << 20));
        for wrong in ["", "M", "1T", "-1", "99999999999999999999G", "9999999999999G"] {
            assert!(parse_size(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn wrong_command_lines() {
        for wrong in [&["--token", " "][..], &["--connections", "0"], &["--port", "70000"], &["file"], &["--x"]] {
            assert!(matches!(read(wrong), Err(Stop::Usage(_))), "{wrong:?}");
        }
    }
}
