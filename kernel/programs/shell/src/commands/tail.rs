//! `tail`: the last lines or bytes of files.

use super::call::for_each_line;
use super::head::{Amount, write_heading};
use super::sort::LINE_COST;
use super::{Call, Failure, Outcome};
use interfaces::Errno;
use std::collections::VecDeque;
use std::io::Write;
use vfs::OpenFile;

pub(super) fn run(call: &Call) -> Outcome {
    let amount = Amount::of(call)?;
    let mut out = call.out();
    for (index, (name, file)) in call.inputs()?.iter().enumerate() {
        write_heading(call, &mut out, index, name)?;
        match amount {
            Amount::Lines(lines) => write_last_lines(call, file, size(lines), &mut out)?,
            Amount::Bytes(bytes) => write_last_bytes(call, file, size(bytes), &mut out)?,
        }
    }
    call.status()
}

fn size(count: u64) -> usize {
    usize::try_from(count).unwrap_or(usize::MAX)
}

fn write_last_lines(call: &Call, file: &OpenFile, count: usize, out: &mut dyn Write) -> Result<(), Failure> {
    let mut last: VecDeque<Vec<u8>> = VecDeque::new();
    let (mut kept, room) = (0, call.spare_memory());
    for_each_line(call, file, |line| {
        kept += line.len() + LINE_COST;
        last.push_back(line.to_vec());
        if last.len() > count {
            kept -= last.pop_front().map_or(0, |line| line.len() + LINE_COST);
        }
        if kept > room { Err(Errno::ENOMEM.into()) } else { Ok(()) }
    })?;
    Ok(last.iter().try_for_each(|line| out.write_all(line))?)
}

fn write_last_bytes(call: &Call, file: &OpenFile, count: usize, out: &mut dyn Write) -> Result<(), Failure> {
    let mut last = VecDeque::new();
    let room = call.spare_memory();
    let mut buf = vec![0; 64 * 1024];
    loop {
        let read = file.read(&mut buf)?;
        if read == 0 {
            break;
        }
        last.extend(buf.iter().take(read));
        let excess = last.len().saturating_sub(count);
        last.drain(..excess);
        if last.len() > room {
            return Err(Errno::ENOMEM.into());
        }
    }
    Ok(out.write_all(last.make_contiguous())?)
}
