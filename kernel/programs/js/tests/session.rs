//! Sessions: a user at a terminal.

mod support;

use support::{Console, Machine, wait_until};

#[test]
fn a_session_from_prompt_to_end_of_file() {
    let machine = Machine::new();
    let console = Console::new(&machine);
    console.expect("> ").types("1 + 1\r").expect("1 + 1\r\n").expect("2").expect("\r\n> ");
    console.types("_ * 21\r").expect("42").expect("> ");
    console.types("'a' + \"b\"\r").expect("'ab'").expect("> ");
    console.types("let x = { a: 1 }; x\r").expect("{ a: ").expect("1").expect(" }").expect("> ");
    console.types("{ b: [1] }\r").expect("{ b: [ ").expect("> ");
    console.types("console.log('hi')\r").expect("\r\nhi\r\n").expect("undefined").expect("> ");
    console.types("\r").expect("\r\n> ");
    console.types("\x04");
    assert_eq!(console.status(), 0);
    wait_until("an empty table", || machine.table.list().is_empty());
}

#[test]
fn lines_are_joined_until_they_are_whole() {
    let machine = Machine::new();
    let console = Console::new(&machine);
    console.expect("> ").types("function f(a) {\r").expect("... ").types("return a * 2\r").expect("... ");
    console.types("}\r").expect("> ").types("f(4)\r").expect("8").expect("> ");
    console.types("`a\r").expect("... ").types("b`\r").expect("'a\\nb'").expect("> ");
    console.types("[1,\r").expect("... ").types("\x03").expect("^C").expect("\r\n> ");
    console.types("(1 +\r").expect("... ").types("2)\r").expect("3").expect("> ");
    // What is pasted is shown once.
    console.types("[4,\r  5,\r  6].length\r").expect("[4,\r\n...   5,\r\n...   6].length\r\n").expect("3").expect("> ");
}

#[test]
fn errors_leave_the_session_alive() {
    let machine = Machine::new();
    let console = Console::new(&machine);
    console.expect("> ").types("null.x\r").expect("REPL1:1:").expect("^\r\nUncaught TypeError: ").expect("> ");
    console.types("let = ;\r").expect("Uncaught SyntaxError: ").expect("> ");
    console.types("Promise.reject(7)\r").expect("Uncaught (in promise) ").expect("7").expect("> ");
    console
        .types("const f = () => f(); f()\r")
        .expect("Uncaught RangeError: Maximum call stack size exceeded")
        .expect("> ");
    console.types("process.exit(5)\r");
    assert_eq!(console.status(), 5);
}

#[test]
fn promises_are_waited_for() {
    let machine = Machine::new();
    let console = Console::new(&machine);
    console.expect("> ").types("await new Promise(r => setTimeout(r, 5, 'late'))\r").expect("'late'").expect("> ");
    console.types("const v = await Promise.resolve(6)\r").expect("> ").types("v\r").expect("6").expect("> ");
    console.types("await Promise.reject(new Error('no'))\r").expect("Uncaught (in promise) Error: no").expect("> ");
    console.types("Promise.resolve(1)\r").expect("Promise { ").expect("> ");
}

#[test]
fn what_waits_may_declare_import_and_go_on_over_lines() {
    let machine = Machine::new();
    let console = Console::new(&machine);
    console.expect("> ").types("const { a, b: [c] } = await Promise.resolve({ a: 5, b: [6] })\r");
    console.expect("undefined").expect("> ").types("a * 10 + c\r").expect("56").expect("> ");
    console.types("let d = await a; const e = d * 11; e\r").expect("55").expect("> ").types("d + e\r").expect("60");
    console
        .expect("> ")
        .types("(await Promise.all([\r")
        .expect("... ")
        .types("40, 2])).length\r")
        .expect("2")
        .expect("> ");
    console.types("import {\r").expect("... ").types("basename } from 'path'\r").expect("> ");
    console.types("basename('/x/y' + 1)\r").expect("'y1'").expect("> ");
    console.types("await (async () => 6 * 7)()\r").expect("42").expect("> ");
    console.types("{\r").expect("... ").types("f: 1,\r").expect("... ").types("  g: 22\r").expect("... ");
    console.types("}\r").expect("g: ").expect("22").expect("> ");
    console.types("await fetch(})\r").expect("Uncaught SyntaxError").expect("> ");
    // Lines that go on are remembered, too.
    assert!(machine.read("/home/.js_history").contains("f: 1,\ng: 22\n}\n"));
}

