//! The program: its options, statuses, errors, objects and limits.

mod support;

use process::KillReason;
use std::time::Instant;
use support::{LIMIT, Machine, wait_until};

#[test]
fn values_are_shown_on_request() {
    let machine = Machine::new();
    assert_eq!(machine.run(&["-e", "1 + 1"]), (0, String::new(), String::new()));
    assert_eq!(machine.run(&["-p", "({ a: [1, 'x'] })"]).1, "{ a: [ 1, 'x' ] }\n");
    assert_eq!(machine.run(&["-p", "process.argv.slice(1)", "a", "--b"]).1, "[ '[eval]', 'a', '--b' ]\n");
    assert_eq!(machine.run_with_input(&[], "console.log(process.argv.length)").1, "2\n");
    assert_eq!(
        machine.run_with_input(&["-e", "for (const line of process.stdin) console.log(line + '!')"], "a\nb").1,
        "a!\nb!\n"
    );
}

#[test]
fn statuses_say_how_it_ended() {
    let machine = Machine::new();
    for (text, status) in [
        ("process.exit(3)", 3),
        ("process.exitCode = 4", 4),
        ("process.exitCode = 4; process.exit()", 4),
        ("try { process.exit(5) } finally { process.exit(6) }", 5),
        ("setTimeout(() => process.exit(7), 1); setInterval(() => {}, 1)", 7),
        ("throw new Error('x')", 1),
        ("Promise.reject(1)", 1),
        ("Promise.reject(1).catch(() => {})", 0),
        ("const p = Promise.reject(1); queueMicrotask(() => p.catch(() => {}))", 0),
        ("(", 1),
        ("export {}; await new Promise(() => {})", 13),
        ("setTimeout(() => { throw 1 }, 1); setInterval(() => {}, 1)", 1),
    ] {
        assert_eq!(machine.run(&["-e", text]).0, status, "{text}");
    }
    assert_eq!(machine.run(&["--nonsense"]).0, 2);
    assert_eq!(machine.run(&["none.js"]), (1, String::new(), "js: none.js: no such file or directory\n".into()));
    machine.vfs.write_file(&machine.vfs.root(), "/tmp/latin1.js", b"'\xe9'").unwrap();
    assert!(machine.run(&["latin1.js"]).2.contains("not a text in UTF-8"));
}

#[test]
fn errors_show_where_they_come_from() {
    let machine = Machine::new();
    machine.write("/tmp/bad.js", "function f(x) {\n  return x.y.z;\n}\nf({});\n");
    let (status, output, errors) = machine.run(&["bad.js"]);
    assert_eq!((status, output.as_str()), (1, ""));
    let lines: Vec<&str> = errors.lines().collect();
    assert_eq!(lines[0], "/tmp/bad.js:2:14", "{errors}");
    assert_eq!(lines[1], "  return x.y.z;");
    assert_eq!(lines[2].trim_start(), "^");
    assert!(lines[3].starts_with("Uncaught TypeError: "), "{errors}");
    assert!(errors.contains("    at f (/tmp/bad.js:2:14)\n    at <main> (/tmp/bad.js:4:2)"), "{errors}");
    machine.write("/tmp/syntax.js", "let a = 1;\nlet b = ;\n");
    let errors = machine.run(&["syntax.js"]).2;
    assert!(errors.starts_with("/tmp/syntax.js:2:9\nlet b = ;\n        ^\nUncaught SyntaxError: "), "{errors}");
    let errors = machine.run(&["-e", "Promise.reject(new RangeError('gone'))"]).2;
    assert!(errors.contains("Uncaught (in promise) RangeError: gone\n"), "{errors}");
    let errors = machine.run(&["-e", "throw { code: 7 }"]).2;
    assert!(errors.contains("Uncaught { code: 7 }"), "{errors}");
    machine.write("/tmp/main.mjs", "import './syntax.js';");
    assert!(machine.run(&["main.mjs"]).2.contains("/tmp/syntax.js:2:9"));
    let errors = machine.run(&["-e", "import x from 'left-pad'"]).2;
    assert!(errors.contains("cannot import 'left-pad': there are no packages"), "{errors}");
}

