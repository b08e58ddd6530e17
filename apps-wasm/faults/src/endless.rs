//! Programs that do not end by themselves: who started them must be able to.

use cli::Stop;
use std::hint::black_box;
use std::io::{self, Write};
use std::thread;
use std::time::Duration;

/// Computes for ever, without a call that the system could see.
pub(crate) fn spin() -> ! {
    let mut count = 0_u64;
    loop {
        count = black_box(count.wrapping_add(1));
    }
}

/// Sleeps.
pub(crate) fn sleep(seconds: Option<u64>) -> Result<(), Stop> {
    match seconds {
        Some(seconds) => thread::sleep(Duration::from_secs(seconds)),
        None => loop {
            thread::sleep(Duration::MAX);
        },
    }
    Ok(())
}

/// Reads standard input, for ever if it has no end.
pub(crate) fn input() -> Result<(), Stop> {
    let length = io::copy(&mut io::stdin(), &mut io::sink()).map_err(|error| Stop::failed("standard input", error))?;
    println!("{length} bytes and the end");
    Ok(())
}

/// Writes for ever.
pub(crate) fn output() -> Result<(), Stop> {
    let mut output = io::stdout().lock();
    for line in 0_u64.. {
        writeln!(output, "line {line}")?;
    }
    Ok(())
}
