//! `date`: the wall clock, in UTC.

use super::{Call, Failure, Outcome, format};
use chrono::format::{Item, StrftimeItems};
use std::io::Write;
use std::time::{SystemTime, UNIX_EPOCH};

/// POSIX's format for its own locale.
const DEFAULT: &str = "%a %b %e %H:%M:%S UTC %Y";

pub(super) fn run(call: &Call) -> Outcome {
    let pattern = match call.operands() {
        [] => DEFAULT,
        [operand] => {
            operand.strip_prefix('+').ok_or_else(|| Failure::Usage(format!("{operand} does not begin with +")))?
        }
        _ => return Err(Failure::Usage("one format is enough".into())),
    };
    let items: Vec<Item<'_>> = StrftimeItems::new(pattern).collect();
    if items.contains(&Item::Error) {
        return Err(Failure::Usage(format!("{pattern} is no format")));
    }
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let now = format::time(u64::try_from(since_epoch.as_nanos()).unwrap_or(u64::MAX));
    writeln!(call.out(), "{}", now.format_with_items(items.iter()))?;
    call.status()
}
