//! `uname`: what system this is.

use super::{Call, Outcome};
use std::io::Write;

const SYSTEM: &str = "Yolk";
const NODE: &str = "yolk";
const MACHINE: &str = "x86_64";

pub(super) fn run(call: &Call) -> Outcome {
    let release = call.system.release();
    let facts = [('s', SYSTEM), ('n', NODE), ('r', &release), ('m', MACHINE)];
    let is_default = !facts.iter().any(|(option, _)| call.has(*option));
    let is_wanted = |option| call.has('a') || call.has(option) || (is_default && option == 's');
    let wanted: Vec<&str> = facts.iter().filter(|(option, _)| is_wanted(*option)).map(|(_, fact)| *fact).collect();
    writeln!(call.out(), "{}", wanted.join(" "))?;
    call.status()
}
