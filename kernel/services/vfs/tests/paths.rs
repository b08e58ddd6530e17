//! Path resolution where the host is no judge: the sandbox, the limits, and removed directories.

mod common;

use common::{CREATE, at, create, directories, tree};
use interfaces::{Errno, Result};
use std::sync::Arc;
use vfs::{DirEntry, Directory, File, Follow, Metadata, NAME_MAX, Node, OpenOptions, PATH_MAX, Scope, Vfs};

#[test]
fn beneath_stays_below_its_base() {
    let vfs = tree();
    directories(&vfs, &["/base", "/base/dir", "/base/dir/nested", "/out"]);
    create(&vfs, "/base/dir/nested/file");
    create(&vfs, "/out/secret");
    let base = at(&vfs, "/base");
    for (target, name) in [("/out", "absolute"), ("../out", "up"), ("dir/nested", "down"), ("dir/../..", "round")] {
        vfs.create_symlink(target, &vfs.root(), &format!("/base/{name}"), Scope::Anywhere).unwrap();
    }
    let error = |path| vfs.resolve(&base, path, Scope::Beneath, Follow::Yes).err();
    for path in
        ["dir/.//nested/../../dir/nested/../nested///./file", "dir/..", ".", "./", "down/file", "down/../nested"]
    {
        assert_eq!(error(path), None, "{path}");
    }
    for path in
        ["/", "/base/dir", "..", "dir/../..", "dir/nested/../../../base", "absolute/secret", "up/secret", "round"]
    {
        assert_eq!(error(path), Some(Errno::EPERM), "{path}");
    }
    // The link itself is inside, whatever it says.
    let link = vfs.resolve(&base, "absolute", Scope::Beneath, Follow::No).unwrap();
    assert_eq!(link.node().read_link().as_deref(), Ok("/out"));
    assert_eq!(vfs.create_symlink("/", &base, "new", Scope::Beneath), Err(Errno::EPERM));
    assert_eq!(vfs.rename(&base, "dir", &base, "../out/dir", Scope::Beneath), Err(Errno::EPERM));
    assert_eq!(vfs.link(&base, "../out/secret", Follow::No, &base, "l", Scope::Beneath), Err(Errno::EPERM));
    assert_eq!(vfs.open(&base, "up/new", Scope::Beneath, &CREATE).err(), Some(Errno::EPERM));
}

/// A directory that, when it is looked into, moves the directory that it is mounted in away.
struct Trap {
    vfs: Arc<Vfs>,
    inode: u64,
}

impl Node for Trap {
    fn metadata(&self) -> Metadata {
        Metadata { inode: self.inode, ..self.vfs.root().metadata() }
    }

    fn open(self: Arc<Self>, _write: bool) -> Result<Arc<dyn File>> {
        Err(Errno::EACCES)
    }

    fn as_directory(&self) -> Option<&dyn Directory> {
        Some(self)
    }
}

impl Directory for Trap {
    fn lookup(&self, _name: &str) -> Result<Arc<dyn Node>> {
        let root = self.vfs.root();
        self.vfs.rename(&root, "base/in/deep", &root, "out/deep", Scope::Anywhere)?;
        Ok(Arc::new(Trap { vfs: Arc::clone(&self.vfs), inode: 2 }))
    }

    fn parent(&self) -> Result<Arc<dyn Node>> {
        Ok(Arc::new(Trap { vfs: Arc::clone(&self.vfs), inode: 1 }))
    }

    fn entries(&self, _cookie: u64, _limit: usize) -> Result<Vec<DirEntry>> {
        Ok(Vec::new())
    }
}

/// `..` out of a directory that is moved away at the right moment is how such sandboxes are left.
#[test]
fn beneath_stays_below_while_directories_move() {
    for (scope, expected) in [(Scope::Anywhere, None), (Scope::Beneath, Some(Errno::ENOENT))] {
        let vfs = tree();
        directories(&vfs, &["/base", "/base/in", "/base/in/deep", "/base/in/deep/trap", "/out"]);
        create(&vfs, "/out/secret");
        let trap = Trap { vfs: Arc::clone(&vfs), inode: 1 };
        vfs.mount("/base/in/deep/trap", Arc::new(trap), "trap").unwrap();
        let found = vfs.resolve(&at(&vfs, "/base"), "in/deep/trap/now/../../../secret", scope, Follow::Yes);
        assert_eq!(found.err(), expected, "{scope:?}");
        at(&vfs, "/out/deep/trap");
    }
}

