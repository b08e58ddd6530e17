//! Reading, writing, seeking, directories and paths.

use super::super::{io, path, readdir};
use super::descriptors::CREAT;
use super::*;
use crate::rights::Rights;

impl Machine {
    fn write(&mut self, fd: u32, buffers: &[(u32, u32)]) -> std::result::Result<u32, Errno> {
        let (list, count) = self.buffers(buffers);
        self.call(|ctx, memory| io::fd_write(ctx, memory, fd, list, count, RESULT.into()))?;
        Ok(self.value(RESULT))
    }

    fn read(&mut self, fd: u32, buffers: &[(u32, u32)]) -> std::result::Result<u32, Errno> {
        let (list, count) = self.buffers(buffers);
        self.call(|ctx, memory| io::fd_read(ctx, memory, fd, list, count, RESULT.into()))?;
        Ok(self.value(RESULT))
    }

    fn seek(&mut self, fd: u32, distance: i64, whence: u32) -> std::result::Result<u64, Errno> {
        self.call(|ctx, memory| io::fd_seek(ctx, memory, fd, distance.cast_unsigned(), whence, RESULT.into()))?;
        Ok(self.value(RESULT))
    }
}

#[test]
fn buffers_are_gathered_and_scattered() {
    let mut machine = Machine::new();
    let file = machine.open("file", CREAT, Rights::all()).unwrap();
    machine.put(DATA, b"hello world");
    assert_eq!(machine.write(file, &[(DATA, 5), (0, 0), (DATA + 5, 6)]), Ok(11));
    assert_eq!(machine.seek(file, 0, 0), Ok(0));
    assert_eq!(machine.read(file, &[(DATA + 100, 2), (0, 0), (DATA + 200, 3), (DATA + 300, 50)]), Ok(11));
    assert_eq!(machine.bytes(DATA + 100, 3), b"he\0");
    assert_eq!(machine.bytes(DATA + 200, 4), b"llo\0");
    assert_eq!(machine.bytes(DATA + 300, 7), b" world\0");
    assert_eq!(machine.read(file, &[(DATA, 5)]), Ok(0), "the end");
    assert_eq!((machine.read(file, &[]), machine.write(file, &[(0, 0)])), (Ok(0), Ok(0)));
    let large = [(DATA, 8000), (DATA + 8000, 8000)];
    assert_eq!(machine.write(file, &large), Ok(16_000), "more than what is gathered");
}

#[test]
fn offsets_given_with_the_call_leave_the_file_where_it_is() {
    let mut machine = Machine::new();
    let file = machine.open("file", CREAT, Rights::all()).unwrap();
    machine.put(DATA, b"0123456789");
    machine.write(file, &[(DATA, 10)]).unwrap();
    let (list, count) = machine.buffers(&[(DATA, 2), (DATA + 7, 2)]);
    machine.call(|ctx, memory| io::fd_pwrite(ctx, memory, file, list, count, 3, RESULT.into())).unwrap();
    let (list, count) = machine.buffers(&[(DATA + 100, 4), (DATA + 104, 6)]);
    machine.call(|ctx, memory| io::fd_pread(ctx, memory, file, list, count, 1, RESULT.into())).unwrap();
    assert_eq!(machine.value::<u32>(RESULT), 9);
    assert_eq!(machine.bytes(DATA + 100, 9), b"120178789");
    assert_eq!(machine.seek(file, 0, 1), Ok(10));
    let pipe = machine.call(|ctx, memory| io::fd_pwrite(ctx, memory, 1, list, count, 0, RESULT.into()));
    assert_eq!(pipe, Err(Errno::ESPIPE));
}

#[test]
fn a_stream_gives_what_it_has() {
    let mut machine = Machine::new();
    machine.to_stdin.write_all(b"ab").unwrap();
    assert_eq!(machine.read(0, &[(DATA, 0), (DATA, 2), (DATA + 10, 2)]), Ok(2), "the second would block");
    assert_eq!(machine.bytes(DATA, 2), b"ab");
    let many: Vec<(u32, u32)> = (0..10).map(|_| (DATA, 2)).collect();
    assert_eq!(machine.write(1, &many), Ok(20));
    assert_eq!(machine.from_stdout.read(&mut [0; 64]), Ok(20), "in one piece");
    assert_eq!(machine.seek(0, 0, 1), Err(Errno::ESPIPE));
}

#[test]
fn nothing_is_written_when_a_claim_does_not_hold() {
    let mut machine = Machine::new();
    let file = machine.open("file", CREAT, Rights::all()).unwrap();
    assert_eq!(machine.write(file, &[(DATA, 5), (65_535, 2)]), Err(Errno::EFAULT));
    let (list, count) = machine.buffers(&[(DATA, 5)]);
    let unreported = machine.call(|ctx, memory| io::fd_write(ctx, memory, file, list, count, 65_533.into()));
    assert_eq!(unreported, Err(Errno::EFAULT));
    assert_eq!(machine.ctx.files.get(file).unwrap().file.metadata().size, 0);
}

#[test]
fn more_buffers_than_one_call_takes_are_left_for_the_next() {
    let mut machine = Machine::new();
    let file = machine.open("file", CREAT, Rights::all()).unwrap();
    let list = GuestPtr::from(LIST);
    machine.bytes(LIST, 2000 * 8).as_chunks_mut::<8>().0.fill([0, 0, 0, 0, 1, 0, 0, 0]);
    machine.call(|ctx, memory| io::fd_write(ctx, memory, file, list, 2000, RESULT.into())).unwrap();
    assert_eq!(machine.value::<u32>(RESULT), 1024);
}

