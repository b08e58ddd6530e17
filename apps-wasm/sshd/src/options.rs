//! The command line.

use crate::password;
use cli::lexopt::prelude::*;
use cli::{Stop, lexopt};
use sockets::Place;
use std::path::PathBuf;
use std::time::Duration;

pub(crate) const HELP: &str = "\
usage: sshd [--port N] [OPTION...]
       sshd --hash-password [--passes N]

Lets users in by SSH: a shell, single commands, and files by SFTP. Inherited listeners (LISTEN_FDS) are served too.

  -p, --port N             listen on this port of all addresses; 22 if not given
  -l, --listen ADDR:PORT   listen there; can be given several times, IPv6 as [::1]:22
  -u, --user NAME          who may log in; root if not given
  -c, --config FOLDER      where the files below are; /etc/ssh if not given
      --boot-options FILE  also take sshd.key= and sshd.password= from this file; /proc/cmdline if not given, on Yolk
      --connections N      serve so many clients at once; 32 if not given
      --login-time SECONDS a client has to log in within this time; 120 if not given
      --keep-alive SECONDS ask a silent client for a sign of life, and let it go after three times; 60 if not given
      --idle SECONDS       let a client go that does nothing for so long; 0, never, if not given
      --hash-password      read a password from standard input and print what belongs into the file `password`
      --check-password     read such a hash and then a password, and say whether they fit: what the server asks itself
      --passes N           fill the hash's memory N times: so costly is each guess, and each login; 5 if not given
  -h, --help               show this

Files in the folder:
  authorized_keys          public keys that open the door, one a line, as in OpenSSH; ssh-ed25519, ecdsa-sha2-nistp256
                           and ssh-rsa of 2048 to 4096 bits
  password                 the hash of a password that opens it too; no file, no password login
  host_ed25519_key         the server's own key, made at the first start
  banner                   a text that clients show before they log in
Without a key and without a password nobody gets in. Both can also come from the kernel's command line: sshd.key=AAAA...
(the middle word of a public key; several times for several keys) and sshd.password=HASH.
";

/// Where to listen if nothing else says it.
pub(crate) const USUAL_PLACE: Place = Place::Port(22);

/// What the command line asks for.
pub(crate) enum Task {
    /// To hash a password.
    HashPassword { passes: u32 },
    /// To say whether a password is that of a hash.
    CheckPassword,
    /// To be a server.
    Serve(Options),
}

/// How to be a server.
pub(crate) struct Options {
    pub(crate) places: Vec<Place>,
    pub(crate) user: String,
    pub(crate) folder: PathBuf,
    pub(crate) boot_options: Option<PathBuf>,
    pub(crate) connections: usize,
    pub(crate) limits: Limits,
}

/// How long a client may do what.
#[derive(Clone, Copy)]
pub(crate) struct Limits {
    /// From the connection to the end of the login.
    pub(crate) login_time: Duration,
    /// Without a byte from the client, until it is asked for one.
    pub(crate) keep_alive: Duration,
    /// Without anything going on in a session.
    pub(crate) idle_time: Option<Duration>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            places: Vec::new(),
            user: "root".to_owned(),
            folder: PathBuf::from("/etc/ssh"),
            boot_options: cfg!(target_os = "wasi").then(|| PathBuf::from("/proc/cmdline")),
            connections: 32,
            limits: Limits {
                login_time: Duration::from_secs(120),
                keep_alive: Duration::from_secs(60),
                idle_time: None,
            },
        }
    }
}

impl Options {
    pub(crate) fn read(mut args: lexopt::Parser) -> Result<Task, Stop> {
        let mut options = Options::default();
        let limits = &mut options.limits;
        let (mut hashes, mut checks, mut passes) = (false, false, password::USUAL_PASSES);
        while let Some(arg) = args.next()? {
            match arg {
                Short('p') | Long("port") => options.places.push(Place::Port(args.value()?.parse()?)),
                Short('l') | Long("listen") => options.places.push(Place::Address(args.value()?.parse()?)),
                Short('u') | Long("user") => options.user = args.value()?.parse_with(parse_user)?,
                Short('c') | Long("config") => options.folder = args.value()?.into(),
                Long("boot-options") => options.boot_options = Some(args.value()?.into()),
                Long("connections") => options.connections = args.value()?.parse_with(parse_count)?,
                Long("login-time") => limits.login_time = args.value()?.parse_with(parse_time)?,
                Long("keep-alive") => limits.keep_alive = args.value()?.parse_with(parse_time)?,
                Long("idle") => limits.idle_time = args.value()?.parse_with(parse_time).map(Some).or_else(no_time)?,
                Long("hash-password") => hashes = true,
                Long("check-password") => checks = true,
                Long("passes") => passes = args.value()?.parse_with(parse_passes)?,
                Short('h') | Long("help") => return Err(Stop::Help),
                other => return Err(other.unexpected().into()),
            }
        }
        Ok(match (hashes, checks) {
            (true, _) => Task::HashPassword { passes },
            (false, true) => Task::CheckPassword,
            (false, false) => Task::Serve(options),
        })
    }
}

/// Names that the protocol library can hold, and that cannot break a line of the log.
fn parse_user(text: &str) -> Result<String, &'static str> {
    let valid = (1..=40).contains(&text.len()) && text.chars().all(|c| c.is_ascii_graphic());
    if valid { Ok(text.to_owned()) } else { Err("a user's name has 1 to 40 letters, digits and signs") }
}

fn parse_count(text: &str) -> Result<usize, &'static str> {
    text.parse().ok().filter(|count| *count > 0).ok_or("this is no number above zero")
}

fn parse_passes(text: &str) -> Result<u32, &'static str> {
    text.parse().ok().filter(|passes| (1..=100).contains(passes)).ok_or("this is no number from 1 to 100")
}

fn parse_time(text: &str) -> Result<Duration, &'static str> {
    let seconds = text.parse::<u32>().ok().filter(|seconds| *seconds > 0);
    seconds.map(|seconds| Duration::from_secs(seconds.into())).ok_or("this is no number of seconds above zero")
}

/// Zero is a time for `--idle`: none.
fn no_time(error: lexopt::Error) -> Result<Option<Duration>, lexopt::Error> {
    match &error {
        lexopt::Error::ParsingFailed { value, .. } if value == "0" => Ok(None),
        _ => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::{Options, Task};
    use cli::{Stop, lexopt};
    use std::time::Duration;

    fn read(args: &[&str]) -> Result<Options, Stop> {
        match Options::read(lexopt::Parser::from_args(args))? {
            Task::Serve(options) => Ok(options),
            Task::HashPassword { .. } | Task::CheckPassword => panic!("not to be a server"),
        }
    }

    #[test]
    fn what_nobody_says() {
        let options = read(&[]).expect("options");
        assert_eq!(options.places, []);
        assert_eq!((options.user.as_str(), options.limits.idle_time), ("root", None));
    }

    #[test]
    fn times() {
        let options = read(&["--idle", "5", "--login-time", "7"]).expect("options");
        assert_eq!(options.limits.idle_time, Some(Duration::from_secs(5)));
        assert_eq!(options.limits.login_time, Duration::from_secs(7));
        assert_eq!(read(&["--idle", "0"]).expect("options").limits.idle_time, None);
    }

    #[test]
    fn wrong_command_lines() {
        for wrong in [
            &["--user", ""][..],
            &["--user", "a b"],
            &["--connections", "0"],
            &["--idle", "x"],
            &["--passes", "0"],
            &["file"],
        ] {
            assert!(matches!(read(wrong), Err(Stop::Usage(_))), "{wrong:?}");
        }
    }
}
