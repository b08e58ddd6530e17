//! Playing on the screen: one frame after the other at the NES's own pace, with keys, sound and saved games.
//!
//! [`keys`] says what a key means, [`pads`] how long a button is held, [`pace`] when a frame is due and whether it is worth
//! drawing, [`picture`] brings pixels to the screen, [`overlay`] text over them, [`speaker`] the sound to the mixer, [`saves`]
//! what outlives the game.

mod keys;
mod overlay;
mod pace;
mod pads;
mod picture;
mod saves;
mod speaker;

use crate::console::{Console, Drawing, ResetKind, Sound};
use crate::load::{self, Cartridge, Choice};
use interfaces::Errno;
use keys::{Action, Keys};
use overlay::Overlay;
use pace::Pace;
use pads::Pads;
use picture::Picture;
use process::{Context, ExitStatus};
use saves::{Battery, Slots};
use screen::{InputEvent, Lease, Screen};
use sound::Mixer;
use speaker::Speaker;
use std::io::Write;
use std::sync::Arc;
use std::time::Instant;

/// What the machine has for playing.
#[derive(Clone, Default)]
pub struct Devices {
    /// Where pictures are shown and keys come from.
    pub screen: Option<Arc<Screen>>,
    /// Where sound goes.
    pub sound: Option<Arc<Mixer>>,
}

/// What was asked for.
pub(crate) struct Job {
    /// Screen pixels for one of the NES's; the most that fit where nothing is said.
    pub(crate) scale: Option<usize>,
}

pub(crate) fn run(context: &Context, choice: &Choice, job: &Job, devices: &Devices) -> Result<ExitStatus, String> {
    let cartridge = load::find(context, choice)?;
    let sound = if devices.sound.is_some() { Sound::On } else { Sound::Off };
    let mut console = cartridge.power_on(sound)?;
    let Some(screen) = &devices.screen else {
        return Err("there is no screen that shows pixels; `--headless FRAMES` does without".to_owned());
    };
    Picture::check(screen.size(), job.scale)?;
    let mut battery = Battery::load(context, &cartridge, &mut console)?;
    let _ = writeln!(context.out(), "{}", keys::HELP);
    let lease = screen.lease().map_err(|error| match error {
        Errno::EBUSY => "another program has the screen".to_owned(),
        error => format!("the screen: {error}"),
    })?;
    let picture = Picture::new(&lease, job.scale)?;
    let speaker = devices.sound.as_ref().and_then(Speaker::open);
    let mut game = Game::new(context, &cartridge, lease, picture, speaker, console.frame_rate());
    let outcome = game.play(&mut console, &mut battery);
    // The console is back before anything is said.
    drop(game);
    battery.save(context, &mut console)?;
    match outcome {
        Ok(()) => Ok(ExitStatus::SUCCESS),
        Err(_) if context.is_killed() => Ok(ExitStatus::Killed),
        Err(message) => Err(format!("{}: {message}", cartridge.path)),
    }
}

/// Whether the game goes on.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Flow {
    Play,
    Quit,
}

struct Game<'a> {
    context: &'a Context,
    lease: Lease,
    picture: Picture,
    speaker: Option<Speaker>,
    keys: Keys,
    pads: Pads,
    pace: Pace,
    overlay: Overlay,
    slots: Slots<'a>,
    paused: bool,
}

impl<'a> Game<'a> {
    fn new(
        context: &'a Context,
        cartridge: &'a Cartridge,
        lease: Lease,
        picture: Picture,
        speaker: Option<Speaker>,
        frame_rate: f64,
    ) -> Game<'a> {
        let now = Instant::now();
        Game {
            context,
            lease,
            picture,
            speaker,
            keys: Keys::default(),
            pads: Pads::default(),
            pace: Pace::new(frame_rate, now),
            overlay: Overlay::with_help(now),
            slots: Slots::new(cartridge),
            paused: false,
        }
    }

    fn play(&mut self, console: &mut Console, battery: &mut Battery) -> Result<(), String> {
        loop {
            let drawing = self.pace.begin_frame(Instant::now());
            console.set_drawing(drawing);
            console.run_frame().map_err(|error| error.to_string())?;
            for (player, button) in self.pads.end_frame() {
                console.set_button(player, button, false);
            }
            if let Some(speaker) = &mut self.speaker {
                speaker.play(console);
            }
            if drawing == Drawing::On {
                self.show(console).map_err(|error| format!("the screen: {error}"))?;
            }
            let now = Instant::now();
            if let Err(error) = battery.keep(self.context, console, now) {
                // There may be room later; at the end it is tried once more.
                self.overlay.say(now, &error);
            }
            if self.until_due(console)? == Flow::Quit {
                return Ok(());
            }
        }
    }

    fn show(&mut self, console: &Console) -> interfaces::Result<()> {
        let lines = self.overlay.lines(Instant::now(), &self.pace);
        self.picture.draw(console.pixels(), &lines);
        self.picture.show(&self.lease)
    }

    /// Follows keys until the next frame is due; for as long as the game is paused.
    fn until_due(&mut self, console: &mut Console) -> Result<Flow, String> {
        loop {
            let deadline = if self.paused { None } else { Some(self.pace.due()) };
            let event = self.lease.wait_event(deadline).map_err(|error| error.to_string())?;
            match event {
                Some(InputEvent::Key(key)) => {
                    if let Some(action) = self.keys.action(key)
                        && self.act(action, console)? == Flow::Quit
                    {
                        return Ok(Flow::Quit);
                    }
                }
                Some(InputEvent::Pointer(_)) => {}
                None => return Ok(Flow::Play),
            }
        }
    }

    fn act(&mut self, action: Action, console: &mut Console) -> Result<Flow, String> {
        let now = Instant::now();
        match action {
            Action::Button(player, button, held) => {
                if self.pads.change((player, button), held) {
                    console.set_button(player, button, held);
                }
            }
            Action::Quit => return Ok(Flow::Quit),
            Action::Pause => self.pause(now),
            Action::Reset => {
                console.reset(ResetKind::Soft);
                self.overlay.say(now, "reset");
            }
            Action::ShowRate => self.overlay.toggle_rate(),
            Action::ShowHelp => self.overlay.toggle_help(now),
            Action::Mute => {
                let said = self.speaker.as_mut().map_or("this machine has no sound", Speaker::toggle);
                self.overlay.say(now, said);
            }
            Action::Slot(number) => {
                self.slots.choose(number);
                self.overlay.say(now, &format!("slot {number}"));
            }
            Action::Save => self.overlay.say(now, &self.slots.save(self.context, console)),
            Action::Load => {
                self.overlay.say(now, &self.slots.load(self.context, console));
                // A state has the buttons of its own time, and the console that it is of.
                for (player, button) in self.pads.held() {
                    console.set_button(player, button, true);
                }
                self.pace.set_rate(console.frame_rate(), now);
            }
        }
        if self.paused {
            self.show(console).map_err(|error| format!("the screen: {error}"))?;
        }
        Ok(Flow::Play)
    }

    fn pause(&mut self, now: Instant) {
        self.paused = !self.paused;
        self.overlay.set_paused(self.paused);
        // The time of the pause is not caught up with.
        self.pace.restart(now);
    }
}
