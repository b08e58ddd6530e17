//! `touch`: makes files, or sets their times to now.

use super::{Call, Outcome};
use interfaces::{Errno, Result};
use std::time::{SystemTime, UNIX_EPOCH};
use vfs::{Follow, OpenOptions, Scope};

pub(super) fn run(call: &Call) -> Outcome {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let now = u64::try_from(since_epoch.as_nanos()).unwrap_or(u64::MAX);
    for path in call.some_operands("a file")? {
        call.tolerate(path, touch(call, path, now))?;
    }
    call.status()
}

fn touch(call: &Call, path: &str, now: u64) -> Result<()> {
    let (vfs, cwd) = (call.context.vfs(), call.context.cwd());
    match vfs.set_times(&cwd, path, Scope::Anywhere, Follow::Yes, Some(now), Some(now)) {
        Err(Errno::ENOENT) if call.has('c') => Ok(()),
        Err(Errno::ENOENT) => {
            let options = OpenOptions { write: true, create: true, ..OpenOptions::default() };
            call.context.open(path, &options).map(drop)
        }
        result => result,
    }
}
