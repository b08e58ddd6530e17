//! The consoles: a serial line, and the screen with its keyboard. Each is a terminal of its own, with a shell on it, as
//! both have sizes and users of their own.

use crate::display;
use crate::options::Options;
use crate::session::{Session, start_shell};
use drivers::i8042;
use drivers::serial::Serial;
use drivers::vga::VgaText;
use interfaces::{Display, InputSource, Result, TextDisplay};
use machine::acpi::Topology;
use machine::log;
use process::{ExitStatus, Stdio};
use screen::{Inputs, Screen};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tty::{Builder, ControllingTty, Layout, Tty};
use vfs::devfs::DevFs;
use vfs::{Access, File, Kind, OpenFile};

/// The consoles, at least one.
#[derive(Clone)]
pub(crate) struct Consoles {
    first: Arc<Tty>,
    others: Vec<Arc<Tty>>,
    screen: Option<Arc<Screen>>,
}

/// The parts of the console on the screen.
struct Desk {
    text: Option<Arc<dyn TextDisplay>>,
    keyboard: Option<Arc<dyn InputSource>>,
    screen: Option<Arc<Screen>>,
}

/// Joins the consoles' devices and names them in `/dev`.
pub(crate) fn open(
    topology: &Topology,
    display: Option<Arc<dyn Display>>,
    devices: &DevFs,
    options: &Options,
) -> Consoles {
    let layout = layout(options);
    let serial = Serial::new(log::line(), topology.isa_line(Serial::INTERRUPTS[0]));
    let desk = desk(topology, display, layout);
    let on_line = |builder: Builder| match &serial {
        Some(serial) => builder.serial(Arc::clone(serial) as Arc<dyn interfaces::ByteDevice>),
        None => builder,
    };
    let on_desk = |mut builder: Builder| {
        if let Some(text) = &desk.text {
            builder = builder.screen(Arc::clone(text));
        }
        match &desk.keyboard {
            Some(keyboard) => builder.keyboard(Arc::clone(keyboard), layout),
            None => builder,
        }
    };
    // A script's output goes to whoever may look. So does a shell's where there is no second place to look at.
    let joined = options.autorun.is_some() || serial.is_none() || desk.text.is_none();
    let consoles = if joined {
        Consoles { first: on_desk(on_line(Tty::builder())).build(), others: Vec::new(), screen: desk.screen }
    } else {
        let (first, second) = (on_line(Tty::builder()).build(), on_desk(Tty::builder()).build());
        Consoles { first, others: vec![second], screen: desk.screen }
    };
    if let Err(error) = consoles.register(devices) {
        machine::log!("/dev: {error}");
    }
    consoles.start();
    consoles
}

/// The screen and what is beside it.
fn desk(topology: &Topology, display: Option<Arc<dyn Display>>, layout: Layout) -> Desk {
    let lines = [i8042::KEYBOARD_INTERRUPT, i8042::MOUSE_INTERRUPT].map(|interrupt| topology.isa_line(interrupt));
    let found = i8042::take_over(lines[0], lines[1]);
    let (keyboard, mouse) = found.map_or((None, None), |inputs| (Some(inputs.keyboard), inputs.mouse));
    let keyboard = keyboard.map(|keyboard| keyboard as Arc<dyn InputSource>);
    let inputs = Inputs { keyboard: keyboard.clone(), pointer: mouse.map(|mouse| mouse as _), layout };
    let screen = display.and_then(|display| {
        let screen = Screen::new(display, inputs).and_then(|screen| match screen.start() {
            Ok(()) => Ok(screen),
            Err(_) => Err(interfaces::Errno::EAGAIN),
        });
        screen.inspect_err(|error| machine::log!("screen: {error}")).ok()
    });
    match screen {
        Some(screen) => {
            let (width, height) = screen.size();
            machine::log!("screen: {} {width}x{height}", screen.driver());
            let keyboard = keyboard.map(|_| screen.terminal_keyboard());
            Desk { text: Some(screen.console()), keyboard, screen: Some(screen) }
        }
        None => {
            let text = VgaText::new().map(|text| Arc::new(text) as Arc<dyn TextDisplay>);
            // It has no memory and no lock but the cursor's.
            text.iter().cloned().for_each(display::show_last_words_on);
            Desk { text, keyboard, screen: None }
        }
    }
}

fn layout(options: &Options) -> Layout {
    let Some(name) = &options.keymap else { return Layout::default() };
    Layout::by_name(name).unwrap_or_else(|| {
        machine::log!("keymap={name}: unknown, taking the default");
        Layout::default()
    })
}

