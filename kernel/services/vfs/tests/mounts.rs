//! The mount table.

mod common;

use common::{TestClock, at, create, directories, tree};
use interfaces::Errno;
use std::sync::Arc;
use vfs::{Follow, RamFs, Scope, Vfs};

fn mounted() -> (Arc<Vfs>, Arc<RamFs>) {
    let vfs = tree();
    directories(&vfs, &["/mnt", "/mnt/point", "/mnt/point/hidden"]);
    let other = RamFs::new(TestClock::new());
    vfs.mount("/mnt/point", other.root(), "other").unwrap();
    (vfs, other)
}

#[test]
fn paths_cross_in_both_directions() {
    let (vfs, _) = mounted();
    let root = vfs.root();
    assert_eq!(vfs.resolve(&root, "/mnt/point/hidden", Scope::Anywhere, Follow::Yes).err(), Some(Errno::ENOENT));
    directories(&vfs, &["/mnt/point/inside"]);
    let inside = at(&vfs, "/mnt/point/inside");
    assert_eq!(vfs.path_of(&inside).as_deref(), Ok("/mnt/point/inside"));
    let above = vfs.resolve(&inside, "../..", Scope::Anywhere, Follow::Yes).unwrap();
    assert_eq!(vfs.path_of(&above).as_deref(), Ok("/mnt"));
    let below = vfs.resolve(&at(&vfs, "/mnt"), "point/inside/../../point", Scope::Beneath, Follow::Yes).unwrap();
    assert!(below.is_same(&at(&vfs, "/mnt/point")));
    let out = vfs.resolve(&at(&vfs, "/mnt/point"), "..", Scope::Beneath, Follow::Yes);
    assert_eq!(out.err(), Some(Errno::EPERM));
    assert_ne!(inside.metadata().device, above.metadata().device);
}

#[test]
fn names_do_not_move_across() {
    let (vfs, _) = mounted();
    let root = vfs.root();
    create(&vfs, "/file");
    directories(&vfs, &["/dir"]);
    assert_eq!(vfs.rename(&root, "/file", &root, "/mnt/point/file", Scope::Anywhere), Err(Errno::EXDEV));
    assert_eq!(vfs.rename(&root, "/dir", &root, "/mnt/point/dir", Scope::Anywhere), Err(Errno::EXDEV));
    assert_eq!(vfs.link(&root, "/file", Follow::No, &root, "/mnt/point/file", Scope::Anywhere), Err(Errno::EXDEV));
}

#[test]
fn a_mount_point_is_busy() {
    let (vfs, _) = mounted();
    let root = vfs.root();
    directories(&vfs, &["/dir"]);
    assert_eq!(vfs.remove_directory(&root, "/mnt/point", Scope::Anywhere), Err(Errno::EBUSY));
    assert_eq!(vfs.rename(&root, "/mnt/point", &root, "/elsewhere", Scope::Anywhere), Err(Errno::EBUSY));
    assert_eq!(vfs.rename(&root, "/dir", &root, "/mnt/point", Scope::Anywhere), Err(Errno::EBUSY));
    assert_eq!(vfs.remove_directory(&root, "/", Scope::Anywhere), Err(Errno::EBUSY));
    // What is above may move, and the mount with it.
    vfs.rename(&root, "/mnt", &root, "/moved", Scope::Anywhere).unwrap();
    let mounts: Vec<_> = vfs.mounts().into_iter().map(|mount| (mount.path, mount.kind)).collect();
    assert_eq!(mounts, [("/".into(), "ramfs".into()), ("/moved/point".into(), "other".to_owned())]);
}

#[test]
fn mounts_stack_and_unmount() {
    let (vfs, other) = mounted();
    create(&vfs, "/mnt/point/lower");
    vfs.mount("/mnt/point", RamFs::new(TestClock::new()).root(), "upper").unwrap();
    assert!(vfs.resolve(&vfs.root(), "/mnt/point/lower", Scope::Anywhere, Follow::No).is_err());
    let open = create(&vfs, "/mnt/point/upper");
    vfs.unmount("/mnt/point").unwrap();
    assert_eq!(open.write(b"still open"), Ok(10));
    at(&vfs, "/mnt/point/lower");
    directories(&vfs, &["/mnt/point/again"]);
    vfs.mount("/mnt/point/again", other.root(), "loop").unwrap();
    assert_eq!(vfs.path_of(&at(&vfs, "/mnt/point/again/again")).as_deref(), Ok("/mnt/point/again/again"));
    assert_eq!(vfs.unmount("/mnt/point"), Err(Errno::EBUSY));
    vfs.unmount("/mnt/point/again").unwrap();
    vfs.unmount("/mnt/point").unwrap();
    at(&vfs, "/mnt/point/hidden");
    assert_eq!(vfs.unmount("/mnt/point"), Err(Errno::EINVAL));
    assert_eq!(vfs.unmount("/"), Err(Errno::EBUSY));
    create(&vfs, "/file");
    assert_eq!(vfs.mount("/file", other.root(), "other"), Err(Errno::ENOTDIR));
    assert_eq!(vfs.mount("/missing", other.root(), "other"), Err(Errno::ENOENT));
}
