//! Random operations, done both here and on the host's own file system: results, errors and the trees must be equal.
//!
//! Both work in a directory so deep that no `..` leads out of what belongs to the test: paths climb at most twice, and
//! so does each of the up to 40 symbolic links on the way.

#![cfg(target_os = "linux")]

mod common;

use common::{at, tree};
use interfaces::Errno;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use std::fs;
use std::io;
use std::os::unix::fs::{FileExt, FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::Path;
use std::sync::Arc;
use vfs::{Follow, Kind, Location, OpenOptions, Scope, Vfs};

const DEPTH: usize = 100;
const O_DIRECTORY: i32 = 0o200_000;
const O_NOFOLLOW: i32 = 0o400_000;

#[derive(Clone, Debug)]
enum Operation {
    CreateDirectory(String),
    Symlink(String, String),
    Link(String, String),
    Unlink(String),
    RemoveDirectory(String),
    Rename(String, String),
    Open(String, Flags),
    Write(String, u64, usize),
    Append(String, usize),
    SetSize(String, u64),
    Read(String),
    Stat(String, Follow),
    ReadLink(String),
    List(String),
}

#[derive(Clone, Copy, Debug)]
struct Flags {
    write: bool,
    create: bool,
    exclusive: bool,
    truncate: bool,
    directory: bool,
    nofollow: bool,
}

/// What an operation gave, as far as both sides can be compared.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Outcome {
    Done,
    Bytes(Vec<u8>),
    Node { kind: Kind, links: u64, size: u64 },
    Text(String),
    Names(Vec<(String, Kind)>),
}

fn path() -> impl Strategy<Value = String> {
    let component = prop_oneof![16 => select(vec!["a", "b", "c"]), 1 => Just("."), 2 => Just("..")];
    let separator = select(vec!["/", "/", "/", "//"]);
    let trailing = prop_oneof![12 => Just(""), 2 => Just("/"), 1 => Just("//")];
    let length = prop_oneof![5 => 1..2usize, 3 => 2..3usize, 2 => 3..4usize];
    (length.prop_flat_map(move |length| vec((component.clone(), separator.clone()), length)), trailing).prop_filter_map(
        "climbs too far",
        |(components, trailing)| {
            let climbs = components.iter().filter(|(component, _)| *component == "..").count();
            let mut path: String =
                components.iter().flat_map(|(component, separator)| [*component, *separator]).collect();
            path.truncate(path.trim_end_matches('/').len());
            (climbs <= 2).then(|| path + trailing)
        },
    )
}

fn flags() -> impl Strategy<Value = Flags> {
    any::<(bool, bool, bool, bool, bool, bool)>().prop_map(
        |(write, create, exclusive, truncate, directory, nofollow)| {
            Flags {
                write,
                create,
                exclusive: exclusive && create,
                // The host's `std` refuses to cut what is not open for writing.
                truncate: truncate && write,
                directory,
                nofollow,
            }
        },
    )
}

fn operation() -> impl Strategy<Value = Operation> {
    use Operation::*;
    let follow = select(vec![Follow::Yes, Follow::No]);
    prop_oneof![
        12 => path().prop_map(CreateDirectory),
        6 => (path(), path()).prop_map(|(target, path)| Symlink(target, path)),
        3 => (path(), path()).prop_map(|(old, new)| Link(old, new)),
        3 => path().prop_map(Unlink),
        3 => path().prop_map(RemoveDirectory),
        8 => (path(), path()).prop_map(|(old, new)| Rename(old, new)),
        6 => (path(), flags()).prop_map(|(path, flags)| Open(path, flags)),
        8 => (path(), 0..40_000u64, 0..20_000usize).prop_map(|(path, offset, length)| Write(path, offset, length)),
        2 => (path(), 0..20_000usize).prop_map(|(path, length)| Append(path, length)),
        2 => (path(), 0..60_000u64).prop_map(|(path, size)| SetSize(path, size)),
        2 => path().prop_map(Read),
        3 => (path(), follow).prop_map(|(path, follow)| Stat(path, follow)),
        1 => path().prop_map(ReadLink),
        1 => path().prop_map(List),
    ]
}

/// Bytes that tell where they were written.
fn pattern(length: usize) -> Vec<u8> {
    (0..length).map(|at| (at % 251) as u8 + 1).collect()
}

/// The operations on this crate.
struct Ours {
    vfs: Arc<Vfs>,
    base: Location,
}

