//! `true` and `false`.

use super::{Call, Outcome};
use process::ExitStatus;

pub(super) fn succeed(_: &Call) -> Outcome {
    Ok(ExitStatus::SUCCESS)
}

pub(super) fn fail(_: &Call) -> Outcome {
    Ok(ExitStatus::FAILURE)
}
