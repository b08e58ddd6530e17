//! Backtraces with names: the unwinder walks the stack, the table that the image tool appended names the functions.

use crate::layout;
use core::ffi::c_void;
use unwinding::abi::{_Unwind_Backtrace, _Unwind_GetIPInfo, UnwindContext, UnwindReasonCode};

/// Frames shown at most: a runaway recursion has millions.
const MAX_FRAMES: usize = 64;

/// The symbol table, as the image tool writes it: a count, then (address, offset of the name) by address, then the names,
/// each ended by NUL. All numbers are little-endian u32.
struct Symbols(&'static [u8]);

impl Symbols {
    fn word(&self, index: usize) -> Option<usize> {
        let bytes = self.0.get(index * 4..index * 4 + 4)?;
        Some(u32::from_le_bytes(bytes.try_into().ok()?) as usize)
    }

    fn address(&self, symbol: usize) -> Option<usize> {
        self.word(1 + 2 * symbol)
    }

    /// The last symbol that begins at or before `address`, and how far behind its beginning the address lies.
    fn find(&self, address: usize) -> Option<(&'static str, usize)> {
        let (mut low, mut high) = (0, self.word(0)?);
        while low < high {
            let middle = low + (high - low) / 2;
            if self.address(middle)? <= address { low = middle + 1 } else { high = middle }
        }
        let symbol = low.checked_sub(1)?;
        let name = self.0.get(self.word(2 + 2 * symbol)?..)?;
        let length = name.iter().position(|byte| *byte == 0)?;
        Some((core::str::from_utf8(name.get(..length)?).ok()?, address - self.address(symbol)?))
    }
}

extern "C" fn show(context: &UnwindContext<'_>, count: *mut c_void) -> UnwindReasonCode {
    // SAFETY: `print` passes a counter that outlives the walk, and nobody else has it.
    let count = unsafe { &mut *count.cast::<usize>() };
    if *count == MAX_FRAMES {
        crate::print!("  ... (deeper frames are not shown)\n");
        return UnwindReasonCode::END_OF_STACK;
    }
    let mut before_instruction = 0;
    let address = _Unwind_GetIPInfo(context, &mut before_instruction);
    if !layout::text().contains(&address) {
        return UnwindReasonCode::END_OF_STACK;
    }
    // A return address points behind its call, possibly into the next function.
    let inside = if before_instruction != 0 { address } else { address - 1 };
    match Symbols(layout::symbols()).find(inside) {
        Some((name, offset)) => crate::print!("  {:2}: {address:#010x} {name}+{offset:#x}\n", *count),
        None => crate::print!("  {:2}: {address:#010x}\n", *count),
    }
    *count += 1;
    UnwindReasonCode::NO_REASON
}

/// Prints the callers of this function to the kernel log.
pub fn print() {
    crate::print!("backtrace:\n");
    let mut count = 0usize;
    _Unwind_Backtrace(show, (&raw mut count).cast());
}
