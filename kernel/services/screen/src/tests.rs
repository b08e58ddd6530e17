//! The screen as its users see it.

use crate::testing::{Desk, LIMIT, desk, start};
use crate::{Canvas, InputEvent, KeyAction, Lease};
use embedded_graphics::pixelcolor::{Rgb888, RgbColor};
use embedded_graphics::prelude::{DrawTarget, Drawable, Point, Primitive, Size};
use embedded_graphics::primitives::{PrimitiveStyle, Rectangle};
use interfaces::{Area, Buttons, Cell, Colour, Errno, Frame, InputSource, PointerEvent, TextDisplay};
use process::ExitStatus;
use std::sync::{Arc, mpsc};
use std::task::Poll;
use std::time::Instant;

const WHITE: u32 = 0xff_ffff;

fn deadline() -> Option<Instant> {
    Some(Instant::now() + LIMIT)
}

fn next(lease: &Lease) -> InputEvent {
    lease.wait_event(deadline()).expect("not taken away").expect("an event in time")
}

fn key(lease: &Lease) -> (&'static str, KeyAction) {
    match next(lease) {
        InputEvent::Key(event) => (event.name(), event.action),
        other => panic!("{other:?}"),
    }
}

/// Waits for a scan code at the terminal's end.
fn terminal_code(keys: &dyn InputSource) -> u8 {
    let code = wait::wait_for(deadline(), |waiter| {
        keys.wake_on_input(&waiter.waker());
        keys.next_byte().map_or(Poll::Pending, Poll::Ready)
    });
    code.expect("a code in time")
}

fn cell(glyph: char) -> Cell {
    Cell { glyph, foreground: Colour::Ansi(15), background: Colour::Ansi(1) }
}

const RED: u32 = 0xaa_0000;

#[test]
fn there_is_one_lease_at_a_time_and_the_console_comes_back() {
    let Desk { display, screen, .. } = desk();
    screen.console().put(0, 0, &[cell('█'), cell(' ')]);
    screen.console().flush();
    assert_eq!((display.pixel(0, 0), display.pixel(9, 0)), (WHITE, RED));
    let lease = screen.lease().expect("free");
    assert_eq!(screen.lease().map(drop), Err(Errno::EBUSY));
    assert!(display.pixels().iter().all(|pixel| *pixel == 0), "a new lease begins black");
    screen.console().put(2, 0, &[cell('█')]);
    screen.console().flush();
    assert_eq!(display.pixel(18, 0), 0, "the console does not draw");
    drop(lease);
    assert_eq!((display.pixel(0, 0), display.pixel(9, 0), display.pixel(18, 0)), (WHITE, RED, WHITE));
    assert!(screen.lease().is_ok());
}

#[test]
fn only_damage_is_shown() {
    let Desk { display, screen, .. } = desk();
    let lease = screen.lease().expect("free");
    display.take_damage();
    let pixels = vec![WHITE; 90 * 90];
    let area = Area { x: 3, y: 4, width: 5, height: 6 };
    lease.show(Frame { pixels: &pixels, stride: 90 }, &[area]).expect("mine");
    assert_eq!(display.take_damage(), [area]);
    assert_eq!((display.pixel(3, 4), display.pixel(7, 9), display.pixel(8, 9)), (WHITE, WHITE, 0));
    let capture = screen.capture().expect("memory");
    assert_eq!((capture.width, capture.height, capture.pixels), (90, 90, display.pixels()));
}

#[test]
fn frames_and_areas_of_any_size_are_survived() {
    let Desk { display, screen, .. } = desk();
    let lease = screen.lease().expect("free");
    let pixels = vec![WHITE; 1000];
    let huge = Area { x: 0, y: 0, width: usize::MAX, height: usize::MAX };
    let far = Area { x: usize::MAX, y: usize::MAX, width: usize::MAX, height: usize::MAX };
    for stride in [0, 1, 89, 90, 91, 1000, usize::MAX] {
        for area in [huge, far, Area { x: 80, ..huge }, Area { y: 89, ..huge }] {
            lease.show(Frame { pixels: &pixels, stride }, &[area]).expect("mine");
        }
    }
    assert_eq!(display.pixel(0, 0), WHITE);
}

#[test]
fn the_size_is_the_leases_and_goes_with_it() {
    let Desk { display, screen, .. } = desk();
    screen.console().put(0, 0, &[cell('█')]);
    let lease = screen.lease().expect("free");
    lease.set_size(180, 90).expect("a size");
    assert_eq!((lease.size(), display.pixels().len()), ((180, 90), 180 * 90));
    assert_eq!(lease.set_size(1001, 1), Err(Errno::EINVAL));
    assert_eq!(lease.set_size(0, 1), Err(Errno::EINVAL));
    assert_eq!(lease.size(), (180, 90));
    drop(lease);
    assert_eq!((screen.size(), display.pixel(0, 0)), ((90, 90), WHITE));
}

