//! A screen with its keyboard and mouse: what is built once, and shared by all who use it.

use crate::lock;
use crate::picture::{Capture, Owner, Picture};
use crate::router::Router;
use crate::text::TextConsole;
use interfaces::{Display, Errno, InputSource, PixelFormat, PointerDevice, Result};
use std::sync::{Arc, Mutex};
use tty::Layout;

/// The devices beside a display.
#[derive(Default)]
pub struct Inputs {
    /// The keyboard.
    pub keyboard: Option<Arc<dyn InputSource>>,
    /// The mouse.
    pub pointer: Option<Arc<dyn PointerDevice>>,
    /// The keyboard's layout.
    pub layout: Layout,
}

/// See the module.
pub struct Screen {
    pub(crate) picture: Arc<Picture>,
    pub(crate) router: Router,
    pub(crate) console: Arc<TextConsole>,
    pub(crate) keyboard: Option<Arc<dyn InputSource>>,
    pub(crate) pointer: Option<Arc<dyn PointerDevice>>,
    /// Held while the screen changes hands, so that both halves of that happen as one.
    handover: Mutex<()>,
}

impl Screen {
    /// The screen on `display`, whose size is set. Nothing moves before [`start`](Self::start).
    ///
    /// # Errors
    /// EINVAL where the display has no size; ENOMEM.
    pub fn new(display: Arc<dyn Display>, inputs: Inputs) -> Result<Arc<Screen>> {
        let picture = Arc::new(Picture::new(display)?);
        let console = Arc::new(TextConsole::new(Arc::clone(&picture), Owner::Console));
        let Inputs { keyboard, pointer, layout } = inputs;
        let router = Router::new(layout);
        Ok(Arc::new(Screen { picture, router, console, keyboard, pointer, handover: Mutex::new(()) }))
    }

    /// Characters on the screen, for a terminal to show itself on.
    #[must_use]
    pub fn console(&self) -> Arc<TextConsole> {
        Arc::clone(&self.console)
    }

    /// The keyboard, for that terminal: silent as long as a program has the screen.
    #[must_use]
    pub fn terminal_keyboard(&self) -> Arc<dyn InputSource> {
        Arc::clone(self.router.terminal()) as Arc<dyn InputSource>
    }

    /// Changes the layout that key events follow. The terminal's is its own.
    pub fn set_layout(&self, layout: Layout) {
        self.router.set_layout(layout);
    }

    /// Pixels in a row, and rows.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        self.picture.size()
    }

    /// The sizes that the display can have, the smallest first.
    #[must_use]
    pub fn sizes(&self) -> Vec<(usize, usize)> {
        self.picture.display().sizes()
    }

    /// How the display itself stores pixels.
    #[must_use]
    pub fn format(&self) -> PixelFormat {
        self.picture.display().format()
    }

    /// The name of the display's driver.
    #[must_use]
    pub fn driver(&self) -> &'static str {
        self.picture.display().driver()
    }

    /// The picture that is shown now.
    ///
    /// # Errors
    /// ENOMEM.
    pub fn capture(&self) -> Result<Capture> {
        self.console.flush();
        self.picture.capture()
    }

    /// Makes the calling thread's process the holder. EBUSY.
    pub(crate) fn hand_over(&self) -> Result<u64> {
        let _handover = lock(&self.handover);
        let lease = self.router.take(process::current())?;
        self.picture.give_to_lease(lease);
        Ok(lease)
    }

    /// Changes the size for the calling thread's process, if it has the screen. EBUSY while another one has it, EPERM while
    /// nobody has; else those of [`Picture::set_size`].
    pub(crate) fn set_size_for_caller(&self, width: usize, height: usize) -> Result<()> {
        let holder = self.router.holder().ok_or(Errno::EPERM)?;
        let number = |process: Option<Arc<process::Process>>| process.map(|process| process.pid());
        if number(holder.process) != number(process::current()) {
            return Err(Errno::EBUSY);
        }
        self.picture.set_size(Owner::Lease(holder.lease), width, height)
    }

    /// Gives the screen back to the console, if this lease has it still.
    pub(crate) fn take_back(&self, lease: u64) {
        let _handover = lock(&self.handover);
        if self.picture.take_back(lease) {
            self.console.redraw();
        }
        self.router.give_back(lease);
    }
}
