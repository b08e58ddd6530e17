//! A talk with a console: waits for what it says, and types.
//!
//! Carriage returns and ANSI sequences are left out, so that a test reads what a person sees. On failure the whole talk is
//! shown.

use std::io::{Read, Write};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::LIMIT;

/// One end of a console.
pub struct Transcript {
    heard: Arc<Heard>,
    input: Box<dyn Write + Send>,
    /// How much of what was heard has been waited for.
    position: usize,
}

/// What a console has said.
#[derive(Default)]
struct Heard {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    text: String,
    ended: bool,
}

impl Transcript {
    /// Listens to a console.
    pub fn new(output: impl Read + Send + 'static, input: impl Write + Send + 'static) -> Self {
        let heard = Arc::new(Heard::default());
        let shared = Arc::clone(&heard);
        thread::spawn(move || listen(output, &shared));
        Self { heard, input: Box::new(input), position: 0 }
    }

    /// Waits for a text and returns what came before it.
    pub fn expect(&mut self, wanted: &str) -> String {
        match self.wait_for(wanted, LIMIT) {
            Some(before) => before,
            None => panic!("the console does not say {wanted:?}:\n{}", self.text()),
        }
    }

    /// Whether a text comes within this time; what is not waited for stays.
    pub fn hears(&mut self, wanted: &str, limit: Duration) -> bool {
        self.wait_for(wanted, limit).is_some()
    }

    fn wait_for(&mut self, wanted: &str, limit: Duration) -> Option<String> {
        let deadline = Instant::now() + limit;
        let mut state = self.heard.state.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            if let Some(found) = state.text[self.position..].find(wanted) {
                let before = state.text[self.position..][..found].to_owned();
                self.position += found + wanted.len();
                return Some(before);
            }
            let rest = deadline.saturating_duration_since(Instant::now());
            if state.ended || rest.is_zero() {
                return None;
            }
            state = self.heard.changed.wait_timeout(state, rest).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    /// Types.
    pub fn send(&mut self, keys: &str) {
        self.input.write_all(keys.as_bytes()).and_then(|()| self.input.flush()).expect("the console takes keys");
    }

    /// All that was said up to now.
    pub fn text(&self) -> String {
        self.heard.state.lock().unwrap_or_else(PoisonError::into_inner).text.clone()
    }
}

fn listen(mut output: impl Read, heard: &Heard) {
    let mut filter = Filter::Text;
    let mut bytes = Vec::new();
    let mut buffer = [0; 4096];
    while let Ok(count @ 1..) = output.read(&mut buffer) {
        bytes.extend(buffer[..count].iter().copied().filter(|byte| filter.passes(*byte)));
        // A character may lie across two reads.
        let complete = match std::str::from_utf8(&bytes) {
            Err(error) if error.error_len().is_none() => error.valid_up_to(),
            _ => bytes.len(),
        };
        let text: Vec<u8> = bytes.drain(..complete).collect();
        heard.state.lock().unwrap_or_else(PoisonError::into_inner).text.push_str(&String::from_utf8_lossy(&text));
        heard.changed.notify_all();
    }
    heard.state.lock().unwrap_or_else(PoisonError::into_inner).ended = true;
    heard.changed.notify_all();
}

/// Where in an ANSI sequence (ECMA-48, section 5.4) a stream is.
enum Filter {
    Text,
    Escape,
    Sequence,
}

impl Filter {
    fn passes(&mut self, byte: u8) -> bool {
        let (next, passes) = match (&self, byte) {
            (Self::Text, 0x1b) => (Self::Escape, false),
            (Self::Text, b'\r') => (Self::Text, false),
            (Self::Text, _) => (Self::Text, true),
            (Self::Escape, b'[') => (Self::Sequence, false),
            (Self::Escape, _) => (Self::Text, false),
            (Self::Sequence, 0x40..=0x7e) => (Self::Text, false),
            (Self::Sequence, _) => (Self::Sequence, false),
        };
        *self = next;
        passes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequences_are_left_out_and_text_is_found_in_order() {
        let said: &[u8] = "\x1b[1;32mgreen\x1b[0m\r\nä one\ntwo\n".as_bytes();
        let mut transcript = Transcript::new(said, std::io::sink());
        assert_eq!(transcript.expect("one"), "green\nä ");
        assert_eq!(transcript.expect("\ntwo"), "");
    }

    #[test]
    #[should_panic(expected = "the console does not say \"three\"")]
    fn the_end_fails_a_wait() {
        Transcript::new(&b"one two"[..], std::io::sink()).expect("three");
    }
}