#[test]
fn a_canvas_shows_what_was_drawn() {
    let Desk { display, screen, .. } = desk();
    let lease = screen.lease().expect("free");
    let mut canvas = Canvas::of(&lease).expect("memory");
    let style = PrimitiveStyle::with_fill(Rgb888::RED);
    Rectangle::new(Point::new(-2, 5), Size::new(4, 2)).into_styled(style).draw(&mut canvas).expect("drawn");
    canvas.draw_iter([embedded_graphics::Pixel(Point::new(50, 60), Rgb888::BLUE)]).expect("drawn");
    canvas.draw_iter([embedded_graphics::Pixel(Point::new(-1, 600), Rgb888::BLUE)]).expect("drawn");
    display.take_damage();
    canvas.flush(&lease).expect("mine");
    let areas = [Area { x: 0, y: 5, width: 2, height: 2 }, Area { x: 50, y: 60, width: 1, height: 1 }];
    assert_eq!(display.take_damage(), areas);
    assert_eq!((display.pixel(1, 6), display.pixel(2, 6), display.pixel(50, 60)), (0xff_0000, 0, 0x0000ff));
    let points = Rectangle::new(Point::new(88, 88), Size::new(4, 4));
    canvas.fill_contiguous(&points, (0..16).map(|n| Rgb888::new(n, 0, 0))).expect("drawn");
    canvas.flush(&lease).expect("mine");
    assert_eq!((display.pixel(89, 88), display.pixel(88, 89)), (0x01_0000, 0x04_0000));
}

#[test]
fn keys_and_mouse_go_to_the_lease_and_back_to_the_terminal() {
    let Desk { keyboard, pointer, screen, .. } = desk();
    let terminal = screen.terminal_keyboard();
    keyboard.happen(&[0x1e]);
    assert_eq!(terminal_code(&*terminal), 0x1e);
    let lease = screen.lease().expect("free");
    // The key that is still down goes up for both; what is pressed now is the program's alone.
    keyboard.happen(&[0x9e, 0x1f, 0x9f]);
    assert_eq!(terminal_code(&*terminal), 0x9e);
    assert_eq!(key(&lease), ("KeyA", KeyAction::Release));
    assert_eq!(key(&lease), ("KeyS", KeyAction::Press));
    assert_eq!(key(&lease), ("KeyS", KeyAction::Release));
    assert_eq!(terminal_code(&*terminal), 0x9f);
    let event = PointerEvent { right: 3, down: -2, wheel: 1, buttons: Buttons::LEFT };
    pointer.happen(&[event]);
    assert_eq!(next(&lease), InputEvent::Pointer(event));
    assert_eq!(lease.next_event(), None);
    drop(lease);
    keyboard.happen(&[0x20]);
    assert_eq!(terminal_code(&*terminal), 0x20);
}

#[test]
fn waiting_for_an_event_has_a_deadline() {
    let Desk { screen, .. } = desk();
    let lease = screen.lease().expect("free");
    assert_eq!(lease.wait_event(Some(Instant::now())), Ok(None));
}

/// Starts a process that takes the screen and then does `what`.
fn holder(
    screen: &Arc<crate::Screen>,
    what: impl FnOnce(Lease) + Send + 'static,
) -> (Arc<process::Process>, mpsc::Receiver<()>) {
    let (sender, receiver) = mpsc::channel();
    let screen = Arc::clone(screen);
    let process = start(move || {
        let lease = screen.lease().expect("free");
        sender.send(()).expect("the test listens");
        what(lease);
        ExitStatus::SUCCESS
    });
    (process, receiver)
}

#[test]
fn a_panic_gives_the_screen_back() {
    let Desk { screen, .. } = desk();
    let (process, started) = holder(&screen, |_lease| panic!("as asked"));
    started.recv().expect("it has begun");
    assert_eq!(process.wait(), Ok(ExitStatus::Panicked));
    assert!(screen.lease().is_ok());
}

#[test]
fn a_kill_ends_the_wait_and_gives_the_screen_back() {
    let Desk { screen, .. } = desk();
    let (process, started) = holder(&screen, |lease| assert_eq!(lease.wait_event(None), Err(Errno::ECANCELED)));
    started.recv().expect("it has begun");
    process.kill(process::KillReason::Kill);
    assert_eq!(process.wait(), Ok(ExitStatus::Killed));
    assert!(screen.lease().is_ok());
}