#[test]
fn seeking_stays_within_what_there_is() {
    let mut machine = Machine::new();
    let file = machine.open("file", CREAT, Rights::all()).unwrap();
    machine.write(file, &[(DATA, 100)]).unwrap();
    assert_eq!(machine.seek(file, -30, 2), Ok(70));
    assert_eq!(machine.seek(file, 1000, 1), Ok(1070));
    assert_eq!(machine.seek(file, -2000, 1), Err(Errno::EINVAL));
    assert_eq!(machine.seek(file, -1, 0), Err(Errno::EINVAL));
    assert_eq!(machine.seek(file, i64::MAX, 1), Err(Errno::EINVAL));
    assert_eq!(machine.seek(file, 0, 3), Err(Errno::EINVAL));
    let teller = machine.open("file", 0, Rights::FD_TELL).unwrap();
    assert_eq!((machine.seek(teller, 0, 1), machine.seek(teller, 0, 0)), (Ok(0), Err(Errno::ENOTCAPABLE)));
    let seeker = machine.open("file", 0, Rights::FD_SEEK).unwrap();
    let tell = machine.call(|ctx, memory| io::fd_tell(ctx, memory, seeker, RESULT.into()));
    assert_eq!(tell, Ok(()), "who may seek may tell");
}

/// The entries in a buffer that `fd_readdir` filled: cookie and name; and whether the last one was cut.
fn entries(mut buffer: &[u8]) -> (Vec<(u64, String)>, bool) {
    let mut entries = Vec::new();
    while let Some((header, rest)) = buffer.split_at_checked(24) {
        let next = u64::load(header).unwrap();
        let len = usize::try_from(u32::load(&header[16..]).unwrap()).unwrap();
        let Some((name, rest)) = rest.split_at_checked(len) else { return (entries, true) };
        entries.push((next, String::from_utf8(name.to_vec()).unwrap()));
        buffer = rest;
    }
    (entries, !buffer.is_empty())
}

#[test]
fn a_directory_is_read_in_pieces_as_libc_does() {
    let mut machine = Machine::new();
    for index in 0..100 {
        machine.open(&format!("file-{index:03}"), CREAT, Rights::empty()).unwrap();
    }
    for len in [24 + 8, 100, 256, 4096, 60_000] {
        let (mut names, mut cookie) = (Vec::new(), 0);
        loop {
            let read = |ctx: &mut Context, memory: &mut Memory<'_>| {
                readdir::fd_readdir(ctx, memory, 3, 4096.into(), len, cookie, RESULT.into())
            };
            machine.call(read).unwrap();
            let used = machine.value::<u32>(RESULT);
            let (whole, cut) = entries(machine.bytes(4096, usize::try_from(used).unwrap()));
            assert!(used == len || !cut, "only a full buffer cuts an entry");
            if let Some((next, _)) = whole.last() {
                cookie = *next;
            }
            names.extend(whole.into_iter().map(|(_, name)| name));
            if used < len {
                break;
            }
        }
        assert_eq!(names.len(), 102, "with buffers of {len} bytes");
        assert_eq!(names[..2], [".", ".."]);
    }
    let file = machine.open("file-000", 0, Rights::all()).unwrap();
    let read = machine.call(|ctx, memory| readdir::fd_readdir(ctx, memory, file, DATA.into(), 10, 0, RESULT.into()));
    assert_eq!(read, Err(Errno::ENOTDIR));
}

#[test]
fn paths_stay_below_their_directory() {
    let mut machine = Machine::new();
    let (at, len) = machine.path("dir");
    machine.call(|ctx, memory| path::path_create_directory(ctx, memory, 3, at, len)).unwrap();
    let directory = machine
        .open("dir", 2, Rights::all() - Rights::FD_WRITE - Rights::FD_ALLOCATE - Rights::FD_FILESTAT_SET_SIZE)
        .unwrap();
    let open =
        |machine: &mut Machine, path: &str| machine.open_from(directory, path, CREAT, Rights::empty(), Rights::empty());
    assert_eq!([open(&mut machine, "../file"), open(&mut machine, "/file")], [Err(Errno::EPERM); 2]);
    assert_eq!(open(&mut machine, "a\0b"), Err(Errno::EINVAL));
    assert_eq!(open(&mut machine, ""), Err(Errno::ENOENT));
    let (at, len) = machine.path("/etc");
    let link = machine.call(|ctx, memory| path::path_symlink(ctx, memory, at, len, 3, at.element(1)?, len - 1));
    assert_eq!(link, Err(Errno::EPERM));
    machine.put(TEXT, b"\xff\xfe");
    let made = machine.call(|ctx, memory| path::path_create_directory(ctx, memory, 3, TEXT.into(), 2));
    assert_eq!(made, Err(Errno::EILSEQ));
}

#[test]
fn a_link_is_read_as_far_as_it_fits() {
    let mut machine = Machine::new();
    let (at, len) = machine.path("targetlink");
    machine.call(|ctx, memory| path::path_symlink(ctx, memory, at, 6, 3, at.element(6)?, len - 6)).unwrap();
    let read = |machine: &mut Machine, room| {
        let read = |ctx: &mut Context, memory: &mut Memory<'_>| {
            path::path_readlink(ctx, memory, 3, at.element(6)?, 4, DATA.into(), room, RESULT.into())
        };
        machine.call(read).unwrap();
        machine.value::<u32>(RESULT)
    };
    assert_eq!(read(&mut machine, 100), 6);
    assert_eq!(machine.bytes(DATA, 7), b"target\0");
    assert_eq!((read(&mut machine, 4), read(&mut machine, 0)), (4, 0));
    assert_eq!(machine.open("link", 0, Rights::empty()), Err(Errno::ELOOP));
}
