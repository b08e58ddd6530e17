//! What a person sees at the prompt.

#![forbid(unsafe_code)]

use std::fs::File;
use std::process::Command;

use rustix::fs::{Mode, OFlags, open};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::tcgetattr;
use yolk_tests::command;
use yolk_tests::machine::{Booted, PROMPT, from_image};
use yolk_tests::transcript::Transcript;

const INTERRUPT: &str = "\x03";
const END_OF_FILE: &str = "\x04";
const ARROW_UP: &str = "\x1b[A";
/// Stops the machine: the only key that the host command keeps.
const STOP: &str = "\x1d";

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
    assert_eq!(machine.command("for i in 1 2; do if [ $i = 2 ]; then echo $i; fi; done"), "2\n");
    // As deep as scripts may be in each other: the stack is large enough.
    let error = machine.command("echo '. /tmp/again' > /tmp/again; . /tmp/again");
    assert_eq!(error, "commands and scripts are nested more than 100 deep\n");
    machine.command("true");
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

/// Says that it runs, then computes for ever.
const SPINNING: &str = concat!(
    "(module (import \"wasi_snapshot_preview1\" \"fd_write\" (func (param i32 i32 i32 i32) (result i32))) ",
    "(memory (export \"memory\") 1) (data (i32.const 0) \"\\08\\00\\00\\00\\07\\00\\00\\00running\") ",
    "(func (export \"_start\") (drop (call 0 (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16))) (loop (br 0))))"
);

#[test]
fn a_spinning_program_is_interrupted() {
    let mut machine = Booted::to_prompt(&from_image());
    machine.command(&format!("echo '{SPINNING}' > /tmp/spin.wat"));
    machine.console.send("run /tmp/spin.wat\r");
    machine.console.expect("\nrunning");
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

#[test]
fn the_host_command_shows_the_console_and_restores_the_terminal() {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
    grantpt(&master).and_then(|()| unlockpt(&master)).expect("its other end");
    let name = ptsname(&master, Vec::new()).expect("its name");
    let terminal = File::from(open(name, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).expect("opened"));
    let modes = || tcgetattr(&terminal).map(|modes| (modes.local_modes, modes.input_modes)).expect("a terminal");
    let before = modes();
    let end = || terminal.try_clone().expect("another handle");
    let mut command = Command::new(command::program());
    let mut child = command.arg("sh").stdin(end()).stdout(end()).stderr(end()).spawn().expect("it starts");

    let output = File::from(master.try_clone().expect("another handle"));
    let mut console = Transcript::new(output, File::from(master));
    console.expect(PROMPT);
    assert_ne!(modes(), before, "a key would be echoed twice");
    console.send("cat\r");
    console.expect("\n");
    console.send("line\r");
    console.expect("line\nline\n");
    console.send(INTERRUPT);
    console.expect(PROMPT);
    console.send(STOP);
    assert_eq!(child.wait().expect("it ends").code(), Some(0));
    assert_eq!(modes(), before);
}
