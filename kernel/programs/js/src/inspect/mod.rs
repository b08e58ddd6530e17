//! Shows values: as Node.js' `util.inspect` does, without running any code of the script.
//!
//! An `inspector` walks a value; `objects` knows the kinds of objects, `errors` how errors are told, `layout` how entries are
//! laid out in lines, `names` what objects and functions are called. `format` follows the directives of `console.log`.

mod errors;
mod format;
mod inspector;
mod layout;
mod names;
mod objects;
mod show;
mod strings;

pub(crate) use format::logged;
pub(crate) use names::data_property;
pub(crate) use show::{DEPTH, shown, shown_to};
