//! What a person sees at the prompt.

#![forbid(unsafe_code)]

use yolk_tests::machine::{Booted, PROMPT, from_image};

const INTERRUPT: &str = "\x03";
const END_OF_FILE: &str = "\x04";
const ARROW_UP: &str = "\x1b[A";

#[test]
fn apps_run_by_path_and_by_name() {
    let mut machine = Booted::to_prompt(&from_image());
    assert_eq!(machine.command("run /bin/hello.wasm a b"), machine.command("hello a b"));
    let error = machine.command("no-such-program");
    assert!(error.contains("no-such-program"), "{error}");
}

#[test]
fn text_modules_run() {
    let mut machine = Booted::to_prompt(&from_image());
    let module = "(module (import \"wasi_snapshot_preview1\" \"proc_exit\" (func (param i32))) (func (export \"_start\") (call 0 (i32.const 9))))";
    machine.command(&format!("echo '{module}' > /tmp/nine.wat"));
    machine.command("run /tmp/nine.wat");
    assert_eq!(machine.command("echo $?"), "9\n");
}

#[test]
fn lines_are_quoted_edited_and_remembered() {
    let mut machine = Booted::to_prompt(&from_image());
    assert_eq!(machine.command("echo 'a  b' \"$HOME\" \\$x"), "a  b / $x\n");
    machine.console.send("echo oops\x15echo fine\r");
    machine.console.expect("\nfine\n");
    machine.console.expect(PROMPT);
    machine.console.send(&format!("{ARROW_UP}\r"));
    machine.console.expect("\nfine\n");
}

#[test]
fn the_tree_is_as_it_should_be() {
    let mut machine = Booted::to_prompt(&from_image());
    assert_eq!(machine.command("cd /etc; pwd; cat hostname; cd /"), "/etc\nyolk\n");
    let root = machine.command("ls /");
    for name in ["bin", "dev", "etc", "proc", "tmp"] {
        assert!(root.split_whitespace().any(|entry| entry.trim_end_matches('/') == name), "{name}: {root}");
    }
    assert_eq!(machine.command("echo lost > /dev/null; cat /dev/null | concat; echo $?"), "0\n");
}

#[test]
fn a_spinning_program_is_interrupted() {
    let mut machine = Booted::to_prompt(&from_image());
    machine.console.send("echo started; faults spin\r");
    machine.console.expect("\nstarted\n");
    machine.console.send(INTERRUPT);
    machine.console.expect(PROMPT);
    assert_eq!(machine.command("echo [$?]"), "[130]\n");
}

#[test]
fn a_reading_program_gets_lines_and_the_end_of_file() {
    let mut machine = Booted::to_prompt(&from_image());
    machine.console.send("wordcount\r");
    machine.console.expect("\n");
    machine.console.send(&format!("one two\rthree\r{END_OF_FILE}"));
    let counts = machine.console.expect(PROMPT);
    assert!(counts.lines().any(|line| line.split_whitespace().collect::<Vec<_>>() == ["2", "3", "14"]), "{counts}");
}

#[test]
fn programs_run_side_by_side_and_are_killed() {
    let mut machine = Booted::to_prompt(&from_image());
    machine.command("faults spin &");
    machine.command("faults sleep &");
    let list = machine.command("ps");
    let spinning = list.lines().find(|line| line.contains("faults.wasm spin")).unwrap_or_else(|| panic!("{list}"));
    let number = spinning.split_whitespace().next().expect("a number");
    assert_eq!(machine.command("hello beside"), "Hello, beside!\n");
    machine.command(&format!("kill {number}; wait %1"));
    let list = machine.command("ps");
    assert!(!list.contains("faults.wasm spin") && list.contains("faults.wasm sleep"), "{list}");
}

#[test]
fn the_console_outlives_its_shell() {
    let mut machine = Booted::to_prompt(&from_image());
    machine.console.send("exit\r");
    machine.console.expect(PROMPT);
    machine.console.send(END_OF_FILE);
    machine.console.expect(PROMPT);
    assert_eq!(machine.command("echo again"), "again\n");
}