#[test]
fn an_interrupt_ends_what_runs_and_not_the_session() {
    let machine = Machine::new();
    let console = Console::new(&machine);
    for text in [
        "for (;;);",
        "/^(a+)+$/.test('a'.repeat(60) + 'b')",
        "await new Promise(() => setInterval(() => {}, 9))",
        "runSync('block')",
        "process.stdin.readLine()",
        "fs.readFileSync('/dev/stdin')",
    ] {
        let marked = format!("console.log('o' + 'n'); {text}\r");
        console.expect("> ").types(&marked).expect("\r\non\r\n").types("\x03").expect("stopped\r\n");
    }
    console.expect("> ").types("(function f(n) { return n ? f(n - 1) + 1 : 0 })(5000)\r").expect("5000").expect("> ");
}

#[test]
fn what_was_started_goes_on_at_the_prompt() {
    let machine = Machine::new();
    let console = Console::new(&machine);
    console.expect("> ").types("setTimeout(() => console.log('t' + 1), 20); 7\r").expect("7").expect("> ");
    // What is typed meanwhile is still there.
    console.types("40 + ").expect("40 + ").expect("t1\r\n> 40 + ").types("2\r").expect("42").expect("> ");
    console.types("setTimeout(() => { throw new Error('late') }, 1)\r").expect("Uncaught Error: late").expect("> ");
    console.types("run('copy', [], { input: 'x' }).then((r) => console.log('got ' + r.stdout))\r");
    console.expect("Promise { ").expect("got x\r\n").expect("> ");
    console.types("setInterval(() => console.log('tick'), 1); 0\r").expect("tick").expect("tick").types("\x03");
    console.expect("stopped").expect("> ").types("setTimeout(() => { console.log('o' + 'n'); for (;;); }, 1)\r");
    console.expect("Jon\r\n").types("\x03").expect("stopped\r\n").expect("> ");
    console.types("setTimeout(() => process.exit(6), 1)\r");
    assert_eq!(console.status(), 6);
}

#[test]
fn a_timer_that_says_nothing_leaves_the_line_and_its_place_in_the_history() {
    let machine = Machine::new();
    let console = Console::new(&machine);
    console.expect("> ").types("1 + 41\r").expect("42").expect("> ").types("2 + 41\r").expect("43").expect("> ");
    console.types("var n = 0; setInterval(() => n++, 1); 0\r").expect("0").expect("> ");
    // Each is drawn once by the key, and again behind a turn of the timer.
    console.types("\x1b[A").expect("var n").expect("\r\x1b[J> var n").types("\x1b[A").expect("\r\x1b[J> 2 + 41");
    console.types("\x1b[A").expect("\r\x1b[J> 1 + 41").types("\r").expect("42").expect("> ");
}

#[test]
fn names_can_be_declared_again() {
    let machine = Machine::new();
    let console = Console::new(&machine);
    for _ in 0..2 {
        console
            .expect("> ")
            .types("const { a } = { a: 5 }\r")
            .expect("undefined")
            .expect("> ")
            .types("a * 11\r")
            .expect("55");
        console.expect("> ").types("class B { m() { return 6 } }\r").expect("undefined");
        console.expect("> ").types("new B().m() * 11\r").expect("66");
        console.expect("> ").types("let p = 1; const q = p + 1; class R {}; q * 11\r").expect("22");
    }
}

#[test]
fn tab_completes_globals_and_members() {
    let machine = Machine::new();
    let console = Console::new(&machine);
    console.expect("> ").types("Math.floo\t(1.5)\r").expect("Math.floor(1.5)\r\n").expect("1").expect("> ");
    console.types("const point = { width: 3 }\r").expect("> ").types("poi\t.wi\t\r").expect("3").expect("> ");
    console.types("'abc'.length; [].conca\t\r").expect("> ");
    console.types("process.std\t\t").expect("stderr  stdin").types("in.isT\t\r").expect("true").expect("> ");
    console.types("structuredCl\t\r").expect("Function").expect("> ");
    console.types("\t40 + 3\r").expect("  40 + 3\r\n").expect("43").expect("> ");
    // No code of the script runs.
    console.types("Object.defineProperty(globalThis, 'boom', { get() { for (;;); } }); 7\r").expect("7").expect("> ");
    console.types("boom.x\t").expect("\x07").types("\x03").expect("> ");
    console.types("zzz\t").expect("\x07");
}

#[test]
fn history_outlives_the_session() {
    let machine = Machine::new();
    let console = Console::new(&machine);
    console.expect("> ").types("6 * 7\r").expect("42").expect("> ").types(".exit\r");
    assert_eq!(console.status(), 0);
    assert_eq!(machine.read("/home/.js_history"), "6 * 7\n.exit\n");
    let another = Console::new(&machine);
    another.expect("> ").types("\x1b[A\x1b[A\r").expect("6 * 7\r\n").expect("42").expect("> ");
    another.types(".help\r").expect(".names").expect("> ").types(".names\r").expect("console").expect("> ");
    another.types(".nonsense\r").expect("there is no .nonsense").expect("> ");
}
