//! Where the JavaScript engine asks whether it may go on: is the script to stop, is there memory, is there stack.
//!
//! The patched crates beside this one call [`check`] in loops and calls, [`reserve`] before they make something large,
//! [`Nesting`] where their parsers recurse. Who runs a script says with [`install`] what the thread may use, and gives the
//! function that is asked every [`PERIOD`] checks.

#![forbid(unsafe_code)]

use std::cell::{Cell, RefCell};
use std::rc::Rc;

/// Checks between two questions to the script's owner.
const PERIOD: u32 = 256;
/// The deepest nesting of a source text: what is parsed is walked again and again, by functions with larger frames.
const MAX_NESTING: u32 = 1200;
/// The longest chain of operators of one rank (`1 + 1 + ...`), of calls or of members: it becomes a tree as deep.
const MAX_CHAIN: u32 = 2500;

/// Why a script may not go on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It is to stop, without a chance to catch that.
    Stop,
    /// It wants more stack than it may have.
    Stack,
    /// It wants more memory than it may have.
    Memory,
}

impl Refusal {
    /// The message of the error that the script sees.
    #[must_use]
    pub fn message(self) -> &'static str {
        match self {
            Refusal::Stop => "the script was stopped",
            Refusal::Stack => "Maximum call stack size exceeded",
            Refusal::Memory => "out of memory",
        }
    }
}

/// Says whether the script may go on, and take so many bytes more.
type Owner = Rc<dyn Fn(usize) -> Result<(), Refusal>>;

thread_local! {
    static COUNTDOWN: Cell<u32> = const { Cell::new(u32::MAX) };
    /// Addresses below which the stack is for those who finish what they began, and for parsers.
    static FLOOR: Cell<usize> = const { Cell::new(0) };
    static PARSER_FLOOR: Cell<usize> = const { Cell::new(0) };
    static DEPTH: Cell<u32> = const { Cell::new(0) };
    static OWNER: RefCell<Option<Owner>> = const { RefCell::new(None) };
    static ANCHORED: Cell<bool> = const { Cell::new(false) };
}

/// Takes the limits away again when it is dropped.
#[derive(Debug)]
pub struct Installed(());

impl Drop for Installed {
    fn drop(&mut self) {
        FLOOR.set(0);
        PARSER_FLOOR.set(0);
        DEPTH.set(0);
        COUNTDOWN.set(u32::MAX);
        OWNER.take();
    }
}

/// Limits what runs on this thread: it may use `stack_bytes` of stack from here on, and `owner` is asked now and then.
#[must_use]
pub fn install(stack_bytes: usize, owner: Owner) -> Installed {
    let here = stack_pointer();
    FLOOR.set(here.saturating_sub(stack_bytes / 8 * 7));
    PARSER_FLOOR.set(here.saturating_sub(stack_bytes / 2));
    COUNTDOWN.set(PERIOD);
    OWNER.set(Some(owner));
    Installed(())
}

/// Asks whether the script may go on.
///
/// # Errors
/// It may not. After [`Refusal::Stop`] the next check asks again.
#[inline]
pub fn check() -> Result<(), Refusal> {
    if stack_pointer() < FLOOR.get() {
        return Err(Refusal::Stack);
    }
    match COUNTDOWN.get() {
        u32::MAX => Ok(()),
        0 => ask(0),
        left => {
            COUNTDOWN.set(left - 1);
            Ok(())
        }
    }
}

/// Makes the next check ask.
pub fn ask_next() {
    if COUNTDOWN.get() != u32::MAX {
        COUNTDOWN.set(0);
    }
}

/// Asks whether the script may go on and take `bytes` at once.
///
/// # Errors
/// It may not.
pub fn reserve(bytes: usize) -> Result<(), Refusal> {
    if COUNTDOWN.get() == u32::MAX { Ok(()) } else { ask(bytes) }
}

#[cold]
fn ask(bytes: usize) -> Result<(), Refusal> {
    COUNTDOWN.set(PERIOD);
    let owner = OWNER.with_borrow(Clone::clone);
    let answer = owner.map_or(Ok(()), |owner| owner(bytes));
    if answer == Err(Refusal::Stop) {
        COUNTDOWN.set(0);
    }
    answer
}

/// An address near the top of the stack.
#[inline]
fn stack_pointer() -> usize {
    let here = 0_u8;
    std::ptr::from_ref(std::hint::black_box(&here)).addr()
}

/// One level of a text that is parsed, as long as it lives.
#[derive(Debug)]
pub struct Nesting(());

impl Nesting {
    /// Goes one level deeper.
    ///
    /// # Errors
    /// The text is nested too deeply.
    pub fn enter() -> Result<Nesting, Refusal> {
        let depth = DEPTH.get();
        if depth >= MAX_NESTING || stack_pointer() < PARSER_FLOOR.get() {
            return Err(Refusal::Stack);
        }
        DEPTH.set(depth + 1);
        Ok(Nesting(()))
    }
}

impl Drop for Nesting {
    fn drop(&mut self) {
        DEPTH.set(DEPTH.get().saturating_sub(1));
    }
}

/// Counts the links of a chain.
#[derive(Debug, Default)]
pub struct Chain(u32);

impl Chain {
    /// Counts one more.
    ///
    /// # Errors
    /// The chain is too long.
    pub fn link(&mut self) -> Result<(), Refusal> {
        self.0 += 1;
        if self.0 > MAX_CHAIN { Err(Refusal::Stack) } else { Ok(()) }
    }
}

/// As long as it lives, a regular expression is tried at the place where its search begins, and nowhere else: what the flag
/// `y` asks for, and the matcher has no word for.
#[derive(Debug)]
pub struct Anchored(());

impl Anchored {
    /// Begins.
    #[must_use]
    pub fn begin() -> Anchored {
        ANCHORED.set(true);
        Anchored(())
    }
}

impl Drop for Anchored {
    fn drop(&mut self) {
        ANCHORED.set(false);
    }
}

/// Whether a search may not go on behind its first place.
#[must_use]
pub fn is_anchored() -> bool {
    ANCHORED.get()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_owner_is_asked_now_and_then() {
        let asked = Rc::new(Cell::new(0));
        let counter = Rc::clone(&asked);
        let installed = install(
            1 << 20,
            Rc::new(move |_| {
                counter.set(counter.get() + 1);
                Err(Refusal::Memory)
            }),
        );
        let refused = (0..=PERIOD).filter(|_| check() == Err(Refusal::Memory)).count();
        assert_eq!((refused, asked.get()), (1, 1));
        assert_eq!(reserve(1), Err(Refusal::Memory));
        drop(installed);
        assert!(reserve(1).is_ok() && (0..=PERIOD).all(|_| check().is_ok()));
    }

    #[test]
    fn stack_and_nesting_are_bounded() {
        fn dive(depth: u32) -> u32 {
            let room = std::hint::black_box([0_u8; 1024]);
            match check() {
                Ok(()) if depth < 10_000 => dive(depth + 1) + u32::from(room[0]),
                _ => depth,
            }
        }
        let _installed = install(256 * 1024, Rc::new(|_| Ok(())));
        let depth = dive(0);
        assert!((64..10_000).contains(&depth), "{depth}");
        let levels: Vec<_> = std::iter::from_fn(|| Nesting::enter().ok()).take(100_000).collect();
        assert_eq!(levels.len(), MAX_NESTING as usize);
        drop(levels);
        assert!(Nesting::enter().is_ok());
    }
}