impl Consoles {
    /// The screen, where it shows pixels.
    pub(crate) fn screen(&self) -> Option<&Arc<Screen>> {
        self.screen.as_ref()
    }

    /// The console that `/dev/console` is.
    pub(crate) fn first(&self) -> &Arc<Tty> {
        &self.first
    }

    fn all(&self) -> impl Iterator<Item = &Arc<Tty>> {
        std::iter::once(&self.first).chain(&self.others)
    }

    /// A file whose lines show on every console.
    pub(crate) fn everywhere(&self) -> Arc<OpenFile> {
        let all = self.all().cloned().collect();
        OpenFile::anonymous(Arc::new(Everywhere(all)), Kind::CharDevice, Access::WRITE)
    }

    /// Changes the layout of the keyboard.
    pub(crate) fn set_layout(&self, layout: Layout) {
        self.all().for_each(|tty| tty.set_layout(layout));
        if let Some(screen) = &self.screen {
            screen.set_layout(layout);
        }
    }

    /// `/dev/console`, `/dev/tty1` where the screen is another one, and what leads to one's own.
    fn register(&self, devices: &DevFs) -> Result<()> {
        devices.register_file("console", Arc::clone(&self.first) as Arc<dyn File>)?;
        for (number, tty) in (1..).zip(&self.others) {
            devices.register_file(&format!("tty{number}"), Arc::clone(tty) as Arc<dyn File>)?;
        }
        devices.register("tty", Arc::new(ControllingTty))?;
        for (name, node) in self.screen.iter().flat_map(|screen| screen.devices()) {
            devices.register(name, node)?;
        }
        for (descriptor, name) in (0..).zip(["stdin", "stdout", "stderr"]) {
            devices.register(name, process::own_descriptor(descriptor))?;
        }
        Ok(())
    }

    fn start(&self) {
        for tty in self.all() {
            if let Err(error) = tty.start() {
                machine::log!("console: {error}");
            }
        }
    }

    /// Shows what the kernel has logged on the screen; on the serial line it stands already.
    pub(crate) fn show_log(&self) {
        for tty in &self.others {
            // A terminal that takes nothing has nobody who looks.
            let _ = file(tty).write_all(log::history().as_bytes());
        }
    }

    /// Keeps a shell on each, for ever.
    pub(crate) fn serve(&self, session: &Session) -> ! {
        for tty in &self.others {
            let (session, tty) = (session.clone(), Arc::clone(tty));
            let thread = std::thread::Builder::new().name("console".to_owned());
            if let Err(error) = thread.spawn(move || serve(&session, &tty)) {
                machine::log!("console: {error}");
            }
        }
        serve(session, &self.first)
    }
}

/// A console as an open file.
pub(crate) fn file(console: &Arc<Tty>) -> Arc<OpenFile> {
    OpenFile::anonymous(Arc::clone(console) as Arc<dyn File>, Kind::CharDevice, Access::READ_WRITE)
}

/// Before another try where no shell can be started, or one does not live longer than this.
const PAUSE: Duration = Duration::from_secs(1);

/// Keeps a shell on a console, for ever. Where memory or threads are short now, others may give some back.
fn serve(session: &Session, console: &Arc<Tty>) -> ! {
    let mut last_error = None;
    loop {
        let file = file(console);
        if last_error.is_none() {
            session.greet(&file);
        }
        let stdio = Stdio { stdin: Arc::clone(&file), stdout: Arc::clone(&file), stderr: file };
        let environment = [("PATH", "/bin"), ("HOME", "/"), ("PWD", "/"), ("TERM", "linux")];
        let begin = Instant::now();
        let ended = start_shell(session, &["sh"], stdio, &environment).and_then(|shell| shell.wait());
        let before = std::mem::replace(&mut last_error, ended.err());
        match ended {
            // ^D or `exit`: the next one begins.
            Ok(ExitStatus::Exited(_)) => continue,
            Ok(status) => machine::log!("the shell has ended ({status}); starting another"),
            Err(error) if before != Some(error) => machine::log!("no shell can be started: {error}; trying again"),
            Err(_) => {}
        }
        if begin.elapsed() < PAUSE {
            std::thread::sleep(PAUSE);
        }
    }
}

/// Terminals that all show the same.
struct Everywhere(Vec<Arc<Tty>>);

impl File for Everywhere {
    fn write_at(&self, _offset: u64, buf: &[u8]) -> Result<usize> {
        // A console takes part of a write, and never nothing.
        for tty in &self.0 {
            let mut left = buf;
            while !left.is_empty() {
                let count = tty.write_at(0, left)?.max(1);
                left = left.get(count..).unwrap_or_default();
            }
        }
        Ok(buf.len())
    }
}
