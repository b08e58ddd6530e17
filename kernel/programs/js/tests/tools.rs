//! The tools of `/usr/share/js`: they are real, and what docs/JS.md shows of them is true.

mod support;

use std::path::Path;
use support::{Machine, copy_in};

/// A machine that has them in `/tmp`.
fn machine() -> Machine {
    let machine = Machine::new();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../boot/root/usr/share/js");
    for entry in std::fs::read_dir(folder).expect("a folder of tools") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        copy_in(&machine, &path, &format!("/tmp/{name}"));
    }
    machine
}

#[test]
fn pick_reads_transforms_and_writes() {
    let machine = machine();
    machine.write("/tmp/net.json", r#"{ "hosts": [{ "name": "a", "up": true }, { "name": "b", "up": false }] }"#);
    machine.write("/tmp/app.json", r#"{ "port": 80, "log": [] }"#);
    let names = "it.hosts.filter((host) => host.up).map((host) => host.name)";
    assert_eq!(machine.run(&["pick.js", names, "net.json"]), (0, "[\n  \"a\"\n]\n".into(), String::new()));
    assert_eq!(machine.run(&["pick.js", "it.hosts[1].name", "net.json"]).1, "b\n");
    assert_eq!(machine.run_with_input(&["pick.js", "it.length // how many"], "[1, 2]").1, "2\n");
    let changed = machine.run(&["pick.js", "-w", "({ ...it, port: 8080 })", "app.json", "none.json"]);
    assert_eq!((changed.0, changed.1.as_str()), (1, ""));
    assert_eq!(changed.2, "pick: none.json: ENOENT: no such file or directory, open 'none.json'\n");
    assert_eq!(machine.read("/tmp/app.json"), "{\n  \"port\": 8080,\n  \"log\": []\n}\n");
    // What fails leaves the file as it was.
    let failed = machine.run(&["pick.js", "-w", "it.none.x", "app.json"]);
    assert!(failed.0 == 1 && failed.2.starts_with("pick: app.json: "), "{failed:?}");
    assert!(machine.read("/tmp/app.json").contains("8080"));
    assert_eq!(machine.run(&["pick.js"]).0, 2);
}

#[test]
fn csv_knows_quotes_empty_cells_and_line_breaks() {
    let machine = machine();
    let rows = |input: &str| {
        let (status, output, errors) = machine.run_with_input(&["csv.js"], input);
        assert_eq!((status, errors.as_str()), (0, ""), "{input}");
        output.split_whitespace().collect::<String>()
    };
    assert_eq!(rows("a,b\n1,x\n"), r#"[{"a":1,"b":"x"}]"#);
    assert_eq!(rows("a,b,c\r\n,2,\r\n\r\n"), r#"[{"a":"","b":2,"c":""}]"#);
    assert_eq!(rows("a\n\"x,\"\"y\"\"\n\"\n"), r#"[{"a":"x,\"y\"\n"}]"#);
    assert_eq!(rows("a\n1,2\n"), r#"[{"a":1,"column2":2}]"#);
    machine.write("/tmp/t.csv", "n\n7");
    assert!(machine.run(&["csv.js", "t.csv"]).1.contains("\"n\": 7"));
    assert_eq!(machine.run(&["csv.js"]).0, 1);
}

#[test]
fn du_and_hello_say_what_they_should() {
    let machine = machine();
    machine.vfs.create_directory(&machine.vfs.root(), "/home/d", vfs::Scope::Anywhere, 0o755).expect("a folder");
    machine.write("/home/d/large", &"x".repeat(3000));
    machine.write("/home/small", "x");
    let expected = "   2.9 KiB d/large\n       1 B small\n   2.9 KiB in 2 files\n";
    assert_eq!(machine.run(&["du.js", "/home"]), (0, expected.into(), String::new()));
    assert_eq!(machine.run(&["hello.js", "you"]).1, "Hello, you!\n");
}

#[test]
fn watch_runs_a_program_again() {
    let machine = machine();
    let (process, [output, _errors]) = machine.start_piped(&["watch.js", "0.01", "copy", "w"], "");
    let mut seen = String::new();
    let mut buf = [0; 4096];
    while seen.matches("every 0.01 s: copy w (status 3)").count() < 2 {
        let count = output.read(&mut buf).expect("it goes on");
        assert!(count > 0, "{seen}");
        seen.push_str(&String::from_utf8_lossy(&buf[..count]));
    }
    process.kill(process::KillReason::Interrupt);
    assert_eq!(process.wait().expect("it ends").code(), 130);
}
