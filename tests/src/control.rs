//! QEMU's control socket (QMP): keys for the machine's keyboard, and pictures of its screen.

use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;

use anyhow::{Context, Result, bail};
use serde_json::{Value, json};

use crate::LIMIT;

/// What a button does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// It goes down.
    Press,
    /// It goes up.
    Release,
}

/// A connection to a machine's control socket.
pub struct Control {
    reader: BufReader<UnixStream>,
    writer: UnixStream,
}

impl Control {
    /// Connects and agrees on the protocol.
    pub fn connect(path: &Path) -> Result<Self> {
        let writer = UnixStream::connect(path).with_context(|| format!("cannot connect to {}", path.display()))?;
        writer.set_read_timeout(Some(LIMIT))?;
        let mut control = Self { reader: BufReader::new(writer.try_clone()?), writer };
        control.perform("qmp_capabilities", &json!({}))?;
        Ok(control)
    }

    /// Writes a picture of the screen, a PPM file.
    pub fn screendump(&mut self, path: &Path) -> Result<()> {
        self.perform("screendump", &json!({ "filename": path })).map(drop)
    }

    /// Presses and releases keys together, by QEMU's names: `["shift", "a"]`.
    pub fn press(&mut self, keys: &[&str]) -> Result<()> {
        let keys: Vec<_> = keys.iter().map(|key| json!({ "type": "qcode", "data": key })).collect();
        self.perform("send-key", &json!({ "keys": keys })).map(drop)
    }

    /// Types a text on an American keyboard; a line feed is the enter key.
    pub fn type_text(&mut self, text: &str) -> Result<()> {
        for character in text.chars() {
            let lower = character.to_lowercase().to_string();
            let name = match character {
                ' ' => "spc",
                '\n' => "ret",
                '-' => "minus",
                '/' => "slash",
                '.' => "dot",
                '_' => "minus",
                ':' => "semicolon",
                _ => &lower,
            };
            let shifted = character.is_uppercase() || matches!(character, '_' | ':');
            let keys = ["shift", name];
            self.press(if shifted { &keys } else { &keys[1..] })?;
        }
        Ok(())
    }

    /// Moves the mouse.
    pub fn move_mouse(&mut self, right: i32, down: i32) -> Result<()> {
        let axis = |axis: &str, value: i32| json!({ "type": "rel", "data": { "axis": axis, "value": value } });
        self.send_events(json!([axis("x", right), axis("y", down)]))
    }

    /// Presses or releases a button of the mouse, by QEMU's name: `left`, `right`, `middle`.
    pub fn button(&mut self, name: &str, action: Action) -> Result<()> {
        let down = action == Action::Press;
        self.send_events(json!([{ "type": "btn", "data": { "button": name, "down": down } }]))
    }

    fn send_events(&mut self, events: Value) -> Result<()> {
        self.perform("input-send-event", &json!({ "events": events })).map(drop)
    }

    /// Performs a command of the protocol and returns its answer.
    pub fn perform(&mut self, command: &str, arguments: &Value) -> Result<Value> {
        writeln!(self.writer, "{}", json!({ "execute": command, "arguments": arguments }))?;
        loop {
            let mut line = String::new();
            if self.reader.read_line(&mut line)? == 0 {
                bail!("QEMU ended");
            }
            // Greetings and events come between the answers.
            let answer: Value = serde_json::from_str(&line)?;
            if let Some(error) = answer.get("error") {
                bail!("QEMU refuses {command}: {error}");
            }
            if let Some(result) = answer.get("return") {
                return Ok(result.clone());
            }
        }
    }
}
