//! Pseudo terminals, from both ends.

mod support;

use interfaces::{Clock, Errno};
use process::{ExitStatus, ProcessTable, Spawn, Stdio};
use std::sync::{Arc, Mutex};
use support::{interrupt_handler, read};
use tty::{ControllingTty, Pty, PtyNode};
use vfs::{Access, File, Interest, Kind, Node, OpenFile, RamFs, Terminal, Vfs, WindowSize};

const BOTH: Interest = Interest { read: true, write: true };

fn terminal(file: &dyn File) -> &dyn Terminal {
    file.as_terminal().unwrap()
}

#[test]
fn typing_is_echoed_and_read_and_output_comes_back() {
    let (master, slave) = Pty::pair();
    assert_eq!(master.write_at(0, b"hi\r"), Ok(3));
    assert_eq!(read(&*slave), "hi\n");
    assert_eq!(slave.write_at(0, b"hello\n"), Ok(6));
    assert_eq!(read(&*master), "hi\r\nhello\r\n");
    assert_eq!(master.read_at(0, &mut [0; 8]), Err(Errno::EAGAIN));
}

#[test]
fn interrupt_goes_to_the_slaves_handler() {
    let (master, slave) = Pty::pair();
    let (handler, receiver) = interrupt_handler();
    terminal(&*slave).set_interrupt(handler);
    master.write_at(0, b"\x03").unwrap();
    receiver.try_recv().unwrap();
    assert_eq!(read(&*master), "^C");
}

#[test]
fn the_master_sets_the_window_size() {
    let (master, slave) = Pty::pair();
    assert_eq!(terminal(&*slave).window_size(), WindowSize { columns: 80, rows: 24 });
    assert_eq!(master.write_at(0, b"\x1b[8;50;132t"), Ok(11));
    assert_eq!(terminal(&*slave).window_size(), WindowSize { columns: 132, rows: 50 });
    for not_a_size in ["\x1b[8;50;t", "\x1b[8;99999;1t", "\x1b[8;1;0t"] {
        master.write_at(0, not_a_size.as_bytes()).unwrap();
        assert_eq!(terminal(&*slave).window_size().columns, 132, "{not_a_size:?}");
    }
    assert_eq!(slave.read_at(0, &mut [0; 8]), Err(Errno::EAGAIN), "nothing of it was typed as a line");
}

#[test]
fn each_end_sees_the_other_hang_up() {
    let (master, slave) = Pty::pair();
    let (handler, receiver) = interrupt_handler();
    terminal(&*slave).set_interrupt(handler);
    drop(master);
    receiver.try_recv().unwrap();
    assert_eq!(slave.read_at(0, &mut [0; 8]), Ok(0));
    assert_eq!(slave.write_at(0, b"x"), Err(Errno::EIO));
    assert!(slave.poll(BOTH, None).hangup);

    let (master, slave) = Pty::pair();
    slave.write_at(0, b"last").unwrap();
    drop(slave);
    assert_eq!(read(&*master), "last");
    assert_eq!(master.read_at(0, &mut [0; 8]), Ok(0));
    assert_eq!(master.write_at(0, b"x"), Err(Errno::EIO));
    assert!(master.poll(BOTH, None).hangup);
}

#[test]
fn a_master_that_does_not_read_holds_the_writer() {
    let (master, slave) = Pty::pair();
    let mut written = 0;
    loop {
        match slave.write_at(0, &[b'\n'; 1000]) {
            Ok(count) => written += count,
            Err(error) => break assert_eq!(error, Errno::EAGAIN),
        }
    }
    assert!(!slave.poll(BOTH, None).writable);
    assert_eq!(master.write_at(0, b"echo is dropped, input is not\r"), Ok(30));
    let mut buf = vec![0; 1 << 20];
    assert_eq!(master.read_at(0, &mut buf), Ok(2 * written));
    assert!(slave.poll(BOTH, None).writable);
    assert_eq!(read(&*slave), "echo is dropped, input is not\n");
}

#[test]
fn the_node_starts_a_session_for_each_opening() {
    let sessions = Arc::new(Mutex::new(Vec::new()));
    let started = Arc::clone(&sessions);
    let node = PtyNode::new(Arc::new(move |slave| {
        started.lock().unwrap().push(slave);
        Ok(())
    }));
    let first = Arc::clone(&node).open(true).unwrap();
    let _second = node.open(true).unwrap();
    first.write_at(0, b"to the first\r").unwrap();
    assert_eq!(read(&*sessions.lock().unwrap()[0]), "to the first\n");
    assert_eq!(sessions.lock().unwrap().len(), 2);
}

#[test]
fn dev_tty_is_the_terminal_of_the_process_that_opens_it() {
    assert_eq!(Arc::new(ControllingTty).open(true).err(), Some(Errno::ENXIO), "a thread without a process");
    let (master, slave) = Pty::pair();
    let vfs = Vfs::new(RamFs::new(Arc::new(NoClock)).root(), "ramfs");
    let table = ProcessTable::new(vfs.clone());
    let terminal = OpenFile::anonymous(slave, Kind::CharDevice, Access::READ_WRITE);
    let nothing = OpenFile::pipe(1).0;
    let stdio = Stdio { stdin: nothing.clone(), stdout: nothing.clone(), stderr: nothing };
    let mut spawn = Spawn::new(vec!["opener".into()], vfs.root(), stdio);
    spawn.terminal = Some(terminal);
    let opener = table.spawn(spawn, |_| {
        let tty = Arc::new(ControllingTty).open(true).unwrap();
        ExitStatus::Exited(i32::try_from(tty.write_at(0, b"hello").unwrap()).unwrap())
    });
    assert_eq!(opener.unwrap().wait(), Ok(ExitStatus::Exited(5)));
    assert_eq!(read(&*master), "hello");
}

struct NoClock;

impl Clock for NoClock {
    fn monotonic_ns(&self) -> u64 {
        0
    }

    fn realtime_ns(&self) -> u64 {
        0
    }

    fn set_realtime_ns(&self, _now: u64) {}

    fn resolution_ns(&self) -> u64 {
        1
    }
}
