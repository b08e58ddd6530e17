//! Open files and descriptors.

mod common;

use common::{CREATE, create, directories, tree};
use interfaces::Errno;
use std::sync::Arc;
use vfs::{Access, FdTable, Interest, Kind, OpenFile, OpenOptions, Scope, SeekFrom, StatusFlags, Vfs};

fn open(vfs: &Vfs, path: &str, options: OpenOptions) -> Arc<OpenFile> {
    vfs.open(&vfs.root(), path, Scope::Anywhere, &options).unwrap()
}

fn read_all(file: &OpenFile) -> Vec<u8> {
    file.seek(SeekFrom::Start(0)).unwrap();
    let mut content = Vec::new();
    std::io::Read::read_to_end(&mut &*file, &mut content).unwrap();
    content
}

#[test]
fn the_offset_moves_and_seeks() {
    let vfs = tree();
    let file = create(&vfs, "/file");
    assert_eq!(file.write(&[b'x'; 100]), Ok(100));
    assert_eq!(file.tell(), Ok(100));
    assert_eq!(file.seek(SeekFrom::Current(-50)), Ok(50));
    assert_eq!(file.seek(SeekFrom::Current(1000)), Ok(1050));
    assert_eq!(file.read(&mut [0; 9]), Ok(0));
    assert_eq!(file.seek(SeekFrom::Current(-2000)), Err(Errno::EINVAL));
    assert_eq!(file.seek(SeekFrom::End(-1)), Ok(99));
    assert_eq!(file.seek(SeekFrom::Start(i64::MAX as u64)), Ok(i64::MAX as u64));
    assert_eq!(file.seek(SeekFrom::Current(1)), Err(Errno::EINVAL));
    assert_eq!(file.write(b"x"), Err(Errno::EFBIG));
    assert_eq!(file.seek(SeekFrom::Start(u64::MAX)), Err(Errno::EINVAL));
    assert_eq!(file.pread(&mut [0; 200], 40), Ok(60));
    assert_eq!(file.pwrite(b"y", 150), Ok(1));
    assert_eq!((file.tell(), file.metadata().size), (Ok(i64::MAX as u64), 151));
    assert_eq!(file.pread(&mut [0], u64::MAX), Err(Errno::EINVAL));
}

#[test]
fn append_writes_at_the_end_until_switched_off() {
    let vfs = tree();
    let file = open(&vfs, "/file", OpenOptions { append: true, ..CREATE });
    assert_eq!(file.write(b"ab"), Ok(2));
    file.seek(SeekFrom::Start(0)).unwrap();
    assert_eq!(file.write(b"cd"), Ok(2));
    assert_eq!(file.tell(), Ok(4));
    assert_eq!(file.pwrite(b"X", 0), Ok(1));
    assert_eq!(file.flags(), StatusFlags { append: true, ..StatusFlags::default() });
    file.set_flags(StatusFlags::default());
    file.seek(SeekFrom::Start(1)).unwrap();
    assert_eq!(file.write(b"Y"), Ok(1));
    assert_eq!(read_all(&file), b"XYcd");
}

#[test]
fn access_is_checked() {
    let vfs = tree();
    create(&vfs, "/file").write(b"abc").unwrap();
    let read = open(&vfs, "/file", OpenOptions::read());
    assert_eq!(read.write(b"x"), Err(Errno::EBADF));
    assert_eq!(read.pwrite(b"x", 0), Err(Errno::EBADF));
    assert_eq!(read.set_size(0), Err(Errno::EINVAL));
    assert_eq!(read.allocate(0, 1), Err(Errno::EBADF));
    let write = open(&vfs, "/file", OpenOptions { write: true, ..OpenOptions::default() });
    assert_eq!(write.read(&mut [0]), Err(Errno::EBADF));
    assert_eq!((write.readable(), write.writable(), write.access()), (false, true, Access::WRITE));
    let neither = open(&vfs, "/file", OpenOptions { truncate: true, ..OpenOptions::default() });
    assert_eq!(neither.read(&mut [0]), Err(Errno::EBADF));
    assert_eq!(neither.metadata().size, 0, "cut when it was opened");
}

