//! JavaScript on Yolk: the sample of scripts prints what it prints on the host, limits hold, and a script that is stopped or
//! fails takes nothing along.

#![forbid(unsafe_code)]

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Instant;

use yolk::qemu::project_folder;
use yolk_tests::LIMIT;
use yolk_tests::command::{run, yolk};
use yolk_tests::machine::{Booted, from_image};

const INTERRUPT: &str = "\x03";
/// What stands between the outputs of two scripts.
const MARK: &str = "=====";

fn samples() -> PathBuf {
    project_folder().join("tests/js")
}

fn scripts(folder: &Path) -> Vec<String> {
    let names = fs::read_dir(folder).expect("a folder of scripts").map(|entry| entry.expect("an entry").file_name());
    let names = names.map(|name| name.into_string().expect("a name in UTF-8"));
    let mut names: Vec<String> = names.filter(|name| name.ends_with(".js") || name.ends_with(".mjs")).collect();
    names.sort();
    names
}

#[test]
fn the_sample_prints_what_it_prints_on_the_host() {
    let folder = samples();
    let scripts = scripts(&folder);
    let guest = format!("{}::/sample", folder.display());
    let lines: Vec<String> = scripts.iter().map(|name| format!("js {name}; echo {MARK} $?")).collect();
    let script = format!("cd /sample; {}", lines.join("; "));
    let run = run(&mut yolk("sh", ["--dir", &guest, "-c", &script]), b"");
    let text = run.text();
    let end = format!("{MARK} 0\n");
    let mut outputs = text.split(end.as_str());
    for name in &scripts {
        let expected = fs::read_to_string(folder.join(name).with_extension("out")).expect("an expected output");
        let output = outputs.next().unwrap_or_default();
        assert!(output == expected, "{name}:\n{output}\n{}", run.error_text());
    }
}

#[test]
fn scripts_and_sessions_at_the_console() {
    let mut machine = Booted::to_prompt(&from_image());
    assert_eq!(machine.command("js -p '[1, 2].map((x) => x * 21)'"), "[ 21, 42 ]\n");
    assert_eq!(machine.command("echo 'console.log(process.argv.length)' > /bin/words.js; words a b"), "4\n");
    assert_eq!(machine.command("js /usr/share/js/hello.js Yolk"), "Hello, Yolk!\n");
    let picked = machine.command(
        "echo '{\"a\": [1, 2]}' > /tmp/a.json; js /usr/share/js/pick.js -w 'it.a' /tmp/a.json; cat /tmp/a.json",
    );
    assert!(picked.ends_with("\n[\n  1,\n  2\n]\n"), "{picked}");
    assert_eq!(machine.command("js -p 'sys.out8(0x70, 0); typeof sys.in8(0x71)' | cat"), "'number'\n");
    assert_eq!(machine.command("js -p 'runSync(\"uname\").stdout.trim()' | cat"), "'Yolk'\n");
    let before = free(&mut machine);
    for (script, says) in [
        // Memory: caught where it can be, and never the kernel's.
        ("try { 'x'.repeat(2 ** 27).split('').length } catch (e) { console.log(e.name) }", ""),
        (
            "const a = []; try { for (;;) a.push(new Uint8Array(1e5)) } catch (e) { a.length = 0; console.log(e.name) }",
            "RangeError",
        ),
        (
            "let m = new Map(); try { for (let i = 0; ; i++) m.set(i, `key ${i}`.repeat(100)) } catch (e) { m = 0; console.log(e.name) }",
            "RangeError",
        ),
        ("let s = 'x'; try { for (;;) s += s } catch (e) { console.log(e.name) }", ""),
        ("for (let i = 0; i < 3000; i++) new Uint8Array(1e5); console.log('garbage')", "garbage"),
        // The stack: errors, not an overflow.
        ("let f = () => f() + 1; try { f() } catch (e) { console.log(e.name) }", "RangeError"),
        ("try { eval('['.repeat(1e5)) } catch (e) { console.log(e.name) }", "SyntaxError"),
        ("try { eval('1' + '+1'.repeat(1e6)) } catch (e) { console.log(e.name) }", "SyntaxError"),
        ("try { JSON.parse('['.repeat(1e5)) } catch (e) { console.log(e.name) }", "SyntaxError"),
        (
            "let a = []; for (let i = 0; i < 1e5; i++) a = [a]; try { String(a) } catch (e) { console.log(e.name) }",
            "RangeError",
        ),
    ] {
        let said = machine.command(&format!("js --mem 32M -e {}", quoted(script)));
        assert!(said.contains(says), "{script}: {said}");
        assert!(!said.contains("overflow") && !said.contains("panic"), "{script}: {said}");
    }
    // ^C stops what spins, wherever.
    for script in [
        "for (;;);",
        "/^(a+)+$/.test(\"a\".repeat(60) + \"b\")",
        "[3, 2, 1].sort(() => { for (;;); })",
        "setInterval(() => {}, 1e6)",
        "runSync(\"sleep\", [\"1000\"])",
    ] {
        machine.console.send(&format!("js -e 'console.log(\"spin\" + \"s\"); {script}'\r"));
        machine.console.expect("\nspins");
        machine.console.send(INTERRUPT);
        machine.console.expect("[130]$ ");
    }
    memory_is_back(&mut machine, before);
    // What nobody wakes any more is not kept.
    let script = "Atomics.waitAsync(new Int32Array(new SharedArrayBuffer(3e7)), 0, 0); process.exit()";
    for _ in 0..3 {
        machine.command(&format!("js -e {}", quoted(script)));
    }
    memory_is_back(&mut machine, before);
    // Files are the machine's, not the script's: neither what is written nor what is removed counts.
    let script = "const m = new Uint8Array(1e6); for (let i = 0; i < 30; i++) fs.writeFileSync(`/tmp/m${i}`, m);
                  for (let i = 0; i < 30; i++) fs.rmSync(`/tmp/m${i}`); console.log(process.memoryUsage().rss < 16e6)";
    let said = machine.command(&format!("js --mem 8M -e {}", quoted(&script.replace('\n', " "))));
    assert!(said.ends_with("\ntrue\n"), "{said}");
    machine.console.send("js\r");
    machine.console.expect("\n> ");
    machine.console.send("Math.max(6, 7)\r");
    machine.console.expect("\n7");
    machine.console.expect("\n> ");
    machine.console.send("for (;;);\r");
    machine.console.expect("for (;;);\n");
    machine.console.send(INTERRUPT);
    machine.console.expect("stopped\n> ");
    machine.console.send("process.exit(4)\r");
    machine.console.expect("[4]$ ");
    fetch_over_loopback(&mut machine);
}