#[test]
fn limits() {
    let vfs = tree();
    let root = vfs.root();
    let error = |path: &str| vfs.resolve(&root, path, Scope::Anywhere, Follow::Yes).err();
    assert_eq!(error(""), Some(Errno::ENOENT));
    assert_eq!(error("a\0b"), Some(Errno::EINVAL));
    assert_eq!(error(&"n".repeat(NAME_MAX)), Some(Errno::ENOENT));
    assert_eq!(error(&"n".repeat(NAME_MAX + 1)), Some(Errno::ENAMETOOLONG));
    assert_eq!(error(&"/".repeat(PATH_MAX - 1)), None);
    assert_eq!(error(&"/".repeat(PATH_MAX)), Some(Errno::ENAMETOOLONG));
    let long = "t".repeat(PATH_MAX);
    assert_eq!(vfs.create_symlink(&long, &root, "link", Scope::Anywhere), Err(Errno::ENAMETOOLONG));
    assert_eq!(vfs.create_symlink("", &root, "link", Scope::Anywhere), Err(Errno::ENOENT));
    assert_eq!(vfs.create_directory(&root, &"n".repeat(NAME_MAX + 1), Scope::Anywhere, 0), Err(Errno::ENAMETOOLONG));
}

#[test]
fn forty_links_and_no_more() {
    let vfs = tree();
    create(&vfs, "/0");
    for number in 1..=41 {
        vfs.create_symlink(&format!("{}", number - 1), &vfs.root(), &format!("/{number}"), Scope::Anywhere).unwrap();
    }
    let error = |path| vfs.resolve(&vfs.root(), path, Scope::Anywhere, Follow::Yes).err();
    assert_eq!(error("/40"), None);
    assert_eq!(error("/41"), Some(Errno::ELOOP));
    vfs.create_symlink("loop", &vfs.root(), "/loop", Scope::Anywhere).unwrap();
    for path in ["/loop", "/loop/", "/loop/x"] {
        assert_eq!(error(path), Some(Errno::ELOOP));
    }
}

#[test]
fn opening_a_link_without_following() {
    let vfs = tree();
    directories(&vfs, &["/dir"]);
    vfs.create_symlink("dir", &vfs.root(), "/link", Scope::Anywhere).unwrap();
    vfs.create_symlink("missing", &vfs.root(), "/dangling", Scope::Anywhere).unwrap();
    let open = |path, options| vfs.open(&vfs.root(), path, Scope::Anywhere, &options).err();
    let nofollow = OpenOptions { nofollow: true, ..OpenOptions::read() };
    let directory = OpenOptions { directory: true, ..OpenOptions::read() };
    assert_eq!(open("/link", nofollow), Some(Errno::ELOOP));
    assert_eq!(open("/link", OpenOptions { directory: true, ..nofollow }), Some(Errno::ENOTDIR));
    assert_eq!(open("/link", directory), None);
    assert_eq!(open("/link/", nofollow), None, "a slash follows nevertheless");
    assert_eq!(open("/dangling", CREATE), None);
    assert_eq!(open("/missing", OpenOptions::read()), None, "it was made through the link");
    assert_eq!(open("/dir", OpenOptions { exclusive: true, ..CREATE }), Some(Errno::EEXIST));
    assert_eq!(open("/new", OpenOptions { directory: true, ..CREATE }), Some(Errno::EINVAL));
    assert_eq!(open("/", CREATE), Some(Errno::EISDIR));
}

#[test]
fn a_removed_directory_is_a_dead_end() {
    let vfs = tree();
    directories(&vfs, &["/dir"]);
    let directory = vfs.open(&vfs.root(), "/dir", Scope::Anywhere, &OpenOptions::read()).unwrap();
    vfs.remove_directory(&vfs.root(), "/dir", Scope::Anywhere).unwrap();
    let gone = directory.location().unwrap();
    assert_eq!(vfs.open(gone, "new", Scope::Anywhere, &CREATE).err(), Some(Errno::ENOENT));
    assert_eq!(vfs.create_directory(gone, "new", Scope::Anywhere, 0), Err(Errno::ENOENT));
    assert_eq!(directory.read_dir(0, 9), Err(Errno::ENOENT));
    assert_eq!(vfs.path_of(gone), Err(Errno::ENOENT));
    assert_eq!(directory.describe(&vfs), "/dir (deleted)");
    assert_eq!(directory.metadata().links, 0);
}

#[test]
fn paths_of_directories() {
    let vfs = tree();
    directories(&vfs, &["/a", "/a/b", "/a/b/c"]);
    let deep = at(&vfs, "/a/b/c");
    assert_eq!(vfs.path_of(&vfs.root()).as_deref(), Ok("/"));
    assert_eq!(vfs.path_of(&deep).as_deref(), Ok("/a/b/c"));
    vfs.rename(&vfs.root(), "/a/b", &vfs.root(), "/moved", Scope::Anywhere).unwrap();
    assert_eq!(vfs.path_of(&deep).as_deref(), Ok("/moved/c"));
    let file = create(&vfs, "/moved/file");
    assert_eq!(vfs.path_of(file.location().unwrap()), Err(Errno::ENOTDIR));
    assert_eq!(file.describe(&vfs), "/moved/file");
    vfs.unlink(&vfs.root(), "/moved/file", Scope::Anywhere).unwrap();
    assert_eq!(file.describe(&vfs), "/moved/file (deleted)");
}
