//! Loops, calls and accesses to properties ask whether the script may go on; limits that are too wide for a kernel are
//! narrower.

#[path = "../loops.rs"]
mod loops;
#[path = "../patch.rs"]
mod patch;

use loops::ask;
use patch::{Change, apply_and_rewrite};

const STRING: &str = "builtins/string/mod.rs";
const GUARDED: &str = "        crate::guarded()?;\n";

/// Where loops may be as long as a script wants.
const LOOPS: &[&str] = &["builtins/", "object/internal_methods/", "object/operations.rs", "module/"];
/// Functions in those files that recurse over values without a call.
const RECURSIVE: &[&str] = &[
    "ordinary_get",
    "ordinary_try_get",
    "ordinary_has_property",
    "ordinary_set",
    "compare_array_elements",
    "inner_load",
    "inner_link",
    "inner_evaluate",
];

/// What is wanted at once for as many elements as a script says that there are, and instead.
const CAPACITIES: &[(&str, &str)] = &[
    ("Vec::with_capacity(len as usize)", "Vec::new()"),
    ("Vec::with_capacity(len as usize + len.saturating_sub(1) as usize)", "Vec::new()"),
    ("Vec::with_capacity((len + len.saturating_sub(1)) as usize)", "Vec::new()"),
];

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

