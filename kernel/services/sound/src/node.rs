//! `/dev/audio`: each opening is a stream of its own. See `format` for what is written.

use crate::format::{Format, Head, head};
use crate::lock;
use crate::mixer::Mixer;
use crate::stream::Stream;
use interfaces::{Errno, Result};
use std::sync::{Arc, Mutex};
use vfs::{File, Interest, Kind, Metadata, Node, Readiness};
use wait::Waiter;

const MODE: u16 = 0o222;

/// The node that is registered as `/dev/audio`.
pub struct AudioNode {
    mixer: Arc<Mixer>,
}

impl AudioNode {
    /// The node of a mixer.
    #[must_use]
    pub fn new(mixer: Arc<Mixer>) -> Arc<AudioNode> {
        Arc::new(AudioNode { mixer })
    }
}

impl Node for AudioNode {
    fn metadata(&self) -> Metadata {
        Metadata::bare(Kind::CharDevice, MODE)
    }

    fn open(self: Arc<Self>, _write: bool) -> Result<Arc<dyn File>> {
        Ok(Arc::new(AudioFile { mixer: Arc::clone(&self.mixer), state: Mutex::new(State::Head(Vec::new())) }))
    }
}

struct AudioFile {
    mixer: Arc<Mixer>,
    state: Mutex<State>,
}

enum State {
    /// The first bytes, which do not say yet what the rest is.
    Head(Vec<u8>),
    /// What it is, and the bytes of a sample that is not whole.
    Playing(Arc<Stream>, Format, Vec<u8>),
}

impl AudioFile {
    /// Looks at the first bytes, with `bytes` behind those before; the stream begins as soon as they tell.
    fn begin(&self, seen: &mut Vec<u8>, bytes: &[u8]) -> Result<Option<State>> {
        let before = seen.len();
        seen.extend(bytes);
        match head(seen) {
            Ok(Head::Incomplete) => Ok(None),
            Ok(Head::Known(format, length)) => {
                let stream = self.mixer.open(format.rate).ok_or(Errno::EINVAL)?;
                let rest = seen.get(length..).unwrap_or_default().to_vec();
                Ok(Some(State::Playing(Arc::new(stream), format, rest)))
            }
            Err(error) => {
                seen.truncate(before);
                Err(error)
            }
        }
    }

    /// The stream, once it has begun. Cloned, so that nobody waits for it under the lock.
    fn stream(&self) -> Option<Arc<Stream>> {
        match &*lock(&self.state) {
            State::Head(_) => None,
            State::Playing(stream, ..) => Some(Arc::clone(stream)),
        }
    }
}

/// Plays what is in `pending` as far as there is room.
fn play(stream: &Stream, format: Format, pending: &mut Vec<u8>) {
    let whole = (pending.len() / format.frame()).min(stream.room());
    let samples = format.decode(pending.get(..whole * format.frame()).unwrap_or_default());
    let count = stream.write(&samples);
    pending.drain(..count * format.frame());
}

impl File for AudioFile {
    fn write_at(&self, _offset: u64, buf: &[u8]) -> Result<usize> {
        let mut state = lock(&self.state);
        if let State::Head(seen) = &mut *state {
            // All of it is kept: the little that a header is, and what came with it.
            if let Some(next) = self.begin(seen, buf)? {
                *state = next;
                if let State::Playing(stream, format, pending) = &mut *state {
                    play(stream, *format, pending);
                }
            }
            return Ok(buf.len());
        }
        let State::Playing(stream, format, pending) = &mut *state else { return Err(Errno::EIO) };
        play(stream, *format, pending);
        if pending.len() >= format.frame() {
            return Err(Errno::EAGAIN);
        }
        // As much as completes what is pending and fits.
        let room = stream.room() * format.frame();
        if room <= pending.len() {
            return Err(Errno::EAGAIN);
        }
        let taken = buf.len().min(room - pending.len());
        pending.extend(buf.get(..taken).unwrap_or_default());
        play(stream, *format, pending);
        Ok(taken)
    }

    /// Returns when all has been heard.
    fn sync(&self) -> Result<()> {
        self.stream().map_or(Ok(()), |stream| stream.wait_heard())
    }

    fn poll(&self, _interest: Interest, waiter: Option<&Waiter>) -> Readiness {
        let stream = self.stream();
        if let (Some(stream), Some(waiter)) = (&stream, waiter) {
            stream.register(waiter);
        }
        let writable = stream.is_none_or(|stream| stream.room() > 0);
        Readiness { readable: false, writable, hangup: false, available: 0 }
    }
}

impl Drop for AudioFile {
    /// What was written is played to its end.
    fn drop(&mut self) {
        let State::Playing(stream, format, pending) = &mut *lock(&self.state) else { return };
        play(stream, *format, pending);
        stream.close();
    }
}
