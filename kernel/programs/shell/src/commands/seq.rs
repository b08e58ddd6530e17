//! `seq`: numbers in a row.

use super::{Call, Failure, Outcome};
use std::io::{BufWriter, Write};

pub(super) fn run(call: &Call) -> Outcome {
    let number = |operand: &String| {
        operand.parse::<i64>().map_err(|_| Failure::Usage(format!("{operand} is not a whole number")))
    };
    let numbers = call.operands().iter().map(number).collect::<Result<Vec<_>, _>>()?;
    let (first, step, last) = match numbers.as_slice() {
        [last] => (1, 1, *last),
        [first, last] => (*first, 1, *last),
        [first, step, last] => (*first, *step, *last),
        _ => return Err(Failure::Usage("one to three numbers are wanted".into())),
    };
    if step == 0 {
        return Err(Failure::Usage("the step must not be 0".into()));
    }
    let mut out = BufWriter::new(&*call.context.stdout);
    let mut next = Some(first);
    while let Some(number) = next.filter(|number| if step > 0 { *number <= last } else { *number >= last }) {
        writeln!(out, "{number}")?;
        next = number.checked_add(step);
    }
    out.flush()?;
    call.status()
}
