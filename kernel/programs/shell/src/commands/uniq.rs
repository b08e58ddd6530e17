//! `uniq`: lines that repeat the one before are left out (POSIX XCU, uniq).

use super::call::for_each_line;
use super::{Call, Outcome};
use std::io::{BufWriter, Write};

pub(super) fn run(call: &Call) -> Outcome {
    let mut out = BufWriter::new(&*call.context.stdout);
    let mut print = |line: &[u8], count: u64| {
        let is_wanted = match count {
            0 => false,
            1 => !call.has('d'),
            _ => !call.has('u'),
        };
        if is_wanted && call.has('c') {
            write!(out, "{count:7} ")?;
        }
        if is_wanted {
            out.write_all(line)?;
            out.write_all(b"\n")?;
        }
        std::io::Result::Ok(())
    };
    let (mut last, mut count) = (Vec::new(), 0);
    for (_, file) in call.inputs()? {
        for_each_line(call, &file, |line| {
            let line = line.strip_suffix(b"\n").unwrap_or(line);
            if count == 0 || line != last {
                print(&last, count)?;
                last = line.to_vec();
                count = 0;
            }
            count += 1;
            Ok(())
        })?;
    }
    print(&last, count)?;
    out.flush()?;
    call.status()
}
