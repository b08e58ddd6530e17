//! Rights, flags, attributes and numbers.

use super::super::{fd, io};
use super::*;
use crate::abi::{FdStat, Prestat};
use crate::rights::Rights;
use vfs::{Access, File, InputMode, Kind, Terminal, WindowSize};

/// `$oflags`.
pub(super) const CREAT: u32 = 1;
pub(super) const DIRECTORY: u32 = 2;
pub(super) const TRUNC: u32 = 8;

impl Machine {
    /// File type, flags, rights and inheriting rights of a descriptor.
    fn stat(&mut self, fd: u32) -> (u8, u16, Rights, Rights) {
        self.call(|ctx, memory| fd::fd_fdstat_get(ctx, memory, fd, GuestPtr::<FdStat>::from(RESULT))).unwrap();
        let rights = |bits| Rights::from_bits(bits).unwrap();
        (self.value(RESULT), self.value(RESULT + 2), rights(self.value(RESULT + 8)), rights(self.value(RESULT + 16)))
    }
}

#[test]
fn an_open_file_has_no_more_rights_than_asked_for_and_than_make_sense() {
    let mut machine = Machine::new();
    let file = machine.open("file", CREAT, Rights::FD_READ | Rights::FD_READDIR | Rights::PATH_OPEN).unwrap();
    assert_eq!(machine.stat(file), (4, 0, Rights::FD_READ, Rights::all()));
    let directory = machine.open(".", DIRECTORY, Rights::FD_READ | Rights::PATH_OPEN).unwrap();
    assert_eq!(machine.stat(directory), (3, 0, Rights::PATH_OPEN, Rights::all()));
    assert_eq!(machine.open(".", DIRECTORY, Rights::FD_WRITE), Err(Errno::EISDIR));
    let everything = machine.open("file", 0, Rights::all()).unwrap();
    assert!(machine.stat(everything).2.contains(Rights::FD_READ | Rights::FD_WRITE | Rights::FD_SEEK));
}

#[test]
fn a_directory_passes_on_what_it_may() {
    let mut machine = Machine::new();
    let limited = machine.open_from(3, ".", DIRECTORY, Rights::PATH_OPEN, Rights::FD_READ).unwrap();
    machine.open("file", CREAT, Rights::empty()).unwrap();
    let open =
        |machine: &mut Machine, flags, rights| machine.open_from(limited, "file", flags, rights, Rights::empty());
    assert!(open(&mut machine, 0, Rights::FD_READ).is_ok());
    assert_eq!(open(&mut machine, 0, Rights::FD_WRITE), Err(Errno::ENOTCAPABLE));
    assert_eq!(open(&mut machine, CREAT, Rights::FD_READ), Err(Errno::ENOTCAPABLE));
    assert_eq!(open(&mut machine, TRUNC, Rights::FD_READ), Err(Errno::ENOTCAPABLE));
    let through = machine.open_from(limited, ".", DIRECTORY, Rights::empty(), Rights::FD_READ).unwrap();
    assert_eq!(open(&mut machine, 0, Rights::FD_READ).map(|_| ()), Ok(()));
    assert_eq!(machine.open_from(through, "file", 0, Rights::empty(), Rights::empty()), Err(Errno::ENOTCAPABLE));
}

#[test]
fn rights_can_only_be_lost() {
    let mut machine = Machine::new();
    let file = machine.open("file", CREAT, Rights::FD_READ | Rights::FD_WRITE | Rights::FD_SEEK).unwrap();
    let mut set =
        |rights: Rights| machine.call(|ctx, memory| fd::fd_fdstat_set_rights(ctx, memory, file, rights.bits(), 0));
    assert_eq!(set(Rights::FD_READ | Rights::FD_TELL), Err(Errno::ENOTCAPABLE));
    assert_eq!(set(Rights::FD_READ), Ok(()));
    assert_eq!(set(Rights::FD_READ | Rights::FD_WRITE), Err(Errno::ENOTCAPABLE));
    let beyond = |ctx: &mut Context, memory: &mut Memory<'_>| fd::fd_fdstat_set_rights(ctx, memory, file, 1 << 40, 0);
    assert_eq!(machine.call(beyond), Err(Errno::ENOTCAPABLE));
    let (list, count) = machine.buffers(&[(DATA, 1)]);
    let write = machine.call(|ctx, memory| io::fd_write(ctx, memory, file, list, count, RESULT.into()));
    assert_eq!(write, Err(Errno::ENOTCAPABLE));
}

#[test]
fn flags_must_be_known() {
    let mut machine = Machine::new();
    let file = machine.open("file", CREAT, Rights::all()).unwrap();
    let mut set = |flags| machine.call(|ctx, memory| fd::fd_fdstat_set_flags(ctx, memory, file, flags));
    assert_eq!(set(0b10101), Ok(()));
    assert_eq!([set(1 << 5), set(1 << 16), set(u32::MAX)], [Err(Errno::EINVAL); 3]);
    assert_eq!(machine.stat(file).1, 0b10101);
    assert_eq!(machine.open("file", 1 << 4, Rights::empty()), Err(Errno::EINVAL));
}

