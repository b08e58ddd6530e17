//! What the guest is given: the boot module with its files, and the command line that is run there.

use std::ffi::OsString;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::{Context, Result, bail};

use crate::archive::{Archive, Times};
use crate::quote;

/// Where the guest finds the command line, and the kernel's word for it.
const AUTORUN: &str = "autorun";

/// A folder of the host and where the guest sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Folder {
    host: PathBuf,
    guest: Option<String>,
}

impl FromStr for Folder {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once("::") {
            Some((host, guest)) if host.is_empty() || guest.is_empty() => Err("write HOST or HOST::GUEST".to_owned()),
            Some((host, guest)) => Ok(Self { host: host.into(), guest: Some(guest.to_owned()) }),
            None => Ok(Self { host: text.into(), guest: None }),
        }
    }
}

/// What the command line is.
#[derive(Clone, Debug)]
pub enum Job {
    /// One app with its arguments.
    App {
        /// The app's file on the host.
        file: PathBuf,
        /// Its arguments.
        arguments: Vec<OsString>,
        /// Where it finds sockets that listen.
        listeners: Vec<SocketAddr>,
    },
    /// A line for the shell.
    Line(String),
    /// Whatever is typed at the prompt.
    Prompt,
}

/// What the shell finds in its environment at the console, too.
const SHELL_ENVIRONMENT: [&str; 2] = ["PATH=/bin", "HOME=/"];

/// Words for the kernel that start the job; its streams are on the console.
pub const COMMAND_LINE: &str = "autorun=/autorun";

/// Writes the boot module for a job.
pub fn write_module(path: &Path, job: &Job, folders: &[Folder], environment: &[String]) -> Result<()> {
    let file = File::create(path).with_context(|| format!("cannot write {}", path.display()))?;
    let mut archive = Archive::new(BufWriter::new(file), Times::Kept);
    let line = match job {
        Job::App { file, arguments, listeners } => {
            let mut words = vec!["run".to_owned()];
            for address in listeners {
                words.extend(["--listen".to_owned(), address.to_string()]);
            }
            Some(add_app(&mut archive, words, file, arguments, folders, environment)?)
        }
        Job::Prompt => {
            add_folders(&mut archive, folders)?;
            None
        }
        Job::Line(line) => {
            add_folders(&mut archive, folders)?;
            let usual = SHELL_ENVIRONMENT.iter().copied().chain(environment.iter().map(String::as_str));
            Some(usual.map(|pair| format!("export {}\n", quote::word(pair))).collect::<String>() + line)
        }
    };
    if let Some(line) = line {
        archive.add_bytes(AUTORUN, format!("{line}\n").as_bytes())?;
    }
    archive.finish()?.flush().with_context(|| format!("cannot write {}", path.display()))
}

/// An app sees its folders through `run`, each below a name of its own choice. `words` is `run` with what else it gets.
fn add_app(
    archive: &mut Archive<impl Write>,
    mut words: Vec<String>,
    file: &Path,
    arguments: &[OsString],
    folders: &[Folder],
    environment: &[String],
) -> Result<String> {
    let name = file.file_name().and_then(|name| name.to_str()).context("the app's name is not UTF-8")?;
    if !file.is_file() {
        bail!("there is no app {}", file.display());
    }
    if folders.is_empty() {
        words.push("--no-dir".to_owned());
    }
    for (number, folder) in folders.iter().enumerate() {
        let place = format!("mnt/{number}");
        archive.add_tree(&folder.host, &place)?;
        words.extend(["--dir".to_owned(), format!("/{place}::{}", folder.name_for_app()?)]);
    }
    for pair in environment {
        words.extend(["--env".to_owned(), pair.clone()]);
    }
    let place = format!("app/{name}");
    archive.add_program(file, &place)?;
    words.push(format!("/{place}"));
    for argument in arguments {
        words.push(argument.to_str().with_context(|| format!("argument {argument:?} is not UTF-8"))?.to_owned());
    }
    Ok(quote::line(words.iter().map(String::as_str)))
}

/// The shell sees folders in the file system itself.
fn add_folders(archive: &mut Archive<impl Write>, folders: &[Folder]) -> Result<()> {
    for folder in folders {
        archive.add_tree(&folder.host, folder.name_for_shell()?.trim_matches('/'))?;
    }
    Ok(())
}

impl Folder {
    /// As wasmtime has it: without a name for the guest, the host's.
    fn name_for_app(&self) -> Result<&str> {
        let host = || self.host.to_str().with_context(|| format!("the name of {} is not UTF-8", self.host.display()));
        self.guest.as_deref().map_or_else(host, Ok)
    }

    /// Without a name for the guest, `/mnt` and the last part of the host's.
    fn name_for_shell(&self) -> Result<String> {
        if let Some(guest) = &self.guest {
            return Ok(guest.clone());
        }
        let full = self.host.canonicalize().with_context(|| format!("there is no folder {}", self.host.display()))?;
        let name = full.file_name().and_then(|name| name.to_str());
        Ok(format!("/mnt/{}", name.with_context(|| format!("{} needs a name: HOST::GUEST", self.host.display()))?))
    }
}
