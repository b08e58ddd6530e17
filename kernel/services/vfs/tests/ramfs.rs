//! The file system in memory, beyond what the host is asked about.

mod common;

use common::{CREATE, TestClock, at, create, directories, tree};
use interfaces::Errno;
use std::sync::Arc;
use vfs::{Follow, Metadata, OpenOptions, RamFs, Scope, SpaceQuota, Vfs};

fn stat(vfs: &Vfs, path: &str) -> Metadata {
    vfs.metadata(&vfs.root(), path, Scope::Anywhere, Follow::No).unwrap()
}

fn times(metadata: Metadata) -> [u64; 3] {
    [metadata.accessed_ns, metadata.modified_ns, metadata.changed_ns]
}

/// Which of access, modification and change time an action moves on.
fn moved(vfs: &Vfs, path: &str, action: impl FnOnce()) -> [bool; 3] {
    let before = times(stat(vfs, path));
    action();
    let after = times(stat(vfs, path));
    [0, 1, 2].map(|which| after[which] > before[which])
}

#[test]
fn times_follow_what_happens() {
    let vfs = tree();
    let root = vfs.root();
    directories(&vfs, &["/dir", "/other"]);
    let file = create(&vfs, "/dir/file");
    let (accessed, modified, changed) = ([true, false, false], [false, true, true], [false, false, true]);
    assert_eq!(moved(&vfs, "/dir/file", || assert_eq!(file.read(&mut [0]), Ok(0))), accessed);
    assert_eq!(moved(&vfs, "/dir/file", || assert_eq!(file.write(b"x"), Ok(1))), modified);
    assert_eq!(moved(&vfs, "/dir/file", || file.set_size(9).unwrap()), modified);
    let link = || vfs.link(&root, "/dir/file", Follow::No, &root, "/dir/link", Scope::Anywhere).unwrap();
    assert_eq!(moved(&vfs, "/dir/file", link), changed);
    assert_eq!(moved(&vfs, "/dir/file", || vfs.unlink(&root, "/dir/link", Scope::Anywhere).unwrap()), changed);
    assert_eq!(moved(&vfs, "/dir/file", || vfs.set_mode(&root, "/dir/file", Scope::Anywhere, 0o600).unwrap()), changed);
    assert_eq!(moved(&vfs, "/dir", || drop(create(&vfs, "/dir/new"))), modified);
    assert_eq!(moved(&vfs, "/dir", || vfs.unlink(&root, "/dir/new", Scope::Anywhere).unwrap()), modified);
    let rename = || vfs.rename(&root, "/dir/file", &root, "/other/file", Scope::Anywhere).unwrap();
    assert_eq!(moved(&vfs, "/dir", rename), modified);
    let rename = || vfs.rename(&root, "/other/file", &root, "/dir/file", Scope::Anywhere).unwrap();
    assert_eq!(moved(&vfs, "/other", rename), modified);
    let list = || drop(vfs.open(&root, "/dir", Scope::Anywhere, &OpenOptions::read()).unwrap().read_dir(0, 9));
    assert_eq!(moved(&vfs, "/dir", list), accessed);

    vfs.set_times(&root, "/dir/file", Scope::Anywhere, Follow::Yes, None, Some(5)).unwrap();
    file.set_times(Some(7), None).unwrap();
    assert_eq!(times(stat(&vfs, "/dir/file"))[..2], [7, 5]);
    assert_eq!(stat(&vfs, "/dir/file").mode, 0o600);
}

#[test]
fn times_of_a_link_are_its_own() {
    let vfs = tree();
    create(&vfs, "/file");
    vfs.create_symlink("file", &vfs.root(), "/link", Scope::Anywhere).unwrap();
    let before = stat(&vfs, "/file");
    vfs.set_times(&vfs.root(), "/link", Scope::Anywhere, Follow::No, None, Some(5)).unwrap();
    assert_eq!((stat(&vfs, "/link").modified_ns, stat(&vfs, "/file")), (5, before));
    vfs.set_times(&vfs.root(), "/link", Scope::Anywhere, Follow::Yes, None, Some(6)).unwrap();
    assert_eq!((stat(&vfs, "/link").modified_ns, stat(&vfs, "/file").modified_ns), (5, 6));
}

#[test]
fn what_is_open_outlives_its_name() {
    let vfs = tree();
    let file = create(&vfs, "/file");
    file.write(b"content").unwrap();
    vfs.unlink(&vfs.root(), "/file", Scope::Anywhere).unwrap();
    let again = create(&vfs, "/file");
    assert_ne!(file.metadata().inode, again.metadata().inode);
    assert_eq!((file.metadata().links, again.metadata().size), (0, 0));
    let mut buf = [0; 7];
    assert_eq!((file.pread(&mut buf, 0), &buf), (Ok(7), b"content"));
}