impl Ours {
    fn new() -> Ours {
        let vfs = tree();
        let mut path = String::new();
        for _ in 0..DEPTH {
            path.push_str("/n");
            vfs.create_directory(&vfs.root(), &path, Scope::Anywhere, 0o755).unwrap();
        }
        let base = at(&vfs, &path);
        Ours { vfs, base }
    }

    fn open(&self, path: &str, options: OpenOptions) -> Result<Arc<vfs::OpenFile>, Errno> {
        self.vfs.open(&self.base, path, Scope::Anywhere, &options)
    }

    fn run(&self, operation: &Operation) -> Result<Outcome, Errno> {
        use Operation::*;
        let (vfs, base, scope) = (&self.vfs, &self.base, Scope::Anywhere);
        let write = OpenOptions { write: true, ..OpenOptions::default() };
        match operation {
            CreateDirectory(path) => vfs.create_directory(base, path, scope, 0o755)?,
            Symlink(target, path) => vfs.create_symlink(target, base, path, scope)?,
            Link(old, new) => vfs.link(base, old, Follow::No, base, new, scope)?,
            Unlink(path) => vfs.unlink(base, path, scope)?,
            RemoveDirectory(path) => vfs.remove_directory(base, path, scope)?,
            Rename(old, new) => vfs.rename(base, old, base, new, scope)?,
            Open(path, flags) => drop(self.open(path, options(*flags))?),
            Write(path, offset, length) => {
                let file = self.open(path, OpenOptions { create: true, ..write })?;
                assert_eq!(file.pwrite(&pattern(*length), *offset)?, *length);
            }
            Append(path, length) => {
                self.open(path, OpenOptions { append: true, ..write })?.write_all(&pattern(*length))?
            }
            SetSize(path, size) => self.open(path, write)?.set_size(*size)?,
            Read(path) => return self.vfs.read_file(base, path, usize::MAX).map(Outcome::Bytes),
            Stat(path, follow) => return vfs.metadata(base, path, scope, *follow).map(our_node),
            ReadLink(path) => return vfs.read_link(base, path, scope).map(Outcome::Text),
            List(path) => return self.list(path).map(Outcome::Names),
        }
        Ok(Outcome::Done)
    }

    fn list(&self, path: &str) -> Result<Vec<(String, Kind)>, Errno> {
        let directory = self.open(path, OpenOptions { directory: true, ..OpenOptions::read() })?;
        let entries = directory.read_dir(2, usize::MAX)?;
        let mut names: Vec<_> = entries.into_iter().map(|entry| (entry.name, entry.kind)).collect();
        names.sort_by(|one, other| one.0.cmp(&other.0));
        Ok(names)
    }
}

fn options(flags: Flags) -> OpenOptions {
    let Flags { write, create, exclusive, truncate, directory, nofollow } = flags;
    OpenOptions { write, create, exclusive, truncate, directory, nofollow, ..OpenOptions::read() }
}

fn our_node(metadata: vfs::Metadata) -> Outcome {
    node(metadata.kind, metadata.links, metadata.size)
}

/// Directories' links and sizes are the file system's own affair.
fn node(kind: Kind, links: u64, size: u64) -> Outcome {
    if kind == Kind::Directory {
        Outcome::Node { kind, links: 0, size: 0 }
    } else {
        Outcome::Node { kind, links, size }
    }
}

/// The operations on the host.
struct Host {
    directory: tempfile::TempDir,
    base: String,
}

