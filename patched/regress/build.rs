//! A regular expression that backtracks for ever can be stopped: then it does not match. Many alternatives make a tree that is
//! not as deep as they are many: whoever walks it recurses.

#[path = "../patch.rs"]
mod patch;

use patch::{Change, apply};

const ALTERNATIVES: (&str, &str) = (
    "    let mut mright = None;
    for node in nodes.into_iter().rev() {
        match mright {
            None => mright = Some(node),
            Some(right) => mright = Some(ir::Node::Alt(Box::new(node), Box::new(right))),
        }
    }
    mright.unwrap_or(ir::Node::Empty)
",
    "    let mut level = nodes;
    while level.len() > 1 {
        let mut pairs = Vec::with_capacity(level.len().div_ceil(2));
        let mut rest = level.into_iter();
        while let Some(left) = rest.next() {
            pairs.push(match rest.next() {
                Some(right) => ir::Node::Alt(Box::new(left), Box::new(right)),
                None => left,
            });
        }
        level = pairs;
    }
    level.pop().unwrap_or(ir::Node::Empty)
",
);

fn main() {
    apply(&[
        Change { file: "parse.rs", old: ALTERNATIVES.0, new: ALTERNATIVES.1 },
        Change {
            file: "classicalbacktrack.rs",
            old: "            // We always have a single Exhausted instruction backstopping our stack,\n",
            new: "            if guard::check() == Err(guard::Refusal::Stop) {\n                \
                  self.bts.truncate(1);\n                return false;\n            }\n            \
                  // We always have a single Exhausted instruction backstopping our stack,\n",
        },
        Change {
            file: "classicalbacktrack.rs",
            old: "            // Didn't find it at this position, try the next one.\n",
            new: "            if guard::is_anchored() || guard::check() == Err(guard::Refusal::Stop) {\n                \
                  return None;\n            }\n",
        },
    ]);
}
