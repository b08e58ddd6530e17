//! Loops, calls and accesses to properties ask whether the script may go on; limits that are too wide for a kernel are
//! narrower.

#[path = "../patch.rs"]
mod patch;

use patch::{Change, apply};

const GUARDED: &str = "        crate::guarded()?;\n";

/// What the changes below call.
const FUNCTIONS: &str = "
/// Fails when the script wants more than it may have or is to stop.
#[inline]
pub(crate) fn guarded() -> JsResult<()> {
    guard::check().map_err(refused)
}

#[cold]
fn refused(refusal: guard::Refusal) -> JsError {
    match refusal {
        // No script can catch this one.
        guard::Refusal::Stop => RuntimeLimitError::LoopIteration.into(),
        _ => JsNativeError::range().with_message(refusal.message()).into(),
    }
}
";

fn main() {
    let mut changes = vec![
        Change { file: "lib.rs", old: "\nmod host_defined;\n", new: String::leak(format!("{FUNCTIONS}\nmod host_defined;\n")) },
        // A script can catch these two, as in other engines.
        Change {
            file: "vm/mod.rs",
            old: "            return Err(RuntimeLimitError::Recursion.into());\n",
            new: "            return Err(crate::refused(guard::Refusal::Stack));\n",
        },
        Change {
            file: "vm/mod.rs",
            old: "            return Err(RuntimeLimitError::StackSize.into());\n",
            new: "            return Err(crate::refused(guard::Refusal::Stack));\n",
        },
        Change {
            file: "bigint.rs",
            old: "            Some(n) if n > 0 => Ok(Self::new(x.inner.as_ref().clone().shl(n as usize))),\n",
            new: "            Some(n) if n > 0 && x.inner.bits() + n as u64 > 4_194_304 => Err(JsNativeError::range()\n                \
                  .with_message(\"Maximum BigInt size exceeded\")\n                .into()),\n            \
                  Some(n) if n > 0 => Ok(Self::new(x.inner.as_ref().clone().shl(n as usize))),\n",
        },
        // 2^30 bits take minutes.
        Change { file: "bigint.rs", old: "        if num_bits > 1_000_000_000f64 {\n", new: "        if num_bits > 4_194_304f64 {\n" },
        Change {
            file: "builtins/string/mod.rs",
            old: "    pub(crate) const MAX_STRING_LENGTH: usize = u32::MAX as usize;\n",
            new: "    pub(crate) const MAX_STRING_LENGTH: usize = (1 << 28) - 1;\n",
        },
    ];
    for (file, line) in [
        ("vm/opcode/iteration/loop_ops.rs", "        let max = context.vm.runtime_limits.loop_iteration_limit();\n"),
        ("vm/mod.rs", "        // Must throw if the number of recursive calls exceeds the defined limit.\n"),
        ("object/operations.rs", "        // 3. Return ? O.[[Get]](P, O).\n"),
        ("object/operations.rs", "        // 3. Assert: Type(Throw) is Boolean.\n"),
        ("object/operations.rs", "        // 3. Return ? O.[[HasProperty]](P).\n"),
        // These recurse over values without a call.
        ("builtins/array/mod.rs", "        // 4. Let targetIndex be start\n"),
        ("builtins/proxy/mod.rs", "        self.data.clone().ok_or_else(|| {\n"),
    ] {
        changes.push(Change { file, old: line, new: String::leak(format!("{GUARDED}{line}")) });
    }
    // An accessor may replace its own property while it runs: where it was is not where the property is now.
    for (file, accessor) in
        [("vm/opcode/get/property.rs", "has_get"), ("vm/opcode/get/name.rs", "has_get"), ("vm/opcode/set/property.rs", "has_set")]
    {
        let new = String::leak(format!("slot.is_cacheable() && !slot.attributes.{accessor}() {{\n"));
        changes.push(Change { file, old: "slot.is_cacheable() {\n", new });
    }
    // In an included text these names are ambiguous.
    for module in ["environment", "function", "get", "object"] {
        changes.push(Change {
            file: "vm/opcode/mod.rs",
            old: String::leak(format!("pub(crate) use {module}::*;\n")),
            new: String::leak(format!("pub(crate) use self::{module}::*;\n")),
        });
    }
    apply(&changes);
}
