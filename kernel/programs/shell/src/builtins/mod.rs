//! Builtins: the commands that change the shell itself, one row each in the [`table`].

mod call;
mod flow;
mod jobs;
mod place;
mod read;
mod table;
mod variables;

pub(crate) use call::{Builtin, Call, Kind, quoted};
pub(crate) use table::{BUILTINS, lookup};
pub(crate) use variables::Options;
