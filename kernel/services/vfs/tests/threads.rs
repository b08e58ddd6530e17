//! Many threads at once: operations stay whole, and nobody waits for ever.

mod common;

use common::{CREATE, create, directories, tree};
use interfaces::Errno;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use vfs::{Follow, OpenOptions, Scope, Vfs};

const THREADS: u64 = 8;

/// Runs `body` on several threads, with a number and a random generator for each.
fn on_threads(body: impl Fn(u64, &mut dyn FnMut() -> u64) + Sync) {
    thread::scope(|scope| {
        for number in 0..THREADS {
            let body = &body;
            scope.spawn(move || {
                let mut state = 0x9e37_79b9_7f4a_7c15 ^ (number + 1);
                let mut random = || {
                    state ^= state << 13;
                    state ^= state >> 7;
                    state ^= state << 17;
                    state >> 11
                };
                body(number, &mut random);
            });
        }
    });
}

#[test]
fn exclusive_creation_has_one_winner() {
    let vfs = tree();
    let won = AtomicUsize::new(0);
    on_threads(|_, _| {
        for round in 0..500 {
            let options = OpenOptions { exclusive: true, ..CREATE };
            match vfs.open(&vfs.root(), &round.to_string(), Scope::Anywhere, &options) {
                Ok(_) => drop(won.fetch_add(1, Ordering::Relaxed)),
                Err(error) => assert_eq!(error, Errno::EEXIST),
            }
            vfs.open(&vfs.root(), &format!("shared {round}"), Scope::Anywhere, &CREATE).unwrap();
        }
    });
    assert_eq!(won.into_inner(), 500);
}

#[test]
fn appends_do_not_overwrite_each_other() {
    let vfs = tree();
    let options = OpenOptions { append: true, ..CREATE };
    let shared = vfs.open(&vfs.root(), "/log", Scope::Anywhere, &options).unwrap();
    on_threads(|number, _| {
        let own = vfs.open(&vfs.root(), "/log", Scope::Anywhere, &options).unwrap();
        for line in 0..200 {
            let file = if line % 2 == 0 { &own } else { &shared };
            file.write_all(format!("{number} {line}\n").as_bytes()).unwrap();
        }
    });
    let content = vfs.read_file(&vfs.root(), "/log", 1 << 20).unwrap();
    let lines: BTreeSet<_> = content.split(|&byte| byte == b'\n').filter(|line| !line.is_empty()).collect();
    assert_eq!(lines.len() as u64, THREADS * 200);
}

#[test]
fn a_shared_offset_gives_every_byte_once() {
    let vfs = tree();
    let file = create(&vfs, "/numbers");
    file.write_all(&(0..20_000u32).flat_map(u32::to_le_bytes).collect::<Vec<_>>()).unwrap();
    file.seek(vfs::SeekFrom::Start(0)).unwrap();
    let sum = AtomicUsize::new(0);
    on_threads(|_, _| {
        let mut buf = [0; 4];
        while file.read(&mut buf).unwrap() == 4 {
            sum.fetch_add(u32::from_le_bytes(buf) as usize, Ordering::Relaxed);
        }
    });
    assert_eq!(sum.into_inner(), (0..20_000).sum());
}

/// Renames across directories in all directions, removals and look-ups: no deadlock, no loop, no name lost or doubled.
#[test]
fn the_tree_stays_a_tree() {
    let vfs = tree();
    let names = ["a", "b", "c"];
    let path = |random: &mut dyn FnMut() -> u64| {
        let depth = 1 + random() % 4;
        (0..depth).map(|_| names[(random() % 3) as usize]).collect::<Vec<_>>().join("/")
    };
    on_threads(|_, random| {
        let root = vfs.root();
        for _ in 0..5_000 {
            let (one, two) = (path(random), path(random));
            let result = match random() % 8 {
                0..3 => vfs.create_directory(&root, &one, Scope::Anywhere, 0o755),
                3..6 => vfs.rename(&root, &one, &root, &two, Scope::Anywhere),
                6 => vfs.remove_directory(&root, &one, Scope::Anywhere),
                _ => vfs.open(&root, &one, Scope::Anywhere, &OpenOptions::read()).and_then(|directory| {
                    drop(directory.read_dir(0, 100));
                    vfs.path_of(directory.location().unwrap()).map(drop)
                }),
            };
            let expected = [Errno::ENOENT, Errno::EEXIST, Errno::ENOTEMPTY, Errno::EINVAL];
            assert!(result.is_ok() || expected.contains(&result.unwrap_err()), "{result:?}");
        }
    });
    let mut inodes = BTreeSet::new();
    assert_consistent(&vfs, "/", &mut inodes);
}

fn assert_consistent(vfs: &Vfs, path: &str, inodes: &mut BTreeSet<u64>) {
    let directory = vfs.open(&vfs.root(), path, Scope::Anywhere, &OpenOptions::read()).unwrap();
    assert!(inodes.insert(directory.metadata().inode), "{path} is in two places");
    let entries = directory.read_dir(2, usize::MAX).unwrap();
    assert_eq!(directory.metadata().links, 2 + entries.len() as u64, "{path}");
    for entry in entries {
        let child = format!("{}/{}", path.trim_end_matches('/'), entry.name);
        let there = vfs.resolve(&vfs.root(), &child, Scope::Anywhere, Follow::No).unwrap();
        assert_eq!(vfs.path_of(&there).as_deref(), Ok(child.as_str()));
        assert_consistent(vfs, &child, inodes);
    }
}

/// Whoever looks sees one of the two files, whole, never neither.
#[test]
fn a_name_that_is_renamed_over_is_always_there() {
    let vfs = tree();
    directories(&vfs, &["/new", "/old"]);
    vfs.write_file(&vfs.root(), "/old/name", &[1; 10]).unwrap();
    on_threads(|number, _| {
        for round in 0..500u64 {
            if number == 0 {
                let content = vec![round as u8; 10 + round as usize % 7];
                vfs.write_file(&vfs.root(), "/new/name", &content).unwrap();
                vfs.rename(&vfs.root(), "/new/name", &vfs.root(), "/old/name", Scope::Anywhere).unwrap();
            } else {
                let content = vfs.read_file(&vfs.root(), "/old/name", 99).unwrap();
                assert!(content.len() >= 10 && content.iter().all(|&byte| byte == content[0]));
            }
        }
    });
}