/// Fails when a string of `length` may not be made.
fn room_for(length: usize) -> JsResult<()> {
    if length > builtins::string::String::MAX_STRING_LENGTH {
        return Err(JsNativeError::range().with_message(\"Invalid string length\").into());
    }
    if length > 1 << 16 { guard::reserve(length).map_err(refused) } else { Ok(()) }
}

/// The concatenation of strings, if it is not too long.
pub(crate) fn joined(parts: &[JsString]) -> JsResult<JsString> {
    room_for(parts.iter().fold(0, |sum: usize, part| sum.saturating_add(part.len())))?;
    Ok(JsString::concat_array(&parts.iter().map(JsString::as_str).collect::<Vec<_>>()))
}

/// The concatenation of two strings, if it is not too long.
pub(crate) fn concatenated(first: &JsString, second: &JsString) -> JsResult<JsString> {
    room_for(first.len().saturating_add(second.len()))?;
    Ok(JsString::concat(first.as_str(), second.as_str()))
}

/// `count` times the same text.
pub(crate) fn repeated(text: &JsString, count: usize) -> JsResult<JsString> {
    room_for(text.len().saturating_mul(count))?;
    let mut made = JsString::default();
    for bit in (0..usize::BITS - count.leading_zeros()).rev() {
        made = JsString::concat(made.as_str(), made.as_str());
        if count >> bit & 1 == 1 {
            made = JsString::concat(made.as_str(), text.as_str());
        }
    }
    Ok(made)
}

/// `StringIndexOf` (ECMA-262, 6.1.4.1), asked after each part of the text.
pub(crate) fn index_of(text: JsStr<'_>, wanted: JsStr<'_>, from: usize) -> JsResult<Option<usize>> {
    if wanted.is_empty() {
        return Ok(text.index_of(wanted, from));
    }
    let Some(last) = text.len().checked_sub(wanted.len()) else { return Ok(None) };
    let part = 1 + (1 << 16) / wanted.len();
    let mut start = from;
    while start <= last {
        guarded()?;
        let end = last.min(start + part - 1);
        if let Some(found) = text.get_expect(start..end + wanted.len()).index_of(wanted, 0) {
            return Ok(Some(start + found));
        }
        start = end + 1;
    }
    Ok(None)
}
";

/// Products and texts of digits take more than linear time: the limit is SpiderMonkey's, 2^20 bits.
const BIGINT_FUNCTIONS: &str = "
    /// The most bits.
    const MAX_BITS: u64 = 1 << 20;

    fn too_large() -> crate::JsError {
        JsNativeError::range().with_message(\"Maximum BigInt size exceeded\").into()
    }

    /// Performs the `*` operation, if the product is not too large.
    pub(crate) fn bounded_mul(x: &Self, y: &Self) -> JsResult<Self> {
        if x.inner.bits() + y.inner.bits() > Self::MAX_BITS { Err(Self::too_large()) } else { Ok(Self::mul(x, y)) }
    }

    /// Performs a shift to the left, if the result is not too large.
    fn bounded_shl(x: &Self, bits: u32) -> JsResult<Self> {
        if !x.inner.is_zero() && x.inner.bits() + u64::from(bits) > Self::MAX_BITS {
            return Err(Self::too_large());
        }
        Ok(Self::new(x.inner.as_ref().clone().shl(bits)))
    }

";

/// As one text grows, not as a list of as many parts.
const REPEAT: (&str, &str) = (
    "        let mut result = Vec::with_capacity(n);
        for _ in 0..n {
            crate::vm::opcode::IncrementLoopIteration::operation((), context)?;
            result.push(string.as_str());
        }

        // 6. Return the String value that is made from n copies of S appended together.
        Ok(JsString::concat_array(&result).into())
",
    "        Ok(crate::repeated(&string, n)?.into())
",
);

/// What other functions are checked for, those of `new Function` are, too (ECMA-262, 15.2.1).
const REDECLARED: (&str, &str) = (
    "                let lexically_declared_names = lexically_declared_names(&body);
",
    "                let lexically_declared_names = lexically_declared_names(&body);
                let var_declared_names = boa_ast::operations::var_declared_names(&body);
                for (index, name) in lexically_declared_names.iter().enumerate() {
                    if lexically_declared_names[..index].contains(name) || var_declared_names.contains(name) {
                        return Err(JsNativeError::syntax()
                            .with_message(format!(
                                \"Redeclaration of variable `{}`\",
                                context.interner().resolve_expect(*name)
                            ))
                            .into());
                    }
                }
",
);

/// The list of those who wait is one for the whole image: whoever ends takes himself off it.
const FORGOTTEN: &str = "
/// Takes a waiter off its list when the one who awaits it is gone.
struct Forgotten(std::sync::Weak<FutexWaiter>);

impl Drop for Forgotten {
    fn drop(&mut self) {
        let Ok(mut waiters) = FutexWaiters::get() else { return };
        if let Some(waiter) = self.0.upgrade()
            && waiter.link.is_linked()
        {
            // SAFETY: it is linked, and kept alive by the reference.
            unsafe { waiters.remove_waiter(&waiter) };
        }
    }
}

";

const FUTEX: &str = "builtins/atomics/futex.rs";
const REGEXP: &str = "builtins/regexp/mod.rs";
const BUFFER: &str = "builtins/array_buffer/mod.rs";

/// Each search of a Latin-1 text made a copy of it all: a walk over all matches took time by the square of its length.
const WIDENED: &str = "
std::thread_local! {
    /// The text that was searched last, and the same as the matcher wants it.
    static WIDENED: std::cell::RefCell<Option<(JsString, std::rc::Rc<[u16]>)>> = const { std::cell::RefCell::new(None) };
}

/// `text` in units of 16 bits; made once for all searches in a row.
fn widened(text: &JsString) -> std::rc::Rc<[u16]> {
    let place = |text: &JsString| match text.as_str().variant() {
        JsStrVariant::Latin1(units) => (units.as_ptr().addr(), units.len()),
        JsStrVariant::Utf16(units) => (units.as_ptr().addr(), units.len()),
    };
    if text.len() > 1 << 24 {
        // Too much to keep.
        return text.to_vec().into();
    }
    WIDENED.with_borrow_mut(|last| match last {
        // The text is kept: nothing else can be where it is.
        Some((known, wide)) if place(known) == place(text) => std::rc::Rc::clone(wide),
        _ => {
            let wide: std::rc::Rc<[u16]> = text.to_vec().into();
            *last = Some((text.clone(), std::rc::Rc::clone(&wide)));
            wide
        }
    })
}

";

const FREE_REGISTERS: [(&str, &str); 5] = [
    (
        "pub(crate) struct RegisterAllocator {\n",
        "pub(crate) struct RegisterAllocator {\n    /// Those before are in use.\n    first_free: usize,\n",
    ),
    ("            .enumerate()\n            .find(", "            .enumerate()\n            .skip(self.first_free)\n            .find("),
    (
        "            register.flags |= RegisterFlags::USED;\n            return Register {\n",
        "            register.flags |= RegisterFlags::USED;\n            self.first_free = i + 1;\n            return Register {\n",
    ),
    (
        "        self.registers.push(RegisterEntry { flags });\n",
        "        self.registers.push(RegisterEntry { flags });\n        self.first_free = self.registers.len();\n",
    ),
    (
        "        register.flags.set(RegisterFlags::USED, false);\n",
        "        register.flags.set(RegisterFlags::USED, false);\n        \
          self.first_free = self.first_free.min(reg.index as usize);\n",
    ),
];

const NESTED_PATTERNS: [(&str, &str); 2] = [
    (
        "                                PropertyName::Literal(ident) => {
                                    self.emit_get_property_by_name(&dst, None, object, ident.sym());
                                }
",
        "                                PropertyName::Literal(ident) => {
                                    self.emit_get_property_by_name(&dst, None, object, ident.sym());
                                    let key = self.register_allocator.alloc();
                                    self.emit_store_literal(
                                        Literal::String(
                                            self.interner().resolve_expect(ident.sym()).into_common(false),
                                        ),
                                        &key,
                                    );
                                    excluded_keys_registers.push(key);
                                }
",
    ),
    (
        "                                    self.bytecode.emit_get_property_by_value(
                                        dst.variable(),
                                        key.variable(),
                                        object.variable(),
                                        object.variable(),
                                    );
                                    self.register_allocator.dealloc(key);
                                }
",
        "                                    if rest_exits {
                                        self.bytecode.emit_get_property_by_value_push(
                                            dst.variable(),
                                            key.variable(),
                                            object.variable(),
                                            object.variable(),
                                        );
                                        excluded_keys_registers.push(key);
                                    } else {
                                        self.bytecode.emit_get_property_by_value(
                                            dst.variable(),
                                            key.variable(),
                                            object.variable(),
                                            object.variable(),
                                        );
                                        self.register_allocator.dealloc(key);
                                    }
                                }
