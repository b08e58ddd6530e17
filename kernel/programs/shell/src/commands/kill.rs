//! `kill`: ends processes.

use super::{Call, Failure, Outcome};
use crate::signals;
use interfaces::Errno;

pub(super) fn run(call: &Call) -> Outcome {
    let (reason, operands) = signals::parse(call.operands()).map_err(Failure::Usage)?;
    for operand in operands {
        let process = operand.parse().ok().and_then(|pid| call.context.table.get(pid));
        call.tolerate(operand, process.map(|process| process.kill(reason)).ok_or(Errno::ESRCH))?;
    }
    call.status()
}