#[test]
fn files_are_read_and_written() {
    let machine = Machine::new();
    let text = "
        const assert = (ok, what) => { if (!ok) throw new Error(what); };
        const code = (f) => { try { f(); } catch (error) { return `${error.code} ${error.syscall} ${error.path}`; } };
        fs.writeFileSync('a', 'one'); fs.appendFileSync('a', new Uint8Array([33]));
        assert(fs.readFileSync('a', 'utf8') === 'one!', 'text');
        assert(fs.readFileSync('a') instanceof Uint8Array && String(fs.readFileSync('a')) === 'one!', 'bytes');
        assert(fs.readFileSync('a', 'hex') === '6f6e6521' && fs.readFileSync('a', 'base64') === 'b25lIQ==', 'encodings');
        fs.mkdirSync('d/e/f', { recursive: true }); fs.mkdirSync('d/e/f', { recursive: true });
        fs.symlinkSync('../a', 'd/link'); fs.copyFileSync('a', 'd/e/b');
        assert(fs.lstatSync('d/link').isSymbolicLink() && fs.statSync('d/link').isFile(), 'links');
        assert(fs.readdirSync('d', { recursive: true }).join() === 'e,e/b,e/f,link', 'tree');
        assert(fs.readdirSync('d', { withFileTypes: true })[0].isDirectory(), 'types');
        assert(code(() => fs.readFileSync('none')) === 'ENOENT open none', 'ENOENT');
        assert(code(() => fs.mkdirSync('d')) === 'EEXIST mkdir d', 'EEXIST');
        assert(code(() => fs.rmdirSync('d')) === 'ENOTEMPTY rmdir d', 'ENOTEMPTY');
        assert(code(() => fs.rmSync('d')).startsWith('EISDIR'), 'EISDIR');
        fs.rmSync('none', { force: true }); fs.rmSync('d', { recursive: true });
        assert(!fs.existsSync('d') && fs.statSync('none', { throwIfNoEntry: false }) === undefined, 'gone');
        fs.truncateSync('a', 1); assert(fs.statSync('a').size === 1 && fs.statSync('a').mtime instanceof Date, 'size');
        fs.readFile('a', 'utf8', (error, content) => console.log('called back', error, content));
        fs.promises.readFile('none').catch((error) => console.log(error.message));
        process.chdir('/'); console.log(process.cwd(), fs.readFileSync('tmp/a', 'utf8'));";
    let output = machine.eval(text);
    let lines: Vec<&str> = output.lines().collect();
    assert_eq!(lines[0], "/ o");
    assert!(lines.contains(&"called back null o"), "{output}");
    assert!(lines.contains(&"ENOENT: no such file or directory, open 'none'"), "{output}");
}

#[test]
fn programs_are_started() {
    let machine = Machine::new();
    let text = "
        const result = runSync('copy', ['a b', 'c'], { input: 'in', env: { WORD: 'w' } });
        console.log(result);
        run('copy', [], { input: 'x'.repeat(300000) }).then((r) => console.log(r.status, r.stdout.length));
        try { runSync('none') } catch (error) { console.log(error.code) }
        console.log(runSync('js', ['-p', '6 * 7']).stdout);";
    let output = machine.eval(text);
    assert_eq!(output, "{ status: 3, stdout: 'in', stderr: 'a b,c w' }\nENOENT\n42\n\n3 300000\n");
    // One that is still running ends with the script.
    machine.eval("run('block'); setTimeout(() => process.exit(), 1)");
    wait_until("an empty table", || machine.table.list().is_empty());
}

