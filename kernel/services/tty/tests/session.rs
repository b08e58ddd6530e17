//! Sessions through one file: frames in, frames out.

mod support;

use interfaces::{Clock, Errno};
use process::{Context, ExitStatus, ProcessTable, Spawn};
use std::io::{Read, Write};
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};
use tty::{LEAST_READ, SessionNode, SessionRequest};
use vfs::{File, Interest, Node, RamFs, Vfs};

/// Long enough for the slowest machine; reached only by a failure.
const LIMIT: Duration = Duration::from_secs(60);

const BOTH: Interest = Interest { read: true, write: true };

struct StoppedClock;

impl Clock for StoppedClock {
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

/// A session in which `program` runs; it is given the command and the variables as its arguments.
fn session(program: fn(&Context) -> ExitStatus) -> Arc<dyn File> {
    let table = ProcessTable::new(Vfs::new(RamFs::new(Arc::new(StoppedClock)).root(), "ramfs"));
    let start = move |request: SessionRequest| {
        let variables = request.env.into_iter().map(|(name, value)| format!("{name}={value}"));
        let args = request.command.into_iter().chain(variables).collect();
        let spawn = Spawn { terminal: request.terminal, ..Spawn::new(args, table.vfs().root(), request.stdio) };
        table.spawn(spawn, program)
    };
    SessionNode::new(Arc::new(start)).open(true).unwrap()
}

fn frame(kind: u8, content: &[u8]) -> Vec<u8> {
    let mut frame = vec![kind];
    frame.extend(u16::try_from(content.len()).unwrap().to_le_bytes());
    frame.extend(content);
    frame
}

fn send(file: &dyn File, kind: u8, content: &[u8]) {
    let frame = frame(kind, content);
    assert_eq!(file.write_at(0, &frame), Ok(frame.len()));
}

/// The next frame; `None` at the end.
fn receive(file: &dyn File) -> Option<(char, Vec<u8>)> {
    let mut buf = [0; 4096];
    let waited = wait::wait_for(Some(Instant::now() + LIMIT), |waiter| {
        if !file.poll(Interest { read: true, write: false }, Some(waiter)).readable {
            return Poll::Pending;
        }
        match file.read_at(0, &mut buf) {
            Err(Errno::EAGAIN) => Poll::Pending,
            read => Poll::Ready(read.unwrap()),
        }
    });
    let count = waited.expect("a frame in time");
    let [kind, low, high, content @ ..] = &buf[..count] else { return None };
    assert_eq!(usize::from(u16::from_le_bytes([*low, *high])), content.len());
    Some((char::from(*kind), content.to_vec()))
}

/// All that comes until the end: output, errors, status.
fn receive_all(file: &dyn File) -> (String, String, i32) {
    let (mut output, mut errors) = (Vec::new(), Vec::new());
    loop {
        match receive(file).expect("the status comes first") {
            ('O', bytes) => output.extend(bytes),
            ('E', bytes) => errors.extend(bytes),
            ('X', bytes) => {
                assert_eq!(receive(file), None);
                let text = |bytes| String::from_utf8(bytes).unwrap();
                return (text(output), text(errors), i32::from_le_bytes(bytes.try_into().unwrap()));
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_command_has_pipes_and_its_end_comes_last() {
    let file = session(|context| {
        let mut input = String::new();
        (&*context.stdin).read_to_string(&mut input).unwrap();
        writeln!(context.out(), "{:?} {input}", context.args).unwrap();
        writeln!(context.err(), "bad").unwrap();
        ExitStatus::Exited(7)
    });
    send(&*file, b'V', b"A=1=2");
    send(&*file, b'R', b"do it");
    send(&*file, b'I', b"some ");
    send(&*file, b'I', b"input");
    send(&*file, b'Z', b"");
    assert_eq!(receive_all(&*file), ("[\"do it\", \"A=1=2\"] some input\n".into(), "bad\n".into(), 7));
    assert_eq!(file.write_at(0, &frame(b'I', b"x")), Err(Errno::EIO), "nobody is left");
}

#[test]
fn a_terminal_has_a_size_and_edits_lines() {
    let file = session(|context| {
        let terminal = context.process.terminal().unwrap();
        let size = || terminal.as_terminal().unwrap().window_size();
        writeln!(context.out(), "{}x{}", size().columns, size().rows).unwrap();
        let mut line = [0; 64];
        let count = context.stdin.read(&mut line).unwrap();
        writeln!(context.err(), "{:?} {}x{}", &line[..count], size().columns, size().rows).unwrap();
        ExitStatus::SUCCESS
    });
    send(&*file, b'S', &[132, 0, 50, 0]);
    send(&*file, b'R', b"");
    assert_eq!(receive(&*file), Some(('O', b"132x50\r\n".to_vec())));
    send(&*file, b'S', &[44, 1, 40, 0]);
    // Nothing that is typed is taken for a command to the terminal.
    send(&*file, b'I', b"ax\x7f\r");
    let (output, errors, status) = receive_all(&*file);
    assert!(output.contains("[97, 10] 300x40\r\n"), "{output:?}");
    assert_eq!((errors.as_str(), status), ("", 0));
}

fn wait_for_ever(context: &Context) -> ExitStatus {
    writeln!(context.out(), "here").unwrap();
    match context.stdin.read(&mut [0]) {
        Err(Errno::ECANCELED) => ExitStatus::SUCCESS,
        other => panic!("{other:?}"),
    }
}

#[test]
fn an_interrupt_and_a_kill_end_a_command() {
    for (kind, status) in [(b'C', 130), (b'K', 137)] {
        let file = session(wait_for_ever);
        send(&*file, b'R', b"wait");
        assert_eq!(receive(&*file), Some(('O', b"here\n".to_vec())));
        send(&*file, kind, b"");
        assert_eq!(receive_all(&*file).2, status);
    }
}

#[test]
fn an_interrupt_reaches_the_foreground_of_a_terminal() {
    let file = session(|context| {
        let terminal = context.process.terminal().unwrap();
        let process = Arc::clone(&context.process);
        let handler = Arc::new(move || process.kill(process::KillReason::Interrupt));
        terminal.as_terminal().unwrap().set_interrupt(Some(handler));
        wait_for_ever(context)
    });
    send(&*file, b'S', &[80, 0, 24, 0]);
    send(&*file, b'R', b"");
    assert_eq!(receive(&*file), Some(('O', b"here\r\n".to_vec())));
    send(&*file, b'C', b"");
    let (output, _, status) = receive_all(&*file);
    assert_eq!((output.as_str(), status), ("^C", 130));
}

#[test]
fn closing_the_file_ends_what_runs() {
    let (sender, receiver) = std::sync::mpsc::channel();
    let table = ProcessTable::new(Vfs::new(RamFs::new(Arc::new(StoppedClock)).root(), "ramfs"));
    let start = move |request: SessionRequest| {
        let process = table.spawn(Spawn::new(vec!["wait".into()], table.vfs().root(), request.stdio), wait_for_ever)?;
        sender.send(Arc::clone(&process)).unwrap();
        Ok(process)
    };
    let file = SessionNode::new(Arc::new(start)).open(true).unwrap();
    send(&*file, b'R', b"wait");
    let process = receiver.try_recv().unwrap();
    drop(file);
    assert_eq!(process.wait_until(Instant::now() + LIMIT), Ok(ExitStatus::Killed));
}

#[test]
fn a_program_that_does_not_read_holds_input_but_no_commands() {
    let file = session(|context| {
        writeln!(context.out(), "here").unwrap();
        while !context.is_killed() {
            std::thread::yield_now();
        }
        ExitStatus::SUCCESS
    });
    send(&*file, b'R', b"busy");
    let input = frame(b'I', &[b'x'; 10_000]);
    let mut taken = 0;
    loop {
        match file.write_at(0, &input) {
            Ok(count) => taken += count - 3,
            Err(error) => break assert_eq!(error, Errno::EAGAIN),
        }
    }
    assert!(taken >= 10_000);
    assert!(!file.poll(BOTH, None).writable);
    send(&*file, b'C', b"");
    assert_eq!(receive_all(&*file).2, 130);
}

#[test]
fn what_is_no_frame_is_refused() {
    let file = session(|_| ExitStatus::SUCCESS);
    for wrong in [&b"I"[..], b"I\x05\0abc", b"V\x01\0x", b"V\x02\0=x", b"S\x01\0x", b"R\x01\0\xff"] {
        assert_eq!(file.write_at(0, wrong), Err(Errno::EINVAL), "{wrong:?}");
    }
    assert_eq!(file.write_at(0, &frame(b'I', b"x")), Err(Errno::EIO), "nothing runs yet");
    assert_eq!(file.read_at(0, &mut [0; LEAST_READ]), Err(Errno::EAGAIN));
    assert_eq!(file.read_at(0, &mut [0; LEAST_READ - 1]), Err(Errno::EINVAL));
    let mut frames = frame(b'R', b"");
    frames.extend(frame(b'?', b""));
    assert_eq!(file.write_at(0, &frames), Ok(3), "what comes before is done");
    assert_eq!(file.write_at(0, &frame(b'?', b"")), Err(Errno::EINVAL));
    assert_eq!(file.write_at(0, &frame(b'R', b"")), Err(Errno::EBUSY));
    assert_eq!(receive_all(&*file).2, 0);
}
