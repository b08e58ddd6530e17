//! The program: its options, statuses, errors, objects and limits.

mod support;

use std::time::Instant;
use support::{LIMIT, Machine, wait_until};

#[test]
fn values_are_shown_on_request() {
    let machine = Machine::new();
    assert_eq!(machine.run(&["-e", "1 + 1"]), (0, String::new(), String::new()));
    assert_eq!(machine.run(&["-p", "({ a: [1, 'x'] })"]).1, "{ a: [ 1, 'x' ] }\n");
    assert_eq!(machine.run(&["-p", "await (async () => 6 * 7)()"]).1, "42\n");
    assert_eq!(machine.run(&["-p", "import { basename } from 'path'; await 1; basename('/a/b')"]).1, "'b'\n");
    assert_eq!(machine.run(&["-p", "await new Promise(() => {})"]).0, 13);
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
    machine.write("/tmp/module.js", "import fs from 'fs';\nlet b = ;\n");
    let errors = machine.run(&["module.js"]).2;
    assert!(errors.starts_with("/tmp/module.js:2:9\nlet b = ;\n        ^\nUncaught SyntaxError: "), "{errors}");
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
fn modules_have_the_names_of_node() {
    let machine = Machine::new();
    machine.write("/tmp/data.json", "[1, 2]");
    machine.vfs.create_directory(&machine.vfs.root(), "/tmp/lib", vfs::Scope::Anywhere, 0o755).unwrap();
    machine.write(
        "/tmp/lib/index.js",
        "exports.twice = require('./twice'); exports.dir = __dirname; exports.loaded = module.loaded;",
    );
    machine.write("/tmp/lib/twice.js", "#!/bin/js\nmodule.exports = (x) => x * 2;");
    machine.write("/tmp/lib/a.js", "exports.early = 1; exports.b = require('./b').seen;");
    machine.write("/tmp/lib/b.js", "exports.seen = require('./a').early;");
    machine.write("/tmp/lib/bad.js", "let x = ;");
    machine.write(
        "/tmp/common.js",
        "const { readFileSync } = require('node:fs'); const path = require('path'); const lib = require('./lib');
         console.log(lib.twice(21), lib.dir, lib.loaded, require('./lib') === lib, require('./data.json'));
         console.log(path.join('a', '..', 'b/', './c'), path.resolve('/a', 'b', '../c'), path.basename('/x/y.txt', '.txt'), path.extname('a.b.c'));
         console.log(path.dirname('/a/b/'), path.relative('/a/b/c', '/a/d'), path.isAbsolute('x'), path.normalize('/a/./b/../../..'), path.parse('/d/f.js').name);
         console.log(path.dirname('/a'), path.dirname('a'), path.extname('.rc'), path.normalize(''), path.format({ dir: '/d', base: 'f' }));
         console.log(require('./lib/a').b, require.resolve('./lib'), require.main === module, readFileSync === fs.readFileSync);
         for (const name of ['left-pad', './none', './lib/bad', 7]) try { require(name) } catch (e) { console.log(e.name, e.code) }",
    );
    let output = "42 /tmp/lib false true [ 1, 2 ]\nb/c /a/c y .c\n/a ../../d false / f\n/ .  . /d/f\n1 /tmp/lib/index.js true true\n\
                  Error MODULE_NOT_FOUND\nError MODULE_NOT_FOUND\nSyntaxError undefined\nTypeError undefined\n";
    assert_eq!(machine.run(&["common.js"]), (0, output.into(), String::new()));
    machine.write(
        "/tmp/modern.mjs",
        "import fs, { existsSync } from 'fs'; import { readFile } from 'node:fs/promises'; import * as path from 'path'; import process from 'process';
         import { setTimeout as wait } from 'timers/promises'; import { fileURLToPath, pathToFileURL } from 'url';
         console.log(existsSync('modern.mjs'), await readFile('data.json', 'utf8'), path.basename('a/b'), process.argv.length, fs === (await import('node:fs')).default);
         console.log(await wait(1, 'late'), fileURLToPath('file:///a%20b'), String(pathToFileURL('/a b#c')));",
    );
    let output = "true [1, 2] b 2 true\nlate /a b file:///a%20b%23c\n";
    assert_eq!(machine.run(&["modern.mjs"]), (0, output.into(), String::new()));
    assert!(machine.run(&["-e", "require('./lib/bad')"]).2.contains("/tmp/lib/bad.js:1:"));
}

#[test]
fn a_file_that_waits_is_a_module() {
    let machine = Machine::new();
    machine.write("/tmp/later.js", "export default async (x) => x * 2;\nconst one = 1;\nexport { one }");
    machine.write("/tmp/none.js", "export {}");
    machine.write(
        "/tmp/main.js",
        "import twice, { one } from './later.js';\nimport './none.js';\nconsole.log(await twice(one + 20));",
    );
    assert_eq!(machine.run(&["main.js"]), (0, "42\n".into(), String::new()));
    // A script would take these for calls of a function.
    machine.write("/tmp/call.js", "const x = await (async () => 'a')();\nconsole.log(x, await ['b'][0], typeof this);");
    assert_eq!(machine.run(&["call.js"]), (0, "a b undefined\n".into(), String::new()));
    machine.write("/tmp/old.js", "var await = (x) => x + 1; console.log(await (1), typeof this);");
    assert_eq!(machine.run(&["old.js"]), (0, "2 object\n".into(), String::new()));
}

#[test]
fn shared_memory_is_waited_for() {
    let machine = Machine::new();
    let output = machine.eval(
        "const words = new Int32Array(new SharedArrayBuffer(8)); const wait = (...more) => Atomics.waitAsync(words, 0, 0, ...more).value;
         wait(5).then((how) => console.log(how)); wait(1e6).then((how) => console.log(how, Atomics.notify(words, 0)));
         setTimeout(() => Atomics.notify(words, 0), 20); Atomics.waitAsync(words, 1, 0);",
    );
    // The last one is never told: it does not keep the script.
    assert_eq!(output, "timed-out\nok 0\n");
}

#[test]
fn structured_clones_keep_what_they_hold() {
    let machine = Machine::new();
    let output = machine.eval(
        "const o = { d: new Date(5), m: new Map([[{ k: 1 }, new Set([1])]]), r: /a/gi, n: [1, , 3], b: Object(7n), u: undefined };
         o.self = o; const c = structuredClone(o);
         console.log(c.self === c, c.d.getTime(), [...c.m.keys()][0].k, c.r.flags, 1 in c.n, typeof c.b, 'u' in c, c.m !== o.m);
         const e = structuredClone(new RangeError('x', { cause: [1] })); console.log(e.name, e.message, e.cause, e instanceof RangeError);
         const bytes = new Uint8Array([1, 2, 3]).subarray(1); const view = structuredClone({ bytes, whole: bytes.buffer });
         console.log(view.bytes, view.bytes.buffer === view.whole, structuredClone(new DataView(bytes.buffer, 1)).getUint8(0));
         const moved = structuredClone(bytes.buffer, { transfer: [bytes.buffer] }); console.log(moved.byteLength, bytes.length);
         for (const bad of [() => {}, Symbol('s'), { f() {} }, new WeakMap(), Promise.resolve()]) try { structuredClone(bad) } catch (e) { console.log(e.name) }",
    );
    let expected = "true 5 1 gi false object true true\nRangeError x [ 1 ] true\nUint8Array(2) [ 2, 3 ] true 2\n3 0\n"
        .to_owned()
        + &"DataCloneError\n".repeat(5);
    assert_eq!(output, expected);
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
    // One that writes without end is stopped.
    for text in
        ["run('flood').catch((e) => console.log(e.name))", "try { runSync('flood') } catch (e) { console.log(e.name) }"]
    {
        assert_eq!(machine.run(&["--mem", "8M", "-e", text]).1, "RangeError\n", "{text}");
    }
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
fn output_that_nobody_reads_ends_the_script() {
    let machine = Machine::new();
    let (process, [output, errors]) = machine.start_piped(&["-e", "for (;;) console.log('y')"], "");
    drop(output);
    assert_eq!(process.wait_until(Instant::now() + LIMIT).expect("the script ends").code(), 0);
    assert_eq!(support::drain(&errors), "");
}
