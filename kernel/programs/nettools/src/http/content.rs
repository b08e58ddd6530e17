//! The content of an answer on its way to a file or to standard output, with its progress.

use super::exchange::explain_io;
use super::url::Url;
use crate::call::{Call, Failure, failed};
use std::io::{ErrorKind, Read};
use std::time::{Duration, Instant};
use ureq::Body;
use vfs::OpenFile;

const CHUNK: usize = 64 * 1024;
/// How often progress is shown, and after what time first.
const REPORT_INTERVAL: Duration = Duration::from_millis(500);

/// Whether progress is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reports {
    None,
    /// On standard error, if that is a terminal.
    ToTerminal,
}

/// Copies the content; how many bytes it had.
pub(super) fn copy(
    call: &Call<'_>,
    url: &Url,
    body: Body,
    to: &OpenFile,
    name: &str,
    reports: Reports,
) -> Result<u64, Failure> {
    let mut progress = Progress::new(call, body.content_length(), reports);
    let mut reader = body.into_reader();
    let mut buffer = vec![0; CHUNK];
    loop {
        let count = match reader.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => count,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => {
                progress.end();
                return Err(explain_io(url, error));
            }
        };
        to.write_all(buffer.get(..count).unwrap_or_default()).map_err(|error| failed(name, error))?;
        progress.add(count);
    }
    progress.end();
    Ok(progress.done)
}

/// How far it has come, on one line that is written again and again.
struct Progress<'a> {
    call: &'a Call<'a>,
    done: u64,
    whole: Option<u64>,
    next_report: Option<Instant>,
    is_shown: bool,
}

impl<'a> Progress<'a> {
    fn new(call: &'a Call<'a>, whole: Option<u64>, reports: Reports) -> Progress<'a> {
        let wanted = reports == Reports::ToTerminal && call.context.stderr.as_terminal().is_some();
        let next_report = wanted.then(|| Instant::now() + REPORT_INTERVAL);
        Progress { call, done: 0, whole, next_report, is_shown: false }
    }

    fn add(&mut self, count: usize) {
        self.done = self.done.saturating_add(count as u64);
        if self.next_report.is_some_and(|at| at <= Instant::now()) {
            self.next_report = Some(Instant::now() + REPORT_INTERVAL);
            self.show();
        }
    }

    fn show(&mut self) {
        self.is_shown = true;
        // Progress that cannot be shown is no reason to stop.
        let _ = self.call.context.stderr.write_all(format!("\r{}\x1b[K", describe(self.done, self.whole)).as_bytes());
    }

    fn end(&mut self) {
        if self.is_shown {
            self.show();
            let _ = self.call.context.stderr.write_all(b"\n");
        }
        self.is_shown = false;
    }
}

fn describe(done: u64, whole: Option<u64>) -> String {
    match whole.filter(|whole| *whole > 0) {
        Some(whole) => {
            let percent = u128::from(done) * 100 / u128::from(whole);
            format!("{} of {}, {percent} %", size(done), size(whole))
        }
        None => size(done),
    }
}

/// In powers of 1024 with one digit behind the point.
fn size(bytes: u64) -> String {
    let (mut tenths, mut unit) = (u128::from(bytes) * 10, "bytes");
    for next in ["KiB", "MiB", "GiB", "TiB"] {
        if tenths < 10_240 {
            break;
        }
        (tenths, unit) = (tenths / 1024, next);
    }
    if unit == "bytes" { format!("{bytes} bytes") } else { format!("{}.{} {unit}", tenths / 10, tenths % 10) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_in_words() {
        assert_eq!(describe(512, None), "512 bytes");
        assert_eq!(describe(1536, Some(3072)), "1.5 KiB of 3.0 KiB, 50 %");
        assert_eq!(describe(5 << 30, Some(0)), "5.0 GiB");
        assert!(describe(u64::MAX, Some(1)).ends_with(" %"));
    }
}
