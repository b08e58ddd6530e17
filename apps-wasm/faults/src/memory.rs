//! Faults of memory: more of it than there is.

use cli::Stop;
use std::hint::black_box;

const MIB: usize = 1 << 20;

/// All that a 32-bit program can address, in MiB. It also keeps a 64-bit host from harm.
const MOST_MIB: u64 = 4096;

/// Takes memory and writes to it until a request is refused or `mib` are taken.
pub(crate) fn take(mib: Option<u64>) -> Result<(), Stop> {
    let wanted = mib.unwrap_or(MOST_MIB);
    let mut blocks: Vec<Vec<u8>> = Vec::new();
    while (blocks.len() as u64) < wanted {
        let mut block = Vec::new();
        if let Err(refusal) = block.try_reserve_exact(MIB) {
            let taken = blocks.len();
            drop(blocks);
            println!("{taken} MiB are taken, then: {refusal}");
            return Ok(());
        }
        block.resize(MIB, 0xa5);
        blocks.push(black_box(block));
    }
    println!("{wanted} MiB are taken");
    Ok(())
}

/// Takes memory as programs do that reckon with no refusal; Rust's runtime ends them.
pub(crate) fn bomb() -> Result<(), Stop> {
    let mut blocks = Vec::new();
    while (blocks.len() as u64) < MOST_MIB {
        blocks.push(black_box(vec![0xa5_u8; MIB]));
    }
    Err(Stop::Failed(format!("{MOST_MIB} MiB are taken and there is more")))
}

#[cfg(test)]
mod tests {
    use super::take;

    #[test]
    fn a_little_can_be_taken() {
        assert!(take(Some(3)).is_ok());
    }
}
