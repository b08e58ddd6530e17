//! The console: serial line, screen and keyboard as one terminal, with a shell on it.

use crate::init::Session;
use crate::options::Options;
use drivers::keyboard::Keyboard;
use drivers::serial::Serial;
use drivers::vga::VgaText;
use machine::acpi::Topology;
use machine::log;
use process::{ExitStatus, Process, Spawn, Stdio};
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
    if let Some(keyboard) = Keyboard::new(topology.isa_line(Keyboard::INTERRUPT)) {
        builder = builder.keyboard(keyboard, layout(options));
    }
    let console = builder.build();
    let named = devices
        .register_file("console", Arc::clone(&console) as Arc<dyn vfs::File>)
        .and_then(|()| devices.register("tty", Arc::new(ControllingTty)));
    if let Err(error) = named {
        machine::log!("/dev/console: {error}");
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

/// Starts a shell with `arguments` on `stdio`.
pub(crate) fn start_shell(
    session: &Session,
    arguments: &[&str],
    stdio: Stdio,
    environment: &[(&str, &str)],
) -> interfaces::Result<Arc<Process>> {
    let program = session.programs.lookup("sh").ok_or(interfaces::Errno::ENOENT)?.clone();
    let mut spawn = Spawn::new(arguments.iter().map(|word| (*word).to_owned()).collect(), session.table.vfs().root(), stdio);
    spawn.env = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    spawn.terminal = Some(Arc::clone(&spawn.stdio.stdin)).filter(|file| file.as_terminal().is_some());
    spawn.stack_size = program.stack_size;
    session.table.spawn(spawn, move |context| (program.main)(context))
}

/// Keeps a shell on the console, for ever.
pub(crate) fn serve(session: &Session, console: &Arc<Tty>) {
    loop {
        let file = file(console);
        greet(session, &file);
        let stdio = Stdio { stdin: Arc::clone(&file), stdout: Arc::clone(&file), stderr: file };
        let environment = [("PATH", "/bin"), ("HOME", "/"), ("TERM", "linux")];
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