#[test]
fn ctrl_alt_backspace_takes_the_screen_from_a_program_that_hangs() {
    let Desk { display, keyboard, screen, .. } = desk();
    screen.console().put(0, 0, &[cell('█')]);
    let (go_on, waits) = mpsc::channel();
    let (process, started) = holder(&screen, move |lease| {
        // It hears of nothing.
        waits.recv().expect("the test ends this");
        let pixels = [WHITE];
        let area = Area { x: 40, y: 40, width: 1, height: 1 };
        assert_eq!(lease.show(Frame { pixels: &pixels, stride: 1 }, &[area]), Err(Errno::ECANCELED));
        assert_eq!(lease.wait_event(None), Err(Errno::ECANCELED));
    });
    started.recv().expect("it has begun");
    assert_eq!(display.pixel(0, 0), 0);
    keyboard.happen(&[0x1d, 0x38, 0x0e]);
    let back = wait::wait_for(deadline(), |waiter| {
        screen.router.register(waiter);
        if screen.router.holder().is_none() { Poll::Ready(()) } else { Poll::Pending }
    });
    back.expect("the console in time");
    assert_eq!(display.pixel(0, 0), WHITE);
    go_on.send(()).expect("it waits");
    assert_eq!(process.wait(), Ok(ExitStatus::Killed));
    // The terminal heard of ctrl and alt, so it must hear of their release, too.
    keyboard.happen(&[0x8e, 0x9d, 0xb8, 0x1e]);
    let terminal = screen.terminal_keyboard();
    let codes: Vec<u8> = (0..6).map(|_| terminal_code(&*terminal)).collect();
    assert_eq!(codes, [0x1d, 0x38, 0x8e, 0x9d, 0xb8, 0x1e]);
}

#[test]
fn a_process_that_ends_without_unwinding_loses_the_screen() {
    let Desk { screen, .. } = desk();
    let (go_on, waits) = mpsc::channel::<()>();
    let (process, started) = holder(&screen, move |lease| {
        let _ = waits.recv();
        drop(lease);
    });
    started.recv().expect("it has begun");
    process.terminate(ExitStatus::Panicked);
    let free = wait::wait_for(deadline(), |waiter| {
        screen.router.register(waiter);
        if screen.router.holder().is_none() { Poll::Ready(()) } else { Poll::Pending }
    });
    free.expect("the screen in time");
    let lease = screen.lease().expect("free");
    drop(go_on);
    assert!(!lease.is_taken_away(), "the old lease's end does not concern the new one");
}

#[test]
fn scrolling_moves_what_is_there() {
    let Desk { display, screen, .. } = desk();
    let console = screen.console();
    for row in 0..5 {
        console.put(0, row, &[cell(char::from(b'0' + row as u8)); 10]);
    }
    console.flush();
    let before = display.pixels();
    assert!(console.scroll_up(0..5, 1) && console.scroll_up(0..5, 1));
    console.flush();
    let after = display.pixels();
    assert!(after[..3 * 18 * 90] == before[2 * 18 * 90..]);
    assert!(after[3 * 18 * 90..].iter().all(|pixel| *pixel == 0));
    assert!(console.scroll_up(1..3, 1));
    assert!(!console.scroll_up(0..5, 1) || display.pixels() != after, "two regions do not move as one");
    console.put(0, 2, &[cell('█')]);
    console.set_cursor(Some((0, 2)));
    console.flush();
    assert_eq!(display.pixel(0, 2 * 18), RED, "the cursor shows its cell inverted");
}

#[test]
fn a_flood_of_text_is_drawn_in_the_end() {
    let Desk { display, screen, .. } = desk();
    let console = screen.console();
    for round in 0..2000 {
        console.put(round % 10, round % 5, &[cell('x')]);
    }
    console.put(1, 1, &[cell('█')]);
    // The screen's thread draws the rest.
    display.wait_for((9, 18), WHITE);
}

#[test]
fn characters_are_larger_on_large_screens() {
    let Desk { display, screen, .. } = desk();
    let lease = screen.lease().expect("free");
    lease.set_size(180, 1440).expect("a size");
    let text = lease.text();
    assert_eq!(text.size(), (10, 40));
    text.put(1, 2, &[cell('█'), cell(' ')]);
    text.flush();
    for (x, y) in [(18, 72), (35, 107)] {
        assert_eq!(display.pixel(x, y), WHITE, "{x},{y}");
    }
    assert_eq!((display.pixel(17, 72), display.pixel(36, 107), display.pixel(18, 108)), (0, RED, 0));
    assert!(text.scroll_up(0..40, 1));
    text.flush();
    assert_eq!((display.pixel(18, 36), display.pixel(35, 71), display.pixel(18, 72)), (WHITE, WHITE, 0));
}
