//! `poweroff` and `reboot`.

use super::{Call, Failure, Outcome};
use interfaces::Power;

pub(super) fn off(call: &Call) -> Outcome {
    leave(call, Power::Off)
}

pub(super) fn reset(call: &Call) -> Outcome {
    leave(call, Power::Reset)
}

fn leave(call: &Call, how: Power) -> Outcome {
    let error = call.system.power(how);
    Err(Failure::Error(format!("this machine stays on: {error}")))
}
