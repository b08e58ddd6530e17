//! The console: serial line, screen and keyboard as one terminal, with a shell on it.

use crate::options::Options;
use crate::session::{Session, start_shell};
use drivers::i8042;
use drivers::serial::Serial;
use drivers::vga::VgaText;
use machine::acpi::Topology;
use machine::log;
use process::{ExitStatus, Stdio};
use std::sync::Arc;
use tty::{ControllingTty, Layout, Tty};
use vfs::devfs::DevFs;
use vfs::{Access, Kind, OpenFile};

/// Joins the console's devices and names it in `/dev`.
pub(crate) fn open(topology: &Topology, devices: &DevFs, options: &Options) -> Arc<Tty> {
    let mut builder = Tty::builder();
    if let Some(serial) = Serial::new(log::line(), topology.isa_line(Serial::INTERRUPTS[0])) {
        builder = builder.serial(serial);
    }
    if let Some(screen) = VgaText::new() {
        builder = builder.screen(Arc::new(screen));
    }
    let lines = [i8042::KEYBOARD_INTERRUPT, i8042::MOUSE_INTERRUPT].map(|interrupt| topology.isa_line(interrupt));
    if let Some(inputs) = i8042::take_over(lines[0], lines[1]) {
        builder = builder.keyboard(inputs.keyboard, layout(options));
    }
    let console = builder.build();
    let named = devices
        .register_file("console", Arc::clone(&console) as Arc<dyn vfs::File>)
        .and_then(|()| devices.register("tty", Arc::new(ControllingTty)))
        .and_then(|()| devices.register("stdin", process::own_descriptor(0)))
        .and_then(|()| devices.register("stdout", process::own_descriptor(1)))
        .and_then(|()| devices.register("stderr", process::own_descriptor(2)));
    if let Err(error) = named {
        machine::log!("/dev: {error}");
    }
    if let Err(error) = console.start() {
        machine::log!("console: {error}");
    }
    console
}

fn layout(options: &Options) -> Layout {
    let Some(name) = &options.keymap else { return Layout::default() };
    Layout::by_name(name).unwrap_or_else(|| {
        machine::log!("keymap={name}: unknown, taking the default");
        Layout::default()
    })
}

/// The console as an open file.
pub(crate) fn file(console: &Arc<Tty>) -> Arc<OpenFile> {
    OpenFile::anonymous(Arc::clone(console) as Arc<dyn vfs::File>, Kind::CharDevice, Access::READ_WRITE)
}

/// Keeps a shell on the console, for ever.
pub(crate) fn serve(session: &Session, console: &Arc<Tty>) {
    loop {
        let file = file(console);
        greet(session, &file);
        let stdio = Stdio { stdin: Arc::clone(&file), stdout: Arc::clone(&file), stderr: file };
        let environment = [("PATH", "/bin"), ("HOME", "/"), ("PWD", "/"), ("TERM", "linux")];
        match start_shell(session, &["sh"], stdio, &environment).and_then(|shell| shell.wait()) {
            // ^D or `exit`: the next one begins.
            Ok(ExitStatus::Exited(_)) => {}
            Ok(status) => machine::log!("the shell has ended ({status}); starting another"),
            Err(error) => {
                machine::log!("no shell can be started: {error}");
                return;
            }
        }
    }
}

/// Shows the message of the day.
fn greet(session: &Session, console: &OpenFile) {
    let vfs = session.table.vfs();
    if let Ok(text) = vfs.read_file(&vfs.root(), "/etc/motd", 64 * 1024) {
        // The console is always there.
        let _ = console.write_all(&text);
    }
}
