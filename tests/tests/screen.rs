//! What the screen shows, compared with pictures in `tests/pictures` (docs/SCREEN.md says how they are made anew).

#![forbid(unsafe_code)]

use yolk::qemu::{Extra, Firmware, Options, Verdict};
use yolk_tests::control::{Action, Control};
use yolk_tests::machine::{Booted, from_disc, from_image, with_screen, with_words};
use yolk_tests::pictures::{Picture, expect, see, wait_until};

/// A machine whose screen can be looked at, at its prompts.
fn boot(options: &Options) -> (Booted, Control) {
    let machine = Booted::to_prompt(options);
    let control = Control::connect(&machine.control_path()).expect("QEMU listens");
    (machine, control)
}

/// Types at the machine's own keyboard.
fn type_at(control: &mut Control, text: &str) {
    control.type_text(text).expect("typed");
}

fn press(control: &mut Control, keys: &[&str]) {
    control.press(keys).expect("pressed");
}

/// The palette, colours of 256 and of 24 bits, lines, blocks, letters, and a character that the font lacks.
const COLOURS: &[&str] = &[
    r"\033[2J\033[H\033[30;47m 0 \033[31;40m 1 \033[32m 2 ",
    r"\033[33m 3 \033[34m 4 \033[35m 5 \033[36m 6 \033[37m 7\n",
    r"\033[90m 8 \033[91m 9 \033[92m10 \033[93m11 ",
    r"\033[94m12 \033[95m13 \033[96m14 \033[97m15 \033[m\n",
    r"\033[1;31mbold \033[7mreverse\033[m ",
    r"\033[38;5;208mof 256 ",
    r"\033[38;2;100;149;237;48;2;40;40;40mof 24 bits\033[m\n",
    r"┌──┬──┐ ╔══╦══╗ ╭───╮ ░▒▓█ ▀▄▌▐\n",
    r"│åß│øñ│ ║Žů║ğł║ │αΩж│ ←↑→↓ ✓✗★\n",
    r"└──┴──┘ ╚══╩══╝ ╰───╯ €£¥ ≤≥≠ \0360\0237\0230\0200\n",
];

/// One boot for all that the screen of a running machine does.
#[test]
fn console_programs_and_apps_show_what_they_should() {
    let (mut machine, mut control) = boot(&with_screen(from_image()));
    expect(&mut control, "boot");

    // What a program writes to the screen's terminal, and a flood that scrolls it away.
    for line in COLOURS {
        machine.command(&format!("echo -ne '{line}' > /dev/tty1"));
    }
    expect(&mut control, "colours");
    machine.command("seq 1 300 > /dev/tty1");
    expect(&mut control, "scrolled");
    press(&mut control, &["shift", "pgup"]);
    expect(&mut control, "scrolled-back");

    // A native program has the screen, and gives it back: by q, by a panic, and when it hangs.
    machine.command("echo -ne '\\033[2J\\033[H' > /dev/tty1");
    type_at(&mut control, "\ntestcard\n");
    expect(&mut control, "testcard");
    assert_eq!(machine.command("testcard; echo $?"), "testcard: device or resource busy\n1\n");
    control.move_mouse(-100, 40).expect("moved");
    expect(&mut control, "testcard-mouse");
    type_at(&mut control, "q");
    expect(&mut control, "after-q");
    type_at(&mut control, "testcard panic\n");
    expect(&mut control, "testcard");
    press(&mut control, &["spc"]);
    expect(&mut control, "after-panic");
    type_at(&mut control, "testcard hang\n");
    expect(&mut control, "testcard");
    press(&mut control, &["spc"]);
    press(&mut control, &["ctrl", "alt", "backspace"]);
    expect(&mut control, "console-while-it-hangs");

    machine.console.send("poweroff\r");
    assert_eq!(machine.verdict(), Verdict::Done, "{}", machine.console.text());
}