#[test]
fn the_machine_is_there() {
    let machine = Machine::new();
    let output = machine.eval(
        "sys.out8(0x70, 7); console.log(sys.in8(0x70)); try { sys.in8(1) } catch (e) { console.log(e.message) }
         try { sys.in8(70000) } catch (e) { console.log(e.name) }
         console.log(sys.cpuinfo(), sys.meminfo().total)",
    );
    assert!(output.starts_with("7\nEPERM: this machine gives scripts no I/O ports\nRangeError\n"), "{output}");
    assert!(output.contains("model: 'Test CPU'") && output.ends_with("536870912\n"), "{output}");
}

#[test]
fn the_event_loop_keeps_order() {
    let machine = Machine::new();
    let output = machine.eval(
        "setTimeout(() => log('t2'), 2); setTimeout(() => log('t0'), 0); setImmediate(() => log('i'));
         const log = (x) => console.log(x); let n = 0;
         const every = setInterval(() => { log('every'); if (++n === 3) clearInterval(every); }, 1);
         const never = setTimeout(() => log('never'), 1); clearTimeout(never);
         process.nextTick(log, 'tick'); log('sync');
         const controller = new AbortController(); controller.signal.addEventListener('abort', () => log('aborted'));
         setTimeout(() => controller.abort(), 30);",
    );
    let lines: Vec<&str> = output.lines().collect();
    assert_eq!(lines[..2], ["sync", "tick"]);
    assert_eq!(lines.last(), Some(&"aborted"));
    assert_eq!(lines.iter().filter(|line| **line == "every").count(), 3);
    let at = |word: &str| lines.iter().position(|line| *line == word).unwrap_or_else(|| panic!("{word}: {output}"));
    assert!(at("t0") < at("t2") && !lines.contains(&"never"), "{output}");
}

#[test]
fn the_web_objects_work() {
    let machine = Machine::new();
    let output = machine.eval(
        "const url = new URL('/p?a=1&b=x%20y#h', 'http://u@host:8080/q'); url.searchParams.append('c', 'é');
         console.log(url.href, url.port, url.searchParams.get('b'), URL.canParse('nope'));
         console.log(new TextDecoder().decode(new TextEncoder().encode('héllo')), atob(btoa('bin')));
         console.log(structuredClone({ d: new Date(0), m: new Map([[1, { a: [2] }]]) }));
         console.log(new Headers({ 'X-A': ' 1 ' }).get('x-a'), new Response('body', { status: 404 }).ok);
         Response.json({ a: 1 }).json().then((value) => console.log(value));
         fetch('https://x/').catch((e) => console.log(e.message));
         fetch('ftp://x/').catch((e) => console.log(e.message));
         fetch('http://127.0.0.1:1/').catch((e) => console.log(e.name));",
    );
    assert!(output.starts_with("http://u@host:8080/p?a=1&b=x+y&c=%C3%A9#h 8080 x y false\nhéllo bin\n"), "{output}");
    for part in ["{ d: 1970-01-01T00:00:00.000Z, m: Map(1) { 1 => { a: [Array] } } }\n", "1 false\n", "{ a: 1 }\n"] {
        assert!(output.contains(part), "{part}{output}");
    }
    assert!(output.contains("https is not available, only http\n") && output.ends_with("TypeError\n"), "{output}");
}

#[test]
fn what_is_too_large_is_an_error() {
    let machine = Machine::new();
    for (text, name) in [
        ("'x'.repeat(2 ** 30)", "RangeError"),
        ("'x'.padEnd(2 ** 30)", "RangeError"),
        ("new ArrayBuffer(2 ** 40)", "RangeError"),
        ("new Uint8Array(2 ** 40)", "RangeError"),
        ("new Array(-1)", "RangeError"),
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
        assert_eq!((status, output.trim()), (0, name), "{text}: {errors}");
    }
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

#[test]
fn output_that_nobody_reads_ends_the_script() {
    let machine = Machine::new();
    let (process, [output, errors]) = machine.start_piped(&["-e", "for (;;) console.log('y')"], "");
    drop(output);
    assert_eq!(process.wait_until(Instant::now() + LIMIT).expect("the script ends").code(), 0);
    assert_eq!(support::drain(&errors), "");
}
