//! A terminal between devices and a program, with its input pump running.

mod support;

use interfaces::Errno;
use std::sync::Arc;
use std::time::Duration;
use support::{FakeDisplay, FakeKeyboard, FakeSerial, interrupt_handler, read};
use tty::{Layout, Tty};
use vfs::{File, InputMode, Interest, Terminal, WindowSize};

const LIMIT: Duration = Duration::from_secs(60);

fn serial_tty() -> (Arc<FakeSerial>, Arc<Tty>) {
    let serial = Arc::new(FakeSerial::default());
    let tty = Tty::builder().serial(serial.clone()).build();
    tty.start().unwrap();
    (serial, tty)
}

#[test]
fn a_typed_line_is_echoed_and_read() {
    let (serial, tty) = serial_tty();
    serial.types("hi\r");
    assert_eq!(read(&*tty), "hi\n");
    serial.wait_for_output("echo", |output| output == "hi\r\n");
    assert_eq!(tty.read_at(0, &mut [0; 8]), Err(Errno::EAGAIN));
    assert!(!tty.poll(Interest { read: true, write: true }, None).readable);
}

#[test]
fn every_output_gets_the_bytes() {
    let (serial, display) = (Arc::new(FakeSerial::default()), FakeDisplay::new());
    let tty = Tty::builder().serial(serial.clone()).screen(display.clone()).build();
    assert_eq!(tty.write_at(0, b"one\n\x1b[31mtwo"), Ok(12));
    serial.wait_for_output("output", |output| output == "one\r\n\x1b[31mtwo");
    assert_eq!(display.text()[..2], ["one", "two"]);
    assert_eq!(tty.window_size(), WindowSize { columns: 40, rows: 5 }, "what fits on both");
    tty.set_window_size(WindowSize { columns: 30, rows: 4 });
    assert_eq!(tty.window_size().columns, 30);
}

#[test]
fn interrupt_calls_the_handler_once_each() {
    let (serial, tty) = serial_tty();
    let (handler, receiver) = interrupt_handler();
    let old = tty.set_interrupt(handler);
    assert!(old.is_none());
    serial.types("lost\x03\x03kept\r");
    receiver.recv_timeout(LIMIT).unwrap();
    receiver.recv_timeout(LIMIT).unwrap();
    assert_eq!(read(&*tty), "kept\n");
    assert!(receiver.try_recv().is_err());
    assert!(tty.set_interrupt(None).is_some());
    serial.types("\x03again\r");
    assert_eq!(read(&*tty), "again\n");
}

#[test]
fn interrupt_is_served_while_output_is_stuck() {
    let (serial, tty) = serial_tty();
    let (handler, receiver) = interrupt_handler();
    tty.set_interrupt(handler);
    serial.block();
    let writer = std::thread::spawn({
        let tty = tty.clone();
        move || tty.write_at(0, b"flood\n")
    });
    serial.wait_for_blocked_writer();
    serial.types("\x03");
    receiver.recv_timeout(LIMIT).unwrap();
    serial.unblock();
    assert_eq!(writer.join().unwrap(), Ok(6));
    serial.wait_for_output("the echo, after what was being written", |output| output == "flood\r\n^C");
}

#[test]
fn a_long_paste_waits_in_the_device_and_arrives_whole() {
    let (serial, tty) = serial_tty();
    let paste: String = (0..60_000).map(|line| format!("line {line}\n")).collect();
    serial.types(&paste);
    // The first line is there once the pump runs; the rest is read while it comes.
    let mut received = String::new();
    while received.len() < paste.len() {
        received += &read(&*tty);
    }
    assert!(received == paste);
    assert_eq!(serial.unread(), 0);
}

#[test]
fn the_keyboard_types_in_its_layout() {
    let keyboard = Arc::new(FakeKeyboard::default());
    let tty = Tty::builder().keyboard(keyboard.clone(), Layout::De).build();
    tty.start().unwrap();
    keyboard.press(&[0x15, 0x95, 0x1c, 0x9c]);
    assert_eq!(read(&*tty), "z\n");
    tty.set_layout(Layout::Us);
    keyboard.press(&[0x15, 0x95, 0x1c, 0x9c]);
    assert_eq!(read(&*tty), "y\n");
}

#[test]
fn a_screen_answers_reports_where_no_serial_line_does() {
    let tty = Tty::builder().screen(FakeDisplay::new()).build();
    tty.set_input_mode(InputMode::Raw);
    tty.write_at(0, b"ab\x1b[6n").unwrap();
    assert_eq!(read(&*tty), "\x1b[1;3R");
    let mirrored = Tty::builder().serial(Arc::new(FakeSerial::default())).screen(FakeDisplay::new()).build();
    mirrored.set_input_mode(InputMode::Raw);
    mirrored.write_at(0, b"\x1b[6n").unwrap();
    assert_eq!(mirrored.read_at(0, &mut [0; 8]), Err(Errno::EAGAIN));
}

#[test]
fn end_of_file_is_read_once() {
    let (serial, tty) = serial_tty();
    serial.types("\x04x\r");
    assert_eq!(read(&*tty), "");
    assert_eq!(read(&*tty), "x\n");
}