#[test]
fn apps_draw_and_hear_of_keys_and_mouse() {
    let (mut machine, mut control) = boot(&with_words(with_screen(from_image()), "video=640x480 keymap=de"));
    let told = machine.command("cat /dev/fb0ctl");
    assert!(told.starts_with("driver bochs\nsize 640 480\nstride 2560\nformat xrgb8888\nsizes 640x480 "), "{told}");
    assert!(told.ends_with("holder -\n"), "{told}");
    assert_eq!(machine.command("screenshot /tmp/a.png && head -c 4 /tmp/a.png | tail -c 3"), "PNG\n");

    // At the serial line; the key beside the t is a z here.
    machine.console.send("clock -t 10:08:42\r");
    expect(&mut control, "clock");
    press(&mut control, &["q"]);
    machine.console.expect("$ ");
    machine.console.send("paint -o /tmp/a.ppm\r");
    expect(&mut control, "paint-empty");
    see(&mut control, "a pointer that moves", |control| control.move_mouse(-100, -50));
    see(&mut control, "another colour", |control| control.type_text("2"));
    see(&mut control, "a dot", |control| control.button("left", Action::Press));
    for (right, down) in [(60, 40), (60, -40), (10, 90), (-70, 0)] {
        see(&mut control, "a line", |control| control.move_mouse(right, down));
    }
    control.button("left", Action::Release).expect("released");
    control.move_mouse(0, 50).expect("moved");
    expect(&mut control, "paint");
    type_at(&mut control, "sq");
    machine.console.expect("$ ");
    assert_eq!(machine.command("head -c 2 /tmp/a.ppm; loadkeys us"), "P6\n");
    // The terminal was not told of the keys that the app had.
    type_at(&mut control, "z\n");
    expect(&mut control, "after-paint");
}

/// The picture that the firmware set up shows the same as the display that the kernel drives.
#[test]
fn a_disc_boots_with_the_firmwares_picture() {
    for firmware in [Firmware::SeaBios, Firmware::Ovmf] {
        let mut options = from_disc(firmware);
        options.extras.extend([Extra::FirmwareDisplay, Extra::Control]);
        let (mut machine, mut control) = boot(&options);
        expect(&mut control, "boot");
        let told = machine.command("cat /dev/fb0ctl");
        assert!(told.starts_with("driver boot\nsize 1024 768\n"), "{told}");
        assert!(told.contains("sizes 1024x768\n"), "{told}");
    }
}

#[test]
fn without_pixels_the_console_is_vga_text() {
    let (mut machine, mut control) = boot(&with_words(with_screen(from_image()), "video=text"));
    wait_until(&mut control, "text of VGA", |picture| {
        (picture.width, picture.height) == (720, 400) && picture.pixels.iter().any(|value| *value != 0)
    });
    let failed = machine.command("testcard");
    assert!(failed.contains("no screen of pixels"), "{failed}");
}

#[test]
fn a_size_that_cannot_be_is_said_and_left() {
    let (mut machine, _control) = boot(&with_words(with_screen(from_image()), "video=16000x16000 video=large"));
    let log = machine.command("dmesg");
    assert!(log.contains("video=large: neither WIDTHxHEIGHT nor text"), "{log}");
    assert!(log.contains("video=16000x16000: ") && log.contains("screen: bochs 1024x768"), "{log}");
}

#[test]
fn a_kernel_that_stops_says_why_on_the_screen() {
    for words in ["", "video=text"] {
        let mut options = with_words(with_screen(from_image()), words);
        options.extras.push(Extra::NoVerdict);
        let (mut machine, mut control) = boot(&options);
        machine.console.send("selftest page-fault\r");
        machine.console.expect("The kernel has stopped");
        if words.is_empty() {
            wait_until(&mut control, "the last words", |picture| picture.text().contains("The kernel has stopped"));
            let text = Picture::of_screen(&mut control).expect("a picture").text();
            assert!(text.starts_with("Yolk has stopped: an error of the kernel."), "{text}");
            for said in
                ["screen: bochs 1024x768", "EXCEPTION 14 (page fault)", "backtrace:", "machine::provoke::page_fault"]
            {
                assert!(text.contains(said), "{said}: {text}");
            }
        } else {
            // In VGA's font; a red line is enough.
            let is_red = |pixel: &[u8]| pixel[0] > 0x90 && pixel[1] < 0x10 && pixel[2] < 0x10;
            wait_until(&mut control, "the last words", |picture| {
                picture.pixels.chunks_exact(3).filter(|pixel| is_red(pixel)).count() > 5000
            });
        }
    }
}

#[test]
fn a_verbose_boot_shows_the_log() {
    let (_machine, mut control) = boot(&with_words(with_screen(from_image()), "verbose"));
    wait_until(&mut control, "log and prompt", |picture| {
        let text = picture.text();
        text.contains("screen: bochs 1024x768") && text.contains("yolk:/$")
    });
}
