//! The link over a made-up device.

use crate::link::{INPUT_CAPACITY, Link};
use interfaces::{ByteDevice, Errno};
use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::task::Waker;
use std::time::Duration;
use vfs::Interest;

const LIMIT: Duration = Duration::from_secs(10);

struct Wire {
    to_guest: Mutex<(VecDeque<u8>, Option<Waker>)>,
    from_guest: Mutex<Sender<Vec<u8>>>,
}

impl Wire {
    fn new() -> (Arc<Wire>, Receiver<Vec<u8>>) {
        let (sender, receiver) = channel();
        (Arc::new(Wire { to_guest: Mutex::default(), from_guest: Mutex::new(sender) }), receiver)
    }

    fn say(&self, bytes: &[u8]) {
        let mut line = self.to_guest.lock().unwrap();
        line.0.extend(bytes);
        if let Some(waker) = &line.1 {
            waker.wake_by_ref();
        }
    }
}

impl ByteDevice for Wire {
    fn read(&self, buf: &mut [u8]) -> usize {
        let mut line = self.to_guest.lock().unwrap();
        let count = buf.len().min(line.0.len());
        buf.iter_mut().zip(line.0.drain(..count)).for_each(|(slot, byte)| *slot = byte);
        count
    }

    fn write(&self, bytes: &[u8]) {
        // The receiver is gone when a test is over.
        let _ = self.from_guest.lock().unwrap().send(bytes.to_vec());
    }

    fn wake_on_input(&self, waker: &Waker) {
        self.to_guest.lock().unwrap().1 = Some(waker.clone());
    }
}

fn expect(receiver: &Receiver<Vec<u8>>, wanted: &[u8]) {
    let mut seen = Vec::new();
    while seen.len() < wanted.len() {
        seen.extend(receiver.recv_timeout(LIMIT).expect("the link says something"));
    }
    assert_eq!(seen, wanted);
}

fn open() -> (Arc<Wire>, Receiver<Vec<u8>>, Arc<Link>) {
    let (wire, receiver) = Wire::new();
    let link = Link::open(Arc::clone(&wire) as Arc<dyn ByteDevice>).unwrap();
    expect(&receiver, b"H\x01\0\x01W\x04\0\0\0\x01\0");
    (wire, receiver, link)
}

#[test]
fn streams_stay_apart_and_the_status_comes_last() {
    let (_wire, receiver, link) = open();
    assert_eq!(link.stdout().write(b"a\0\xff"), Ok(3));
    expect(&receiver, b"O\x03\0a\0\xff");
    assert_eq!(link.stderr().write(b"bad"), Ok(3));
    expect(&receiver, b"E\x03\0bad");
    link.exit(-2);
    expect(&receiver, b"X\x04\0\xfe\xff\xff\xff");
}

#[test]
fn input_blocks_until_it_comes_and_ends() {
    let (wire, _receiver, link) = open();
    let stdin = link.stdin();
    assert!(!stdin.poll(Interest { read: true, write: false }, None).readable);
    assert_eq!(stdin.file().read_at(0, &mut [0; 4]), Err(Errno::EAGAIN));
    let reader = std::thread::spawn(move || {
        let mut buf = [0; 16];
        let first = stdin.read(&mut buf).unwrap();
        let first = buf[..first].to_vec();
        let mut all = first;
        loop {
            match stdin.read(&mut buf).unwrap() {
                0 => break all,
                count => all.extend(&buf[..count]),
            }
        }
    });
    wire.say(b"I\x05\0he");
    wire.say(b"lloI\x01\0!Z\0\0");
    assert_eq!(reader.join().unwrap(), b"hello!");
}

#[test]
fn the_host_is_granted_what_was_read() {
    let (wire, receiver, link) = open();
    let half = INPUT_CAPACITY as usize / 2;
    for _ in 0..half / 1024 {
        wire.say(b"I\0\x04");
        wire.say(&[7; 1024]);
    }
    let stdin = link.stdin();
    let mut left = half;
    while left > 0 {
        left -= stdin.read(&mut vec![0; left]).unwrap();
    }
    expect(&receiver, b"W\x04\0\0\x80\0\0");
}

#[test]
fn an_interrupt_calls_the_handler() {
    let (wire, _receiver, link) = open();
    let (sender, called) = channel();
    let sender = Mutex::new(sender);
    link.on_interrupt(move || sender.lock().unwrap().send(()).unwrap());
    wire.say(b"C\0\0");
    called.recv_timeout(LIMIT).expect("the handler runs");
}
