//! What QEMU says on its standard error. That ends when QEMU does, which makes it the event to wait for.

use std::io::{self, Read};
use std::process::ChildStderr;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// What was said, and whether that is all.
pub(super) struct Complaints {
    state: Mutex<(String, bool)>,
    ended: Condvar,
}

impl Complaints {
    /// Starts to listen.
    pub(super) fn collect(stream: Option<ChildStderr>) -> Arc<Self> {
        let complaints = Arc::new(Self { state: Mutex::default(), ended: Condvar::new() });
        let shared = Arc::clone(&complaints);
        thread::spawn(move || {
            let mut text = Vec::new();
            if let Some(mut stream) = stream {
                // A stream that breaks has ended, too.
                let _: io::Result<usize> = stream.read_to_end(&mut text);
            }
            *shared.state.lock().unwrap_or_else(PoisonError::into_inner) =
                (String::from_utf8_lossy(&text).trim().to_owned(), true);
            shared.ended.notify_all();
        });
        complaints
    }

    /// Waits for the end; `None` when the limit comes first.
    pub(super) fn wait_for_end(&self, limit: Duration) -> Option<String> {
        let deadline = Instant::now().checked_add(limit);
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        while !state.1 {
            state = match deadline.map(|deadline| deadline.saturating_duration_since(Instant::now())) {
                Some(Duration::ZERO) => return None,
                Some(rest) => self.ended.wait_timeout(state, rest).unwrap_or_else(PoisonError::into_inner).0,
                None => self.ended.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
        }
        Some(state.0.clone())
    }
}
