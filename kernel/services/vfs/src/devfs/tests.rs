use super::*;
use crate::devfs::basic::Null;
use crate::testing::{TestClock, TestEntropy};
use crate::{Follow, OpenOptions, RamFs, Scope, Vfs};

const READ_WRITE: OpenOptions = OpenOptions { write: true, ..OpenOptions::read() };

fn tree() -> (Arc<Vfs>, Arc<DevFs>) {
    let clock = TestClock::new();
    let vfs = Vfs::new(RamFs::new(clock.clone()).root(), "ramfs");
    vfs.create_directory(&vfs.root(), "dev", Scope::Anywhere, 0o755).unwrap();
    let devfs = DevFs::new(clock, Arc::new(TestEntropy));
    vfs.mount("/dev", devfs.root(), "devfs").unwrap();
    (vfs, devfs)
}

#[test]
fn the_basic_devices() {
    let (vfs, _) = tree();
    let open = |name| vfs.open(&vfs.root(), name, Scope::Anywhere, &READ_WRITE).unwrap();
    let mut buf = [9; 4];
    assert_eq!(open("/dev/null").write(b"abc"), Ok(3));
    assert_eq!(open("/dev/null").read(&mut buf), Ok(0));
    assert_eq!((open("/dev/zero").read(&mut buf), buf), (Ok(4), [0; 4]));
    assert_eq!(open("/dev/full").write(b"abc"), Err(Errno::ENOSPC));
    assert_eq!(open("/dev/urandom").read(&mut buf), Ok(4));
    assert_ne!(buf, [0; 4]);
    let metadata = vfs.metadata(&vfs.root(), "/dev/null", Scope::Anywhere, Follow::Yes).unwrap();
    assert_eq!(metadata.kind, Kind::CharDevice);
    // Shell redirection cuts what it opens, which means nothing here.
    let rewritten = vfs.open(&vfs.root(), "/dev/null", Scope::Anywhere, &OpenOptions::rewrite()).unwrap();
    assert_eq!(rewritten.write(b"abc"), Ok(3));
}

#[test]
fn devices_come_and_go() {
    let (vfs, devfs) = tree();
    let exists = |path| vfs.resolve(&vfs.root(), path, Scope::Anywhere, Follow::No).map(drop);
    devfs.register_file("input/event0", Arc::new(Null)).unwrap();
    devfs.register_link("input/first", "event0").unwrap();
    assert_eq!(exists("/dev/input/first"), Ok(()));
    assert_eq!(devfs.register_file("input/event0", Arc::new(Null)), Err(Errno::EEXIST));
    assert_eq!(devfs.register_file("null/x", Arc::new(Null)), Err(Errno::ENOTDIR));
    for path in ["", "/x", "a//b", "../x", "a/./b"] {
        assert_eq!(devfs.register_file(path, Arc::new(Null)), Err(Errno::EINVAL), "{path}");
    }
    devfs.unregister("input/event0").unwrap();
    assert_eq!(exists("/dev/input/event0"), Err(Errno::ENOENT));
    assert_eq!(devfs.unregister("input/event0"), Err(Errno::ENOENT));
}

#[test]
fn numbers_are_unique_and_listed_as_they_are() {
    let (vfs, _) = tree();
    let dev = vfs.open(&vfs.root(), "/dev", Scope::Anywhere, &OpenOptions::read()).unwrap();
    let entries = dev.read_dir(0, 100).unwrap();
    let names: Vec<_> = entries.iter().map(|entry| entry.name.as_str()).collect();
    assert_eq!(names, [".", "..", "null", "zero", "full", "random", "urandom"]);
    for entry in &entries[2..] {
        let there = vfs.metadata(dev.location().unwrap(), &entry.name, Scope::Beneath, Follow::No).unwrap();
        assert_eq!((there.inode, there.kind), (entry.inode, entry.kind));
    }
    assert_eq!(vfs.path_of(dev.location().unwrap()).as_deref(), Ok("/dev"));
}

#[test]
fn programs_change_nothing() {
    let (vfs, _) = tree();
    let root = vfs.root();
    assert_eq!(vfs.unlink(&root, "/dev/null", Scope::Anywhere), Err(Errno::EROFS));
    assert_eq!(vfs.create_directory(&root, "/dev/x", Scope::Anywhere, 0), Err(Errno::EROFS));
    assert_eq!(vfs.write_file(&root, "/dev/x", b""), Err(Errno::EROFS));
    assert_eq!(vfs.rename(&root, "/dev/null", &root, "/dev/zero", Scope::Anywhere), Err(Errno::EROFS));
    assert_eq!(vfs.rename(&root, "/dev/null", &root, "/null", Scope::Anywhere), Err(Errno::EXDEV));
}