",
    ),
];

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
        // What a call that throws had on the stack is not left there.
        Change {
            file: "vm/mod.rs",
            old: "            if self.vm.handle_exception_at(pc) {\n                return ControlFlow::Continue(());\n",
            new: "            if self.vm.handle_exception_at(pc) {\n                self.vm.stack.truncate_to_frame(&frame);\n                \
                  return ControlFlow::Continue(());\n",
        },
        Change {
            file: "bigint.rs",
            old: "    /// Performs the `/` operation.\n",
            new: String::leak(format!("{BIGINT_FUNCTIONS}    /// Performs the `/` operation.\n")),
        },
        Change {
            file: "bigint.rs",
            old: "Some(n) if n > 0 => Ok(Self::new(x.inner.as_ref().clone().shl(n as usize))),\n",
            new: "Some(n) if n > 0 => Self::bounded_shl(x, n.unsigned_abs()),\n",
        },
        Change {
            file: "bigint.rs",
            old: "Some(n) => Ok(Self::new(x.inner.as_ref().clone().shl(n.unsigned_abs()))),\n",
            new: "Some(n) => Self::bounded_shl(x, n.unsigned_abs()),\n",
        },
        // At least as many bits has the result.
        Change {
            file: "bigint.rs",
            old: "        let num_bits = (x.inner.bits() as f64\n",
            new: "        let num_bits = (x.inner.bits().saturating_sub(1) as f64\n",
        },
        Change { file: "bigint.rs", old: "num_bits > 1_000_000_000f64 {\n", new: "num_bits > Self::MAX_BITS as f64 {\n" },
        Change {
            file: "bigint.rs",
            old: "        Self::from_string_radix(string, radix)\n",
            new: "        if string.len() as u64 > Self::MAX_BITS / u64::from(u32::ilog2(radix)) {\n            \
                  return None;\n        }\n        Self::from_string_radix(string, radix)\n",
        },
        Change {
            file: STRING,
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
    for (file, old, new) in [
        ("value/operations.rs", "js_string!(&x, &y))", "crate::concatenated(&x, &y)?)"),
        ("value/operations.rs", "js_string!(&x, &y.to_string(context)?)", "crate::concatenated(&x, &y.to_string(context)?)?"),
        ("value/operations.rs", "js_string!(&x.to_string(context)?, &y)", "crate::concatenated(&x.to_string(context)?, &y)?"),
        ("vm/opcode/concat/mod.rs", "JsString::concat_array(&strings.iter().map(JsString::as_str).collect::<Vec<_>>())", "crate::joined(&strings)?"),
        (
            "builtins/array/mod.rs",
            "        // 8. Return R.\n        Ok(js_string!(&r[..]).into())\n",
            "        Ok(crate::joined(&r)?.into())\n",
        ),
        (STRING, REPEAT.0, REPEAT.1),
        (STRING, "        let filler_len = filler.len() as u64;\n", "        crate::room_for(int_max_length as usize)?;\n        let filler_len = filler.len() as u64;\n"),
        ("builtins/function/mod.rs", REDECLARED.0, REDECLARED.1),
        ("value/operations.rs", "JsBigInt::mul(&x, &y)", "JsBigInt::bounded_mul(&x, &y)?"),
        ("value/operations.rs", "JsBigInt::mul(x, y)", "JsBigInt::bounded_mul(x, y)?"),
        (STRING, "string.index_of(search_str.as_str(), start).is_some()", "crate::index_of(string.as_str(), search_str.as_str(), start)?.is_some()"),
        (STRING, "string.index_of(search_string.as_str(), 0) else", "crate::index_of(string.as_str(), search_string.as_str(), 0)? else"),
        (STRING, "string.index_of(search_string.as_str(), 0);", "crate::index_of(string.as_str(), search_string.as_str(), 0)?;"),
        (STRING, "string.index_of(search_string.as_str(), p + advance_by)", "crate::index_of(string.as_str(), search_string.as_str(), p + advance_by)?"),
        (STRING, "string\n            .index_of(search_str.as_str(), start)\n", "crate::index_of(string.as_str(), search_str.as_str(), start)?\n"),
        (STRING, "this_str.index_of(separator_str.as_str(), 0)", "crate::index_of(this_str.as_str(), separator_str.as_str(), 0)?"),
        (STRING, "this_str.index_of(separator_str.as_str(), i)", "crate::index_of(this_str.as_str(), separator_str.as_str(), i)?"),
    ] {
        changes.push(Change { file, old, new });
    }
    for (old, new) in [
        (
            "    // 30. Else if timeoutTime is finite, then\n    //     a. Perform EnqueueAtomicsWaitAsyncTimeoutJob(WL, waiterRecord).\n",
            "    drop(waiters);\n    let forgotten = Forgotten(weak_waiter.clone());\n",
        ),
        (
            "            if let Ok(result) = receiver.await {\n",
            "            let _forgotten = forgotten;\n            if let Ok(result) = receiver.await {\n",
        ),
        ("/// Notifies at most `count` agents waiting on", String::leak(format!("{FORGOTTEN}/// Notifies at most `count` agents waiting on"))),
    ] {
        changes.push(Change { file: FUTEX, old, new });
    }
    for (file, old, new) in [
        (REGEXP, "                let input = input.to_vec();\n", "                let input = widened(input);\n"),
        // With the flag `y` a search that finds nothing went through the whole text.
        (
            REGEXP,
            "        let r: Option<regress::Match> = match (full_unicode, input.as_str().variant()) {\n",
            "        let anchored = sticky.then(guard::Anchored::begin);\n        \
              let r: Option<regress::Match> = match (full_unicode, input.as_str().variant()) {\n",
        ),
        (
            REGEXP,
            "        let Some(match_value) = r else {\n",
            "        drop(anchored);\n        let Some(match_value) = r else {\n",
        ),
        (
            REGEXP,
            "/// The internal representation of a `RegExp` object.\n",
            String::leak(format!("{WIDENED}/// The internal representation of a `RegExp` object.\n")),
        ),
        // A buffer that a conversion has made shorter is refused, not read beyond.
        (BUFFER, "            Some(&s[..len])\n", "            s.get(..len)\n"),
        (BUFFER, "            Some(&mut s[..len])\n", "            s.get_mut(..len)\n"),
    ] {
        changes.push(Change { file, old, new });
    }
    // A free register is looked for where there may be one.
    for (old, new) in FREE_REGISTERS {
        changes.push(Change { file: "bytecompiler/register.rs", old, new });
    }
    // A pattern takes its key, too: nothing of it is left for the rest (ECMA-262, 8.6.2 and 14.3.3.2).
    for (old, new) in NESTED_PATTERNS {
        changes.push(Change { file: "bytecompiler/declaration/declaration_pattern.rs", old, new });
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
    println!("cargo::rerun-if-changed=../loops.rs");
    apply_and_rewrite(&changes, |file, text| match LOOPS.iter().any(|place| file.starts_with(place)) {
        true => CAPACITIES.iter().fold(ask(&text, RECURSIVE, GUARDED), |text, (old, new)| text.replace(old, new)),
        false => text,
    });
}
