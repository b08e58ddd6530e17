//! A regular expression that backtracks for ever can be stopped: then it does not match.

#[path = "../patch.rs"]
mod patch;

use patch::{Change, apply};

fn main() {
    apply(&[Change {
        file: "classicalbacktrack.rs",
        old: "            // We always have a single Exhausted instruction backstopping our stack,\n",
        new: "            if guard::check() == Err(guard::Refusal::Stop) {\n                \
              self.bts.truncate(1);\n                return false;\n            }\n            \
              // We always have a single Exhausted instruction backstopping our stack,\n",
    }]);
}