#[test]
fn sizes_and_allocation() {
    let vfs = tree();
    let file = create(&vfs, "/file");
    for (offset, length, size) in [(0, 100, 100), (10, 10, 100), (90, 20, 110)] {
        assert_eq!((file.allocate(offset, length), file.metadata().size), (Ok(()), size));
    }
    assert_eq!(file.allocate(0, 0), Err(Errno::EINVAL));
    assert_eq!(file.allocate(u64::MAX, 1), Err(Errno::EFBIG));
    assert_eq!(file.allocate(0, 1 << 50), Err(Errno::ENOSPC));
    file.set_size(i64::MAX as u64).unwrap();
    assert_eq!(file.set_size(1 << 63), Err(Errno::EFBIG));
    file.set_size(3).unwrap();
    assert_eq!(read_all(&file), [0; 3]);
    assert_eq!(file.advise(), Ok(()));
    assert_eq!(file.sync(), Ok(()));
}

#[test]
fn directories_are_not_streams() {
    let vfs = tree();
    directories(&vfs, &["/dir"]);
    let directory = open(&vfs, "/dir", OpenOptions { nonblock: true, ..OpenOptions::read() });
    assert_eq!(directory.kind(), Kind::Directory);
    assert_eq!(directory.read(&mut [0]), Err(Errno::EISDIR));
    assert_eq!(directory.pread(&mut [0], 0), Err(Errno::EISDIR));
    assert_eq!(directory.write(b"x"), Err(Errno::EBADF));
    assert_eq!(directory.seek(SeekFrom::Current(0)), Err(Errno::EISDIR));
    assert_eq!(directory.tell(), Err(Errno::EISDIR));
    assert_eq!(directory.set_size(0), Err(Errno::EISDIR));
    assert_eq!(directory.allocate(0, 1), Err(Errno::EBADF));
    assert_eq!(directory.advise(), Err(Errno::EBADF));
    assert_eq!(create(&vfs, "/file").read_dir(0, 1), Err(Errno::ENOTDIR));
    let all = directory.poll(Interest { read: true, write: true }, None);
    assert!(all.readable && all.writable);
}

#[test]
fn the_lowest_free_number_is_used() {
    let vfs = tree();
    let file = create(&vfs, "/file");
    let table = FdTable::new();
    for fd in 0..4 {
        assert_eq!(table.insert(Arc::clone(&file)), Ok(fd));
    }
    for fd in [2, 1] {
        table.close(fd).unwrap();
        assert_eq!(table.close(fd).err(), Some(Errno::EBADF));
    }
    assert_eq!(table.dup(0, 0), Ok(1));
    assert_eq!(table.dup(0, 3), Ok(4));
    assert_eq!(table.dup(0, 10), Ok(10));
    assert_eq!(table.insert(Arc::clone(&file)), Ok(2));
    assert_eq!(table.insert(Arc::clone(&file)), Ok(5));
    assert_eq!(table.dup(9, 0), Err(Errno::EBADF));
    assert_eq!(table.dup_to(0, 7), Ok(()));
    assert!(table.insert_at(7, Arc::clone(&file)).unwrap().is_some());
    let numbers: Vec<_> = table.snapshot().into_iter().map(|(fd, _)| fd).collect();
    assert_eq!(numbers, [0, 1, 2, 3, 4, 5, 7, 10]);
    for fd in [-1, 6, 11, i32::MAX] {
        assert_eq!(table.get(fd).err(), Some(Errno::EBADF));
    }
    assert_eq!(table.insert_at(FdTable::LIMIT, file).err(), Some(Errno::EBADF));
}

#[test]
fn renumbering_closes_what_was_there() {
    let (read, write) = OpenFile::pipe(8);
    let table = FdTable::new();
    let (file, reader) = (create(&tree(), "/file"), table.insert(read).unwrap());
    let fd = table.insert(file).unwrap();
    assert_eq!(table.renumber(fd, 9), Err(Errno::EBADF));
    assert_eq!(table.renumber(9, fd), Err(Errno::EBADF));
    table.renumber(fd, fd).unwrap();
    table.renumber(fd, reader).unwrap();
    assert_eq!(table.get(fd).err(), Some(Errno::EBADF));
    assert_eq!(table.get(reader).unwrap().kind(), Kind::Regular);
    assert_eq!(write.write(b"x"), Err(Errno::EPIPE));
}

#[test]
fn a_table_is_limited_and_fills_quickly() {
    let file = create(&tree(), "/file");
    let table = FdTable::new();
    for _ in 0..FdTable::LIMIT {
        table.insert(Arc::clone(&file)).unwrap();
    }
    assert_eq!(table.insert(Arc::clone(&file)), Err(Errno::EMFILE));
    table.clear();
    assert_eq!(Arc::strong_count(&file), 1);
    assert_eq!(table.insert(file), Ok(0));
}
