//! Waiting for several things at once.

use super::super::poll;
use super::descriptors::CREAT;
use super::*;
use crate::failure::End;
use crate::rights::Rights;
use std::time::Duration;

/// `$subscription` of a clock or a descriptor.
#[derive(Clone, Copy)]
enum Wanted {
    Clock { id: u32, timeout_ns: u64, flags: u16 },
    Read(u32),
    Write(u32),
    Tag(u8),
}

/// Userdata (the index of the subscription), error, type, bytes and flags of an event.
type Seen = (u64, u16, u8, u64, u16);

impl Machine {
    fn subscribe(&mut self, wanted: &[Wanted]) -> u32 {
        for (index, one) in (0..).zip(wanted) {
            let mut bytes = [0; 48];
            bytes[..8].copy_from_slice(&u64::from(index).to_le_bytes());
            match *one {
                Wanted::Clock { id, timeout_ns, flags } => {
                    bytes[16..20].copy_from_slice(&id.to_le_bytes());
                    bytes[24..32].copy_from_slice(&timeout_ns.to_le_bytes());
                    bytes[40..42].copy_from_slice(&flags.to_le_bytes());
                }
                Wanted::Read(fd) => {
                    bytes[8] = 1;
                    bytes[16..20].copy_from_slice(&fd.to_le_bytes());
                }
                Wanted::Write(fd) => {
                    bytes[8] = 2;
                    bytes[16..20].copy_from_slice(&fd.to_le_bytes());
                }
                Wanted::Tag(tag) => bytes[8] = tag,
            }
            self.put(DATA + index * 48, &bytes);
        }
        u32::try_from(wanted.len()).unwrap()
    }

    fn poll(&mut self, wanted: &[Wanted]) -> std::result::Result<Vec<Seen>, Errno> {
        let count = self.subscribe(wanted);
        self.call(|ctx, memory| poll::poll_oneoff(ctx, memory, DATA.into(), 8192.into(), count, RESULT.into()))?;
        let events = self.value::<u32>(RESULT);
        Ok((0..events)
            .map(|index| 8192 + index * 32)
            .map(|at| {
                (self.value(at), self.value(at + 8), self.value(at + 10), self.value(at + 16), self.value(at + 24))
            })
            .collect())
    }
}

const LONG: Wanted = Wanted::Clock { id: 1, timeout_ns: 3_600_000_000_000, flags: 0 };
const SHORT: Wanted = Wanted::Clock { id: 1, timeout_ns: 20_000_000, flags: 0 };

#[test]
fn what_is_ready_is_told_at_once() {
    let mut machine = Machine::new();
    machine.to_stdin.write_all(b"abc").unwrap();
    let events = machine.poll(&[LONG, Wanted::Read(0), Wanted::Write(1)]).unwrap();
    assert_eq!(events[0], (1, 0, 1, 3, 0), "three bytes to read");
    assert_eq!((events[1].0, events[1].1, events[1].2), (2, 0, 2));
    assert_eq!(events.len(), 2);
}

#[test]
fn a_clock_ends_the_wait() {
    let mut machine = Machine::new();
    let start = Instant::now();
    assert_eq!(machine.poll(&[Wanted::Read(0), SHORT, LONG]), Ok(vec![(1, 0, 0, 0, 0)]));
    assert!(start.elapsed() >= Duration::from_millis(20));
    let expired = Wanted::Clock { id: 0, timeout_ns: NOW_NS, flags: 1 };
    let to_come = Wanted::Clock { id: 0, timeout_ns: NOW_NS + 1_000_000_000, flags: 1 };
    assert_eq!(machine.poll(&[to_come, expired]), Ok(vec![(1, 0, 0, 0, 0)]));
    let never = Wanted::Clock { id: 1, timeout_ns: u64::MAX, flags: 0 };
    assert_eq!(machine.poll(&[never, SHORT]), Ok(vec![(1, 0, 0, 0, 0)]));
}

#[test]
fn input_ends_the_wait() {
    let mut machine = Machine::new();
    let to_stdin = Arc::clone(&machine.to_stdin);
    let writer = std::thread::spawn(move || to_stdin.write_all(b"x").unwrap());
    assert_eq!(machine.poll(&[Wanted::Read(0), LONG]), Ok(vec![(0, 0, 1, 1, 0)]));
    writer.join().unwrap();
}

#[test]
fn the_other_end_hanging_up_is_told() {
    let mut machine = Machine::new();
    (machine.to_stdin, machine.from_stdout) = OpenFile::pipe(1);
    let events = machine.poll(&[Wanted::Read(0), Wanted::Write(1)]).unwrap();
    assert_eq!(events, [(0, 0, 1, 0, 1), (1, 0, 2, 0, 1)]);
}

#[test]
fn a_regular_file_is_always_ready() {
    let mut machine = Machine::new();
    let file = machine.open("file", CREAT, Rights::all()).unwrap();
    machine.ctx.files.get(file).unwrap().file.pwrite(b"0123456789", 0).unwrap();
    let events = machine.poll(&[Wanted::Read(file), Wanted::Write(file)]).unwrap();
    assert_eq!((events[0], events[1].0), ((0, 0, 1, 10, 0), 1));
}

#[test]
fn what_cannot_be_waited_for_is_an_event() {
    let mut machine = Machine::new();
    let unread = machine.open("file", CREAT, Rights::POLL_FD_READWRITE).unwrap();
    let bad_clock = Wanted::Clock { id: 9, timeout_ns: 0, flags: 0 };
    let own_time = Wanted::Clock { id: 2, timeout_ns: 0, flags: 0 };
    let bad_flags = Wanted::Clock { id: 1, timeout_ns: 0, flags: 2 };
    let wanted = [Wanted::Read(99), LONG, Wanted::Write(0), Wanted::Read(unread), bad_clock, own_time, bad_flags];
    let events = machine.poll(&wanted).unwrap();
    let errors: Vec<(u64, u16)> = events.iter().map(|event| (event.0, event.1)).collect();
    assert_eq!(errors, [(0, 8), (2, 76), (3, 76), (4, 28), (5, 28), (6, 28)]);
}

#[test]
fn a_call_must_wait_for_something() {
    let mut machine = Machine::new();
    assert_eq!(machine.poll(&[]), Err(Errno::EINVAL));
    assert_eq!(machine.poll(&[Wanted::Tag(3)]), Err(Errno::EINVAL));
    let endless = |ctx: &mut Context, memory: &mut Memory<'_>| {
        poll::poll_oneoff(ctx, memory, 0.into(), 0.into(), u32::MAX, RESULT.into())
    };
    assert_eq!(machine.call(endless), Err(Errno::EINVAL));
}

#[test]
fn a_kill_ends_the_guest_not_the_call() {
    let mut machine = Machine::new();
    let count = machine.subscribe(&[Wanted::Read(0)]);
    let cancel = Arc::clone(&machine.ctx.cancel);
    let killer = std::thread::spawn(move || cancel.cancel());
    let before = wait::enter(Some(Arc::clone(&machine.ctx.cancel)));
    let mut memory = Memory::new(&mut machine.bytes, None);
    let result = poll::poll_oneoff(&mut machine.ctx, &mut memory, DATA.into(), 8192.into(), count, RESULT.into());
    wait::enter(before);
    assert_eq!(result, Err(Failure::End(End::Cancelled)));
    killer.join().unwrap();
}