#[test]
fn directories_are_no_files_and_files_no_directories() {
    let mut machine = Machine::new();
    let file = machine.open("file", CREAT, Rights::all()).unwrap();
    assert_eq!(machine.open_from(file, "x", CREAT, Rights::empty(), Rights::empty()), Err(Errno::ENOTDIR));
    let (list, count) = machine.buffers(&[(DATA, 1)]);
    let calls = [
        machine.call(|ctx, memory| io::fd_read(ctx, memory, 3, list, count, RESULT.into())),
        machine.call(|ctx, memory| io::fd_pwrite(ctx, memory, 3, list, count, 0, RESULT.into())),
        machine.call(|ctx, memory| io::fd_seek(ctx, memory, 3, 0, 1, RESULT.into())),
        machine.call(|ctx, memory| fd::fd_allocate(ctx, memory, 3, 0, 1)),
        machine.call(|ctx, memory| fd::fd_filestat_set_size(ctx, memory, 3, 0)),
    ];
    assert_eq!(calls, [Err(Errno::EISDIR); 5]);
}

#[test]
fn a_preopened_directory_has_a_name() {
    let mut machine = Machine::with(|guest| guest.preopens = vec![(guest.vfs.root(), "/data".to_owned())]);
    let prestat = |machine: &mut Machine, fd| {
        machine.call(|ctx, memory| fd::fd_prestat_get(ctx, memory, fd, GuestPtr::<Prestat>::from(RESULT)))
    };
    assert_eq!(prestat(&mut machine, 3), Ok(()));
    assert_eq!((machine.value::<u32>(RESULT), machine.value::<u32>(RESULT + 4)), (0, 5));
    assert_eq!([0, 4, 99].map(|fd| prestat(&mut machine, fd)), [Err(Errno::EBADF); 3]);
    let mut name = |len| machine.call(|ctx, memory| fd::fd_prestat_dir_name(ctx, memory, 3, DATA.into(), len));
    assert_eq!((name(4), name(5), name(100)), (Err(Errno::ENAMETOOLONG), Ok(()), Ok(())));
    assert_eq!(machine.bytes(DATA, 6), b"/data\0");
}

#[test]
fn times_are_given_or_now_but_not_both() {
    let mut machine = Machine::new();
    let file = machine.open("file", CREAT, Rights::all()).unwrap();
    let set = |machine: &mut Machine, flags| {
        machine.call(|ctx, memory| fd::fd_filestat_set_times(ctx, memory, file, 11, 22, flags))
    };
    let times = |machine: &mut Machine| {
        machine.call(|ctx, memory| fd::fd_filestat_get(ctx, memory, file, RESULT.into())).unwrap();
        (machine.value::<u64>(RESULT + 40), machine.value::<u64>(RESULT + 48))
    };
    set(&mut machine, 0b0101).unwrap();
    assert_eq!(times(&mut machine), (11, 22));
    set(&mut machine, 0b1000).unwrap();
    assert_eq!(times(&mut machine), (11, NOW_NS));
    for flags in [0b0011, 0b1100, 1 << 4] {
        assert_eq!(set(&mut machine, flags), Err(Errno::EINVAL));
    }
    assert_eq!(times(&mut machine), (11, NOW_NS));
}

#[test]
fn advice_and_allocation_check_their_range() {
    let mut machine = Machine::new();
    let file = machine.open("file", CREAT, Rights::all()).unwrap();
    let mut advise =
        |fd, offset, advice| machine.call(|ctx, memory| fd::fd_advise(ctx, memory, fd, offset, 10, advice));
    assert_eq!((advise(file, 0, 0), advise(file, 100, 5)), (Ok(()), Ok(())));
    assert_eq!((advise(file, 0, 6), advise(file, u64::MAX, 0)), (Err(Errno::EINVAL), Err(Errno::EINVAL)));
    let mut allocate = |fd, offset, len| machine.call(|ctx, memory| fd::fd_allocate(ctx, memory, fd, offset, len));
    assert_eq!(allocate(file, 10, 20), Ok(()));
    assert_eq!(allocate(file, 10, 0), Err(Errno::EINVAL));
    assert_eq!(allocate(file, u64::MAX, 2), Err(Errno::EFBIG));
    assert_eq!(allocate(1, 0, 1), Err(Errno::ESPIPE));
    assert_eq!(machine.ctx.files.get(file).unwrap().file.metadata().size, 30);
}

/// A character device that is a terminal, or is not.
struct Device {
    terminal: bool,
}

impl File for Device {
    fn as_terminal(&self) -> Option<&dyn Terminal> {
        self.terminal.then_some(self)
    }
}

impl Terminal for Device {
    fn input_mode(&self) -> InputMode {
        InputMode::Canonical
    }

    fn set_input_mode(&self, _mode: InputMode) {}

    fn window_size(&self) -> WindowSize {
        WindowSize { columns: 80, rows: 24 }
    }

    fn set_interrupt(&self, _: Option<Arc<dyn Fn() + Send + Sync>>) -> Option<Arc<dyn Fn() + Send + Sync>> {
        None
    }
}

#[test]
fn wasi_libc_takes_terminals_and_nothing_else_for_terminals() {
    let device = |terminal| OpenFile::anonymous(Arc::new(Device { terminal }), Kind::CharDevice, Access::READ_WRITE);
    let mut machine = Machine::with(|guest| (guest.stdin, guest.stdout) = (device(true), device(false)));
    // Its `isatty`: a character device that can neither be sought nor told.
    let is_terminal = |machine: &mut Machine, fd| {
        let (kind, _, rights, _) = machine.stat(fd);
        kind == 2 && !rights.intersects(Rights::FD_SEEK | Rights::FD_TELL)
    };
    assert_eq!([0, 1, 2, 3].map(|fd| is_terminal(&mut machine, fd)), [true, false, false, false]);
    assert!(!machine.stat(2).2.contains(Rights::FD_READ), "the writing end of a pipe");
}
