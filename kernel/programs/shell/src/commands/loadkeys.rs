//! `loadkeys`: the layout of the keyboard.

use super::{Call, Failure, Outcome};

pub(super) fn run(call: &Call) -> Outcome {
    let [layout] = call.operands() else { return Err(Failure::Usage("one layout is wanted".into())) };
    call.tolerate(layout, call.system.set_keyboard_layout(layout))?;
    call.status()
}