#[test]
fn links_of_directories_count_their_subdirectories() {
    let vfs = tree();
    directories(&vfs, &["/a", "/a/1", "/a/2", "/b"]);
    create(&vfs, "/a/file");
    let links = |path| stat(&vfs, path).links;
    assert_eq!((links("/"), links("/a"), links("/b")), (4, 4, 2));
    vfs.rename(&vfs.root(), "/a/1", &vfs.root(), "/b/1", Scope::Anywhere).unwrap();
    assert_eq!((links("/a"), links("/b")), (3, 3));
    vfs.rename(&vfs.root(), "/a/2", &vfs.root(), "/b/1", Scope::Anywhere).unwrap();
    assert_eq!((links("/a"), links("/b"), links("/b/1")), (2, 3, 2));
    vfs.remove_directory(&vfs.root(), "/b/1", Scope::Anywhere).unwrap();
    assert_eq!(links("/b"), 2);
}

#[test]
fn reading_a_directory_goes_on_while_it_changes() {
    let vfs = tree();
    for number in 0..100 {
        create(&vfs, &format!("/{number}"));
    }
    let directory = vfs.open(&vfs.root(), "/", Scope::Anywhere, &OpenOptions::read()).unwrap();
    let (mut seen, mut cookie) = (Vec::new(), 0);
    while let Some(last) = {
        let page = directory.read_dir(cookie, 7).unwrap();
        seen.extend(page.iter().map(|entry| entry.name.clone()));
        page.last().cloned()
    } {
        cookie = last.next_cookie;
        if last.name != ".." && last.name != "." {
            vfs.unlink(&vfs.root(), &last.name, Scope::Anywhere).unwrap();
        }
    }
    let expected: Vec<_> = [".", ".."].map(str::to_owned).into_iter().chain((0..100).map(|n| n.to_string())).collect();
    assert_eq!(seen, expected);
}

#[test]
fn the_quota_counts_everything_and_gets_it_back() {
    let quota = SpaceQuota::new(1 << 20);
    let ramfs = RamFs::with_quota(TestClock::new(), Arc::clone(&quota));
    let vfs = Vfs::new(ramfs.root(), "ramfs");
    let root = vfs.root();
    let before = quota.used();
    // Empty files cost memory, too.
    let error = (0..).find_map(|n| vfs.open(&root, &n.to_string(), Scope::Anywhere, &CREATE).err());
    assert_eq!(error, Some(Errno::ENOSPC));
    assert_eq!(vfs.create_directory(&root, "x", Scope::Anywhere, 0), Err(Errno::ENOSPC));
    for n in (0..).take_while(|n: &u32| vfs.unlink(&root, &n.to_string(), Scope::Anywhere).is_ok()) {
        assert!(n < 10_000);
    }
    assert_eq!(quota.used(), before);

    let file = create(&vfs, "/file");
    assert_eq!(file.write_all(&[1; 2 << 20]), Err(Errno::ENOSPC));
    vfs.unlink(&root, "/file", Scope::Anywhere).unwrap();
    assert!(quota.used() > 1 << 19, "it is still open");
    drop(file);
    assert_eq!(quota.used(), before);
}

#[test]
fn a_file_system_that_is_dropped_gives_all_back() {
    let quota = SpaceQuota::new(1 << 30);
    let ramfs = RamFs::with_quota(TestClock::new(), Arc::clone(&quota));
    let vfs = Vfs::new(ramfs.root(), "ramfs");
    // Deeper than recursion could follow on a thread's stack.
    let mut here = vfs.root();
    for _ in 0..100_000 {
        vfs.create_directory(&here, "d", Scope::Anywhere, 0o755).unwrap();
        here = vfs.resolve(&here, "d", Scope::Anywhere, Follow::No).unwrap();
    }
    vfs.write_file(&here, "file", b"deep down").unwrap();
    drop((here, vfs, ramfs));
    assert_eq!(quota.used(), 0);
}

#[test]
fn lent_content_belongs_to_fresh_files() {
    static LENT: &[u8] = b"from the initrd";
    let vfs = tree();
    let file = create(&vfs, "/file");
    let node = file.location().unwrap().node();
    RamFs::lend(node, LENT).unwrap();
    assert_eq!(vfs.read_file(&vfs.root(), "/file", 99).as_deref(), Ok(LENT));
    assert_eq!(RamFs::lend(node, LENT), Err(Errno::EINVAL));
    assert_eq!(RamFs::lend(at(&vfs, "/").node(), LENT), Err(Errno::EINVAL));
    file.pwrite(b"FROM", 0).unwrap();
    assert_eq!(vfs.read_file(&vfs.root(), "/file", 99).as_deref(), Ok(&b"FROM the initrd"[..]));
    assert_eq!(vfs.read_file(&vfs.root(), "/file", 14), Err(Errno::EFBIG));
    let again = vfs.lend_file(&vfs.root(), "/file", LENT).unwrap();
    assert_eq!((again.metadata().size, again.metadata().allocated), (15, 0));
}
