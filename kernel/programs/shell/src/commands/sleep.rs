//! `sleep`: waits.

use super::{Call, Failure, Outcome};
use std::time::Duration;

pub(super) fn run(call: &Call) -> Outcome {
    let mut total = Duration::ZERO;
    for operand in call.some_operands("a time")? {
        total = total.saturating_add(duration(operand).ok_or_else(|| Failure::Usage(format!("{operand} is no time")))?);
    }
    wait::sleep(total).map_err(interfaces::Errno::from)?;
    call.status()
}

/// A number of seconds, or with a letter behind it of minutes, hours or days.
fn duration(text: &str) -> Option<Duration> {
    let (number, unit) = match text.char_indices().next_back()? {
        (at, 's') => (text.get(..at)?, 1.0),
        (at, 'm') => (text.get(..at)?, 60.0),
        (at, 'h') => (text.get(..at)?, 3600.0),
        (at, 'd') => (text.get(..at)?, 86400.0),
        _ => (text, 1.0),
    };
    let seconds = number.parse::<f64>().ok().filter(|seconds| *seconds >= 0.0)? * unit;
    Some(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        assert_eq!(duration("0.5"), Some(Duration::from_millis(500)));
        assert_eq!(duration("2m"), Some(Duration::from_secs(120)));
        assert_eq!(duration("inf"), Some(Duration::MAX));
        for wrong in ["", "-1", "x", "NaN", "1é"] {
            assert_eq!(duration(wrong), None, "{wrong}");
        }
    }
}