impl Host {
    fn new() -> Host {
        let memory = Path::new("/dev/shm");
        let directory = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }.unwrap();
        let base = directory.path().to_str().unwrap().to_owned() + &"/n".repeat(DEPTH);
        fs::create_dir_all(&base).unwrap();
        Host { directory, base }
    }

    fn at(&self, path: &str) -> String {
        format!("{}/{path}", self.base)
    }

    fn run(&self, operation: &Operation) -> io::Result<Outcome> {
        use Operation::*;
        let open = || fs::OpenOptions::new();
        match operation {
            CreateDirectory(path) => fs::create_dir(self.at(path))?,
            Symlink(target, path) => std::os::unix::fs::symlink(target, self.at(path))?,
            Link(old, new) => fs::hard_link(self.at(old), self.at(new))?,
            Unlink(path) => fs::remove_file(self.at(path))?,
            RemoveDirectory(path) => fs::remove_dir(self.at(path))?,
            Rename(old, new) => fs::rename(self.at(old), self.at(new))?,
            Open(path, flags) => drop(self.open(path, *flags)?),
            Write(path, offset, length) => {
                let file = open().write(true).create(true).truncate(false).open(self.at(path))?;
                file.write_all_at(&pattern(*length), *offset)?;
            }
            Append(path, length) => {
                io::Write::write_all(&mut open().append(true).open(self.at(path))?, &pattern(*length))?;
            }
            SetSize(path, size) => open().write(true).open(self.at(path))?.set_len(*size)?,
            Read(path) => return fs::read(self.at(path)).map(Outcome::Bytes),
            Stat(path, Follow::Yes) => return fs::metadata(self.at(path)).map(host_node),
            Stat(path, Follow::No) => return fs::symlink_metadata(self.at(path)).map(host_node),
            ReadLink(path) => return fs::read_link(self.at(path)).map(|target| Outcome::Text(text(target))),
            List(path) => return self.list(path).map(Outcome::Names),
        }
        Ok(Outcome::Done)
    }

    fn open(&self, path: &str, flags: Flags) -> io::Result<fs::File> {
        let mut custom = 0;
        custom |= if flags.directory { O_DIRECTORY } else { 0 };
        custom |= if flags.nofollow { O_NOFOLLOW } else { 0 };
        // `std` refuses creation without writing, Linux does not; reading alone is tested without creation.
        let mut options = fs::OpenOptions::new();
        options.read(true).write(flags.write).create(flags.create).create_new(flags.exclusive);
        options.truncate(flags.truncate).custom_flags(custom).open(self.at(path))
    }

    fn list(&self, path: &str) -> io::Result<Vec<(String, Kind)>> {
        let mut names = Vec::new();
        for entry in fs::read_dir(self.at(path))? {
            let entry = entry?;
            names.push((text(entry.file_name()), kind(entry.file_type()?)));
        }
        names.sort_by(|one, other| one.0.cmp(&other.0));
        Ok(names)
    }
}

fn text(path: impl Into<std::ffi::OsString>) -> String {
    path.into().into_string().unwrap()
}

fn host_node(metadata: fs::Metadata) -> Outcome {
    node(kind(metadata.file_type()), metadata.nlink(), metadata.size())
}

fn kind(kind: fs::FileType) -> Kind {
    assert!(!kind.is_fifo() && !kind.is_socket());
    match (kind.is_dir(), kind.is_symlink()) {
        (true, _) => Kind::Directory,
        (_, true) => Kind::Symlink,
        _ => Kind::Regular,
    }
}

/// Compares everything below, without following links.
fn assert_same_trees(ours: &Ours, host: &Host) {
    // From the outermost directory that the operations can have reached.
    let mut folders = vec!["../".repeat(DEPTH - 1)];
    while let Some(folder) = folders.pop() {
        let names = ours.list(&folder).unwrap();
        assert_eq!(names, host.list(&folder).unwrap(), "in {folder}");
        for (name, kind) in names {
            let path = format!("{folder}{name}");
            let checks: &[Operation] = match kind {
                Kind::Directory => &[],
                Kind::Symlink => &[Operation::ReadLink(path.clone()), Operation::Stat(path.clone(), Follow::No)],
                _ => &[Operation::Read(path.clone()), Operation::Stat(path.clone(), Follow::No)],
            };
            for check in checks {
                assert_eq!(ours.run(check).unwrap(), host.run(check).unwrap(), "{check:?}");
            }
            // Paths grow with the depth, and the longest one both sides can still take is far.
            if kind == Kind::Directory && path.len() < 3000 {
                folders.push(path + "/");
            }
        }
    }
}

fn number(error: &io::Error) -> i32 {
    error.raw_os_error().unwrap_or_else(|| panic!("the host's std refused: {error}"))
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_host_agrees(operations in vec(operation(), 1..120)) {
        let (ours, host) = (Ours::new(), Host::new());
        prop_assert!(host.directory.path().is_absolute());
        for operation in &operations {
            if matches!(operation, Operation::Open(_, flags) if flags.create && !flags.write) {
                continue;
            }
            let expected = host.run(operation).map_err(|error| number(&error));
            let given = ours.run(operation).map_err(Errno::number);
            prop_assert_eq!(given, expected, "{:?}", operation);
        }
        assert_same_trees(&ours, &host);
    }
}
