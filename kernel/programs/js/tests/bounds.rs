//! What a script may not: take more than there is, nest without end, or go on when it is to stop.

mod support;

use process::KillReason;
use std::time::Instant;
use support::{ARM, LIMIT, Machine, wait_until};

#[test]
fn what_is_too_large_is_an_error() {
    let machine = Machine::new();
    let mut wrong = Vec::new();
    for (text, name) in [
        ("'x'.repeat(2 ** 30)", "RangeError"),
        ("'x'.padEnd(2 ** 30)", "RangeError"),
        ("new ArrayBuffer(2 ** 40)", "RangeError"),
        ("new Uint8Array(2 ** 40)", "RangeError"),
        ("new Array(-1)", "RangeError"),
        ("let s = 'x'; for (;;) s += s", "RangeError"),
        ("let s = 'x'; for (;;) s = `${s}${s}`", "RangeError"),
        ("let s = 'x'; for (;;) s = [s, s].join()", "RangeError"),
        ("let n = 3n; for (;;) n *= n", "RangeError"),
        ("let n = 3n; for (;;) n <<= 1000n", "RangeError"),
        ("1n >> -100000000n", "RangeError"),
        ("BigInt.asUintN(2 ** 53 - 1, -1n)", "RangeError"),
        ("BigInt('9'.repeat(1e6))", "SyntaxError"),
        ("eval('9'.repeat(1e6) + 'n')", "SyntaxError"),
        ("JSON.parse('[' + '9'.repeat(1e6) + ']')", "SyntaxError"),
        ("Number('9'.repeat(1e7))", "fine"),
        ("'9'.repeat(1e7) == 1n", "fine"),
        ("new Array(2 ** 32 - 1).length = 0", "fine"),
        ("let a = []; a[2 ** 32 - 2] = 1; a.length = 5; a.pop()", "fine"),
        ("(() => f(...new Uint8Array(1.1e6)))(); function f() {}", "RangeError"),
        ("const f = () => { throw 1 }; for (let i = 0; i < 3e5; i++) { try { f(1, 2, 3) } catch {} }", "fine"),
        ("String.fromCharCode.apply(null, { length: 2e6 })", "fine"),
        ("let f = () => 1; for (let i = 0; i < 3e3; i++) f = f.bind(); f()", "fine"),
        ("let p = {}; for (let i = 0; i < 2e5; i++) p = Object.create(p); p.x", "RangeError"),
        ("let p = {}; for (let i = 0; i < 2e5; i++) p = Object.create(p); p.x = 1", "RangeError"),
        ("let p = {}; for (let i = 0; i < 2e5; i++) p = Object.create(p); 'x' in p", "RangeError"),
        (
            "let p = {}; for (let i = 0; i < 3e3; i++) p = { __proto__: p }; for (const k in p); p instanceof Map",
            "fine",
        ),
        ("let a = []; for (let i = 0; i < 1e5; i++) a = [a]; structuredClone(a)", "RangeError"),
        ("let a = {}; for (let i = 0; i < 1e6; i++) a = { a }; a = null", "fine"),
        (
            "let e; for (let i = 0; i < 1e4; i++) e = new Error('x', { cause: e }); console.assert(true); String(e)",
            "fine",
        ),
        ("const f = function* (n) { if (n) yield* f(n - 1); yield 1; }; f(20000).next()", "RangeError"),
        ("class A {}; let c = A; for (let i = 0; i < 2e4; i++) c = class extends c {}; new c()", "RangeError"),
        ("const o = { get x() { return this.x } }; o.x", "RangeError"),
        ("const o = {}; o[Symbol.toPrimitive] = () => +o; +o", "RangeError"),
        ("JSON.stringify({ toJSON() { return JSON.stringify(this) } })", "RangeError"),
        ("JSON.parse('[1]', function f(k, v) { return JSON.parse('[1]', f) })", "SyntaxError"),
        ("'a'.replace(/a/, function f() { return 'a'.replace(/a/, f) })", "RangeError"),
        ("[1, 2].sort(function f() { return [1, 2].sort(f) })", "RangeError"),
        ("const f = () => eval('f()'); f()", "SyntaxError"),
        ("const f = () => new Function('f', 'f()')(f); f()", "RangeError"),
        ("const f = () => Reflect.construct(f2, []); function f2() { f() } f()", "RangeError"),
        ("new RegExp('['.repeat(1e4), 'v')", "SyntaxError"),
        ("new RegExp('(?<=' .repeat(1e4) + 'a' + ')'.repeat(1e4))", "SyntaxError"),
        ("new RegExp('a|'.repeat(1e5)).test('b')", "fine"),
        ("new RegExp('(?:a{99999}){99999}').test('aa')", "fine"),
        ("new RegExp('((((a{500}){500}){500}){500}){500}').test('aa')", "fine"),
        ("new RegExp('a{4294967295,}').test('a')", "fine"),
        ("new RegExp('()'.repeat(1e5)).exec('')", "SyntaxError"),
        ("eval('[' + '1,'.repeat(1e5) + ']')", "fine"),
        ("eval('f(' + '1,'.repeat(1e5) + '1)'); function f() {}", "fine"),
        ("eval('let ' + Array.from({ length: 3e3 }, (_, i) => 'a' + i).join())", "fine"),
        ("eval('switch (1) {' + 'case 2: '.repeat(1e5) + '}')", "fine"),
        ("eval('({' + 'a: 1,'.repeat(1e5) + '})')", "fine"),
        ("eval('`' + '${1}'.repeat(1e5) + '`')", "fine"),
        ("eval('({' + Array.from({ length: 3e3 }, (_, i) => 'a' + i).join() + '} = {})')", "fine"),
        ("eval('class A {' + 'm() {}'.repeat(3e3) + '}')", "fine"),
        ("eval('function f(' + Array.from({ length: 3e3 }, (_, i) => 'a' + i).join() + ') {} f()')", "fine"),
        ("eval('try {} finally {}'.repeat(2e4))", "fine"),
        // By the square of their lengths these would take minutes.
        ("'a'.repeat(2e5).match(/./g)", "fine"),
        ("const r = /b/y, t = 'a'.repeat(5e4); for (let i = 0; i < 5e4; i++) { r.lastIndex = i; r.test(t) }", "fine"),
        ("for (const m of 'ab,'.repeat(5e4).matchAll(/([^,]*)(,|$)/g)) m.index", "fine"),
        (
            "const b = new ArrayBuffer(8, { maxByteLength: 16 }); Atomics.add(new Int32Array(b), { valueOf() { b.resize(0); return 1 } }, 1)",
            "TypeError",
        ),
        (
            "const b = new ArrayBuffer(8, { maxByteLength: 16 }); Atomics.store(new Int32Array(b), 1, { valueOf() { b.resize(5); return 1 } })",
            "TypeError",
        ),
        ("2n ** 100000000n", "RangeError"),
        ("1n << 100000000n", "RangeError"),
        ("const f = () => f() + 1; f()", "RangeError"),
        ("let a = []; for (let i = 0; i < 1e5; i++) a = [a]; a.toString()", "RangeError"),
        ("let a = []; for (let i = 0; i < 1e5; i++) a = [a]; JSON.stringify(a)", "RangeError"),
        ("let a = []; for (let i = 0; i < 1e5; i++) a = [a]; a.flat(Infinity)", "RangeError"),
        ("let p = {}; for (let i = 0; i < 1e5; i++) p = new Proxy(p, {}); p.x", "RangeError"),
        ("JSON.parse('['.repeat(1e6))", "SyntaxError"),
        ("JSON.parse('{\"a\":'.repeat(1e5))", "SyntaxError"),
        ("new RegExp('('.repeat(1e5))", "SyntaxError"),
        ("new RegExp('(?:'.repeat(1e4) + ')'.repeat(1e4))", "SyntaxError"),
        ("eval('('.repeat(1e5))", "SyntaxError"),
        ("eval('['.repeat(1e5) + ']'.repeat(1e5))", "SyntaxError"),
        ("eval('!'.repeat(1e5) + '1')", "SyntaxError"),
        ("eval('if (1) '.repeat(1e5) + ';')", "SyntaxError"),
        ("eval('{'.repeat(1e5))", "SyntaxError"),
        ("eval('x => '.repeat(1e5) + '1')", "SyntaxError"),
        ("eval('a = '.repeat(1e5) + '1')", "SyntaxError"),
        ("eval('1 ? 1 : '.repeat(1e5) + '1')", "SyntaxError"),
        ("eval('1 ** '.repeat(1e5) + '1')", "SyntaxError"),
        ("eval('1' + ' + 1'.repeat(1e6))", "SyntaxError"),
        ("eval('a' + '.a'.repeat(1e6))", "SyntaxError"),
        ("eval('a' + '()'.repeat(1e5))", "SyntaxError"),
        ("eval('1' + ', 1'.repeat(1e6))", "SyntaxError"),
        ("eval('new '.repeat(1e5) + 'a')", "SyntaxError"),
        ("eval('`${'.repeat(1e4))", "SyntaxError"),
        ("eval('function f() {'.repeat(1e4))", "SyntaxError"),
        ("eval('let ' + '['.repeat(1e5) + 'a')", "SyntaxError"),
        ("eval('a: '.repeat(1e5) + '1')", "SyntaxError"),
        ("eval('class A { x = '.repeat(1e4))", "SyntaxError"),
        ("eval('async () => await '.repeat(1e4) + '1')", "SyntaxError"),
    ] {
        let caught = format!("try {{ {text}; console.log('fine') }} catch (error) {{ console.log(error.name) }}");
        let (status, output, errors) = machine.run(&["-e", &caught]);
        if (status, output.trim()) != (0, name) {
            wrong.push(format!("{text}: {status} {output}{errors}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_is_nested_within_reason_runs() {
    let machine = Machine::new();
    let output = machine.eval(
        "console.log(eval('('.repeat(150) + '1' + ')'.repeat(150)), JSON.parse('['.repeat(100) + ']'.repeat(100)).length,
             eval('1' + ' + 1'.repeat(2000)), (function f(n) { return n ? f(n - 1) + 1 : 0 })(5000))",
    );
    assert_eq!(output, "1 1 2001 5000\n");
}

#[test]
fn loops_end_on_request() {
    let machine = Machine::new();
    let (status, _, errors) = machine.run(&["--max-loops", "1000", "-e", "for (;;);"]);
    assert_eq!(status, 1);
    assert!(errors.contains("maximum number of iteration loops"), "{errors}");
    assert_eq!(machine.run(&["--max-loops", "1000", "-e", "for (let i = 0; i < 900; i++);"]).0, 0);
}

#[test]
fn a_kill_ends_a_script_wherever_it_is() {
    let machine = Machine::new();
    for text in [
        "for (;;);",
        "try { for (;;); } finally { for (;;); }",
        "while (true) { try { throw 1 } catch {} }",
        "(function f() { try { f() } finally { f() } })()",
        "/^(a+)+$/.test('a'.repeat(60) + 'b')",
        "[3, 2, 1].sort(() => { for (;;); })",
        "'x'.repeat(1e6).replace(/x/g, () => { for (;;); })",
        "JSON.stringify({ get a() { for (;;); } })",
        "const f = () => Promise.resolve().then(f); f()",
        "setInterval(() => {}, 1e6)",
        "new Promise(() => {}); setTimeout(() => {}, 1e6)",
        "runSync('block')",
        "run('block')",
        "process.stdin.read(); for (;;);",
        "const o = new Proxy({}, { get: () => { for (;;); } }); o.x",
        "for (const x of { [Symbol.iterator]: () => ({ next: () => ({ value: 1 }) }) });",
        "[...{ [Symbol.iterator]: () => ({ next: () => ({ value: 1, done: false }) }) }].length",
    ] {
        let marked = format!("console.log('on'); {text}");
        let (process, [output, _errors]) = machine.start_piped(&["-e", &marked], "");
        let mut line = [0; 3];
        output.read(&mut line).unwrap();
        process.kill(KillReason::Interrupt);
        let status = process.wait_until(Instant::now() + LIMIT).unwrap_or_else(|_| panic!("{text} goes on"));
        assert_eq!(status.code(), 130, "{text}");
    }
    wait_until("an empty table", || machine.table.list().is_empty());
}

/// Built-in functions that turn as often as a script wants, or compare as much.
const LONG: &[&str] = &[
    "a.indexOf(1)",
    "a.lastIndexOf(1)",
    "a.includes(1)",
    "a.join('')",
    "a.reverse()",
    "a.forEach(() => {})",
    "a.some(() => {})",
    "a.find(() => {})",
    "a.findLast(() => {})",
    "a.reduce(() => {})",
    "a.reduceRight(() => {})",
    "a.fill(0)",
    "a.copyWithin(0, 1)",
    "a.shift()",
    "a.unshift(1)",
    "a.slice(1)",
    "a.splice(1, 1)",
    "a.flat()",
    "a.flatMap((x) => x)",
    "a.sort()",
    "a.toSorted()",
    "a.toReversed()",
    "a.toSpliced(1, 1)",
    "a.with(0, 1)",
    "a.concat(a)",
    "a.map((x) => x)",
    "a.filter(() => true)",
    "a.entries().toArray()",
    "[...a]",
    "[].concat(a)",
    "Array.from(a, (x) => x)",
    "new Set(a)",
    "new Map(a.entries())",
    "Object.fromEntries(a.entries())",
    "Object.groupBy(a, () => 1)",
    "Map.groupBy(a, () => 1)",
    "JSON.stringify(a)",
    "JSON.stringify({ toJSON: () => a })",
    "Math.max(...a)",
    "Reflect.apply(Math.max, null, o)",
    "f.apply(null, o)",
    "Array.prototype.indexOf.call(o, 1)",
    "Array.prototype.lastIndexOf.call(o, 1)",
    "Array.prototype.includes.call(o, 1)",
    "Array.prototype.every.call(o, f)",
    "Array.prototype.reverse.call(o)",
    "Array.prototype.shift.call(o)",
    "Array.prototype.fill.call(o, 1)",
    "Array.prototype.copyWithin.call(o, 0, 1)",
    "Array.prototype.splice.call(o, 1, 1)",
    "Array.prototype.join.call(o)",
    "Array.prototype.sort.call(o)",
    "Array.prototype.toLocaleString.call(o)",
    "new Uint8Array(5e7).indexOf(1)",
    "new Uint8Array(5e7).includes(1)",
    "new Uint8Array(5e7).lastIndexOf(1)",
    "new Uint8Array(5e7).reverse()",
    "new Uint8Array(5e7).join()",
    "new Uint8Array(5e7).forEach(f)",
    "new Float64Array(5e6).sort(() => 0)",
    "Array.from({ length: 1e6 }, (_, i) => i).sort()",
    "'a'.repeat(2e6).indexOf('a'.repeat(1e6) + 'b')",
    "'a'.repeat(2e6).lastIndexOf('b' + 'a'.repeat(1e6))",
    "'a'.repeat(2e6).includes('a'.repeat(1e6) + 'b')",
    "'a'.repeat(2e6).split('a'.repeat(1e6) + 'b')",
    "'a'.repeat(2e6).replace('a'.repeat(1e6) + 'b', '')",
    "'a'.repeat(2e6).replaceAll('a'.repeat(1e6) + 'b', '')",
    "'ab'.repeat(1e7).replaceAll('a', 'c')",
    "'ab'.repeat(1e7).split('a')",
    "'ab'.repeat(1e7).split(/a/)",
    "'ab'.repeat(1e7).match(/a/g)",
    "'ab'.repeat(1e7).replace(/a/g, 'c')",
    "[...'ab'.repeat(1e7).matchAll(/a/g)]",
    "'a'.repeat(1e6).match(/a*b/)",
    "'a'.repeat(30).match(/(a*)*b/)",
    "'a'.repeat(3e4).match(/(?:a|a)*?b/)",
    "'a'.repeat(1e5).match(/(?<=b.*)a/)",
    "encodeURIComponent('é'.repeat(1e7))",
    "decodeURIComponent('%41'.repeat(1e7))",
    "escape('é'.repeat(1e7))",
    "unescape('%41'.repeat(1e7))",
    "String.raw({ raw: { length: 2 ** 53 - 1 } })",
    "let p = {}; for (;;) p = Object.setPrototypeOf({}, p)",
    "let d = f; for (;;) d = d.bind()",
    "const g = (function* () { for (;;) yield 1; })(); g.drop(1e9).next()",
    "const g = (function* () { for (;;) yield 1; })(); g.filter(() => false).next()",
    "const g = (function* () { for (;;) yield []; })(); g.flatMap((x) => x).next()",
    "const g = (function* () { for (;;) yield 1; })(); g.forEach(f)",
    "const g = (function* () { for (;;) yield 1; })(); g.every(() => true)",
    "const m = new Map([[1, 1]]); m.forEach((_, k) => { m.delete(k); m.set(k + 1) })",
    "const s = new Set([1]); s.forEach((k) => { s.delete(k); s.add(k + 1) })",
    "const s = new Set([1]); for (const k of s) { s.delete(k); s.add(k + 1) }",
    "new Set([1]).union({ size: 1, has: f, keys: () => (function* () { for (let n = 0; ; n++) yield n % 9; })() })",
    "Promise.all((function* () { for (;;) yield 1; })())",
    "const [...rest] = (function* () { for (;;) yield 1; })()",
    "(function () { arguments.length = 1e9; return [...arguments] })()",
    "RegExp.prototype[Symbol.replace].call({ exec: () => ({ length: 1e9, index: 0, 0: '' }), flags: '' }, 'a', 'b')",
    "const p = new Proxy({}, { getPrototypeOf: () => q }), q = new Proxy({}, { getPrototypeOf: () => p }); p instanceof Object",
    "const p = new Proxy({}, { getPrototypeOf: () => p }); Object.prototype.isPrototypeOf.call(f, p)",
];

#[test]
fn built_in_loops_can_be_stopped() {
    let machine = Machine::new();
    let mut wrong = Vec::new();
    for text in LONG {
        let armed = format!(
            "const f = () => {{}}; const a = []; a.length = 2 ** 32 - 1; const o = {{ length: 2 ** 53 - 1 }};
             sys.out8({ARM}, 8); {text}; console.log('done')"
        );
        let (status, output, errors) = machine.run(&["-e", &armed]);
        if (status, output.as_str()) != (130, "") {
            wrong.push(format!("{text}: {status} {output}{errors}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
