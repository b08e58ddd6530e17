//! The screen's files as a program uses them.

use crate::testing::{Desk, LIMIT, desk, spawn};
use interfaces::{Buttons, Errno, PointerEvent, Result};
use process::ExitStatus;
use std::sync::Arc;
use std::time::Instant;
use vfs::{Access, File, Interest, Kind, OpenFile};

const READ: Interest = Interest { read: true, write: false };

/// Opens one of the screen's devices, as the calling thread's process.
fn open(desk: &Desk, name: &str, write: bool) -> Result<Arc<OpenFile>> {
    let (_, node) = desk.screen.devices().into_iter().find(|(known, _)| *known == name).expect("a device");
    let access = Access { read: true, write };
    node.open(write).map(|file| OpenFile::anonymous(file, Kind::CharDevice, access))
}

fn text(file: &OpenFile) -> String {
    let mut buf = [0; 1000];
    let count = file.read(&mut buf).expect("readable");
    String::from_utf8_lossy(&buf[..count]).into_owned()
}

#[test]
fn pixels_are_bytes_at_their_places() {
    let desk = desk();
    let file = open(&desk, "fb0", true).expect("free");
    assert_eq!(open(&desk, "fb0", true).map(drop), Err(Errno::EBUSY));
    desk.display.take_damage();
    file.pwrite(&[1, 2, 3, 255, 4, 5, 6, 255], 4 * 91).expect("room");
    assert_eq!((desk.display.pixel(1, 1), desk.display.pixel(2, 1)), (0x03_0201, 0x06_0504));
    assert_eq!(desk.display.take_damage().iter().map(|area| (area.width, area.height)).collect::<Vec<_>>(), [(2, 1)]);
    // Parts of pixels, across the end of a row.
    file.pwrite(&[9, 8, 7, 6, 5], 4 * 90 - 3).expect("room");
    assert_eq!((desk.display.pixel(89, 0), desk.display.pixel(0, 1)), (0x08_0900, 0x00_0506));
    let mut buf = [0; 6];
    assert_eq!(file.pread(&mut buf, 4 * 90 - 3), Ok(6));
    assert_eq!(buf, [9, 8, 0, 6, 5, 0]);
    drop(file);
    assert!(open(&desk, "fb0", true).is_ok(), "closing gives the screen back");
}

#[test]
fn a_whole_frame_goes_in_one_write_and_no_byte_more() {
    let desk = desk();
    let file = open(&desk, "fb0", true).expect("free");
    assert_eq!(file.write(&[0xff; 90 * 90 * 4 + 7]), Ok(90 * 90 * 4));
    assert!(desk.display.pixels().iter().all(|pixel| *pixel == 0xff_ffff));
    assert_eq!(file.write(&[0]), Err(Errno::ENOSPC));
    assert_eq!(file.pwrite(&[0], 1 << 62), Err(Errno::ENOSPC));
    assert_eq!(file.read(&mut [0]), Ok(0));
}

#[test]
fn reading_takes_no_screen() {
    let desk = desk();
    let file = open(&desk, "fb0", false).expect("always");
    let _lease = desk.screen.lease().expect("free");
    assert_eq!(file.read(&mut [0; 8]), Ok(8));
    assert_eq!(file.write(&[0; 8]), Err(Errno::EBADF));
}

#[test]
fn the_control_file_tells_and_sets_the_size() {
    let desk = desk();
    let control = open(&desk, "fb0ctl", true).expect("always");
    let told = text(&control);
    assert_eq!(told, "driver fake\nsize 90 90\nstride 360\nformat xrgb8888\nsizes 90x54 180x90\nholder -\n");
    assert_eq!(control.write(b"size 180 90\n"), Err(Errno::EPERM), "nobody has the screen");
    let file = open(&desk, "fb0", true).expect("free");
    assert_eq!(control.write(b"size 180 90\n"), Ok(12));
    assert_eq!(desk.screen.size(), (180, 90));
    for wrong in
        ["size", "size 1", "size a b", "size -1 5", "size 0 0", "size 1 2 3", "depth 8", "size 99999 1", "\u{e4}"]
    {
        assert_eq!(control.write(wrong.as_bytes()), Err(Errno::EINVAL), "{wrong}");
    }
    assert_eq!(control.write(&[b' '; 5000]), Err(Errno::EINVAL));
    drop(file);
    assert_eq!(desk.screen.size(), (90, 90));
    let _lease = desk.screen.lease().expect("free");
    let status = spawn(move || {
        assert_eq!(control.write(b"size 180 90\n"), Err(Errno::EBUSY), "another one has it");
        Ok(())
    });
    assert_eq!(status, ExitStatus::SUCCESS);
}

#[test]
fn events_are_lines_for_the_process_that_has_the_screen() {
    let desk = Arc::new(desk());
    assert_eq!(open(&desk, "input/mouse", false).map(drop), Err(Errno::ENXIO), "a thread of no process");
    let inside = Arc::clone(&desk);
    let status = spawn(move || {
        let desk = inside;
        let (keyboard, mouse) = (open(&desk, "input/keyboard", false)?, open(&desk, "input/mouse", false)?);
        assert_eq!(open(&desk, "input/keyboard", true).map(drop), Err(Errno::EACCES));
        let _screen = open(&desk, "fb0", true)?;
        desk.keyboard.happen(&[0x2a, 0x10, 0x90]);
        assert_eq!(read_all(&keyboard, 3), "press ShiftLeft -\npress KeyQ U+0051\nrelease KeyQ -\n");
        let event = PointerEvent { right: -3, down: 4, wheel: -1, buttons: Buttons::LEFT | Buttons::MIDDLE };
        desk.pointer.happen(&[event]);
        assert_eq!(read_all(&mouse, 1), "-3 4 -1 5\n");
        assert!(!keyboard.poll(READ, None).readable);
        // A small buffer gets a line in pieces.
        desk.pointer.happen(&[event]);
        let mut pieces = Vec::new();
        while !pieces.ends_with(b"\n") {
            let mut byte = [0; 3];
            let count = mouse.read(&mut byte)?;
            pieces.extend(&byte[..count]);
        }
        assert_eq!(pieces, b"-3 4 -1 5\n");
        Ok(())
    });
    assert_eq!(status, ExitStatus::SUCCESS);
}

/// Reads until so many lines have come.
fn read_all(file: &OpenFile, lines: usize) -> String {
    let mut all = String::new();
    let deadline = Instant::now() + LIMIT;
    while all.lines().count() < lines {
        assert!(Instant::now() < deadline, "{all}");
        all += &text(file);
    }
    all
}

#[test]
fn another_process_hears_nothing() {
    let desk = Arc::new(desk());
    let inside = Arc::clone(&desk);
    let status = spawn(move || {
        let keyboard = open(&inside, "input/keyboard", false)?;
        // Not this process, but a thread of the kernel.
        let lease = std::thread::scope(|scope| scope.spawn(|| inside.screen.lease()).join().expect("joins"))?;
        inside.keyboard.happen(&[0x10]);
        assert!(lease.wait_event(Some(Instant::now() + LIMIT))?.is_some());
        let mut buf = [0; 100];
        assert_eq!(File::read_at(&**keyboard.file(), 0, &mut buf), Err(Errno::EAGAIN));
        Ok(())
    });
    assert_eq!(status, ExitStatus::SUCCESS);
}
