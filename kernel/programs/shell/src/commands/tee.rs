//! `tee`: standard input to standard output and to files.

use super::{Call, Outcome};
use interfaces::Errno;
use vfs::OpenOptions;

pub(super) fn run(call: &Call) -> Outcome {
    let options = if call.has('a') { OpenOptions::append() } else { OpenOptions::rewrite() };
    let mut outputs = vec![("standard output".to_string(), call.context.stdout.clone())];
    for path in call.operands() {
        let opened = call.tolerate(path, call.context.open(path, &options))?;
        outputs.extend(opened.map(|file| (path.clone(), file)));
    }
    let mut buf = vec![0; 64 * 1024];
    loop {
        let count = call.context.stdin.read(&mut buf)?;
        if count == 0 {
            return call.status();
        }
        let bytes = buf.get(..count).unwrap_or_default();
        // An output that fails is left out from then on; the others go on.
        let mut working = Vec::new();
        for (name, file) in outputs {
            match file.write_all(bytes) {
                Ok(()) => working.push((name, file)),
                Err(Errno::ECANCELED) => return Err(Errno::ECANCELED.into()),
                Err(error) => call.complain(&name, error),
            }
        }
        outputs = working;
        if outputs.is_empty() {
            return call.status();
        }
    }
}
