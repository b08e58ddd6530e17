//! Faults of the stacks. A wasm program has two: the engine's stack of calls, and the frames of addressable locals in
//! its memory.

use cli::Stop;
use std::hint::black_box;

/// Calls to the given depth and comes back, or without end.
pub(crate) fn calls(depth: Option<u64>) -> Result<(), Stop> {
    println!("{} calls deep and back", descend(depth.unwrap_or(u64::MAX)));
    Ok(())
}

/// Calls without end, with frames that fill the memory's stack before the engine's.
pub(crate) fn frames() -> Result<(), Stop> {
    Err(Stop::Failed(format!("{} frames fit", descend_with_frame(u64::MAX))))
}

/// Hidden from the optimiser at each step, which else makes a loop of it.
fn descend(depth: u64) -> u64 {
    if black_box(depth) == 0 { 0 } else { black_box(descend(depth - 1)) + 1 }
}

fn descend_with_frame(depth: u64) -> u64 {
    let mut frame = [0_u8; 16 * 1024];
    black_box(&mut frame);
    if black_box(depth) == 0 { 0 } else { black_box(descend_with_frame(depth - 1)) + 1 }
}

#[cfg(test)]
mod tests {
    use super::{descend, descend_with_frame};

    #[test]
    fn the_depth_is_counted() {
        assert_eq!(descend(1000), 1000);
        assert_eq!(descend_with_frame(10), 10);
    }
}