/// Free memory in MiB.
fn free(machine: &mut Booted) -> i64 {
    machine.command("js -p 'sys.meminfo().free >> 20' | cat").trim().parse().expect("MiB")
}

/// What was interrupted may still be on its way out, with all that it has, when the shell goes on.
fn memory_is_back(machine: &mut Booted, before: i64) {
    let deadline = Instant::now() + LIMIT;
    loop {
        let after = free(machine);
        if after >= before - 2 {
            return;
        }
        assert!(Instant::now() < deadline, "{before} MiB were free, {after} MiB are");
    }
}

/// `fetch` against the machine's own server.
fn fetch_over_loopback(machine: &mut Booted) {
    machine.command("mkdir /tmp/site; echo '{\"a\": [1, 2]}' > /tmp/site/a.json; httpd --root /tmp/site --token secret > /dev/null 2>&1 &");
    let wait = "for (let i = 0; ; i++) { try { await fetch(at); break } catch (e) { if (i > 200) throw e; \
                await new Promise((done) => setTimeout(done, 50)) } }";
    let script = format!(
        "const at = \"http://localhost/a.json\"; {wait}
         const r = await fetch(at); console.log(r.status, r.headers.get(\"content-type\"), (await r.json()).a[1]);
         console.log((await fetch(at + 1)).status, http.Get(at).length);
         const headers = {{ authorization: \"Bearer secret\" }}; const body = new Uint8Array(3e5).fill(65);
         console.log((await fetch(\"http://localhost/b.bin\", {{ method: \"PUT\", headers, body }})).ok);
         const all = await Promise.all([1, 2, 3, 4].map(async () => (await (await fetch(\"http://127.0.0.1/b.bin\")).bytes()).length));
         console.log(all.join()); export {{}};
         for (const bad of [\"http://no-such-host.invalid/\", \"http://127.0.0.1:9/\", \"https://localhost/\", \"http:\"]) {{
           try {{ await fetch(bad); console.log(\"fine\") }} catch (e) {{ console.log(e.name) }}
         }}"
    );
    let said = machine.command(&format!("echo {} > /tmp/f.mjs; js /tmp/f.mjs", quoted(&script.replace('\n', " "))));
    let expected = "200 application/json 2\n404 14\ntrue\n300000,300000,300000,300000\nTypeError\nTypeError\nTypeError\nTypeError\n";
    assert!(said.ends_with(expected), "{said}");
    // What a request has sent and got is not charged to the script for ever, nor counted as freed.
    let script = "const headers = { authorization: \"Bearer secret\" }; const body = new Uint8Array(5e5).fill(65);
         for (let i = 0; i < 40; i++) if (!(await fetch(\"http://localhost/b.bin\", { method: \"PUT\", headers, body })).ok) throw i;
         const used = process.memoryUsage().rss; let sum = 0;
         for (let i = 0; i < 10; i++) sum += (await (await fetch(\"http://localhost/b.bin\")).bytes()).length;
         console.log(sum, used > 5e5 && used < 8e6, process.memoryUsage().rss > 5e5);";
    let said = machine.command(&format!("js --mem 8M -e {}", quoted(&script.replace('\n', " "))));
    assert!(said.ends_with("\n5000000 true true\n"), "{said}");
    // A server that says nothing: ^C ends the wait.
    machine.command("nc -l 7000 > /dev/null &");
    for wait in ["await fetch(at)", "http.Get(at)"] {
        let script = format!(
            "const at = \"http://127.0.0.1:7000/\"; setTimeout(() => 0, 1); console.log(\"spin\" + \"s\"); {wait}"
        );
        machine.console.send(&format!("js -e '{script}'\r"));
        machine.console.expect("\nspins");
        machine.console.send(INTERRUPT);
        machine.console.expect("[130]$ ");
    }
}

/// `text` as one word of the shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}
