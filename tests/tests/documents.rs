//! What the README and the guides show is what happens: their commands run, their sessions are typed.
//!
//! In a block `sh` or `console` a line after `$ ` is typed, one after `> ` continues it, what follows is the answer, and
//! `...` stands for answers that vary. A block `sh KIND` is for one way of building: `rustup` or `debian`.

#![forbid(unsafe_code)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use yolk::qemu::project_folder;
use yolk_tests::machine::{Booted, PROMPT, from_image};

/// What the session of the README is typed at.
const SESSION_PROMPT: &str = "yolk:/";

/// A command of a document and the lines that it is said to answer.
#[derive(Default)]
struct Step {
    command: String,
    answer: Vec<String>,
}

#[test]
fn the_session_of_the_readme_happens() {
    let readme = document("README.md");
    let session = blocks(&readme).into_iter().find(|(_, body)| body.contains(SESSION_PROMPT)).expect("a session").1;
    let mut machine = Booted::to_prompt(&from_image());
    let greeting = session.lines().next().expect("a greeting");
    assert!(machine.console.text().contains(greeting), "{}", machine.console.text());
    for step in session_steps(session) {
        if step.command == "poweroff" {
            machine.console.send("poweroff\r");
            machine.verdict();
            return;
        }
        assert_eq!(shape(&typed(&mut machine, &step)), shape(&step.answer.join("\n")), "{}", step.command);
    }
    panic!("the session does not end with poweroff");
}

#[test]
fn the_commands_of_the_readme_succeed() {
    let readme = document("README.md");
    let shell_blocks = blocks(&readme).into_iter().filter(|(kind, _)| *kind == "sh");
    let commands =
        shell_blocks.flat_map(|(_, body)| body.lines()).map(|line| line.split(" # ").next().unwrap_or(line).trim());
    let mut ran = 0;
    for command in commands {
        match command.strip_prefix("make ") {
            // These run this test, or end when somebody leaves; that they are there is what can be said.
            Some(target) => shell(&format!("make help | grep -q '^{} '", target.trim()), Path::new("/tmp")),
            None => shell(command, Path::new("/tmp")),
        };
        ran += 1;
    }
    assert!(ran >= 4, "{ran} commands in the README");
}

#[test]
fn the_guide_to_apps_holds() {
    let guide = document("docs/APPS.md");
    let folder = tempfile::tempdir().expect("a folder");
    let _app_in_the_image = Removed(project_folder().join("boot/root/bin"));
    let road = if toolchain_builds_std() { "sh debian" } else { "sh rustup" };
    let mut ran = 0;
    for (_, body) in blocks(&guide).into_iter().filter(|(kind, _)| *kind == "sh" || *kind == road) {
        for step in steps(body) {
            let answer = shell(&step.command, folder.path());
            let expected: String = step.answer.iter().map(|line| format!("{line}\n")).collect();
            assert!(expected == "...\n" || answer == expected, "{}:\n{answer}", step.command);
            ran += 1;
        }
    }
    assert!(ran >= 15, "{ran} commands in the guide");
    shell("make image", folder.path());
}

/// Removes a folder that the guide makes in the source tree, also when a step fails.
struct Removed(PathBuf);

impl Drop for Removed {
    fn drop(&mut self) {
        let _ = fs::remove_file(self.0.join("shout.wasm"));
        // A folder in which somebody keeps more stays.
        let _ = fs::remove_dir(&self.0);
    }
}

fn document(name: &str) -> String {
    fs::read_to_string(project_folder().join(name)).expect("the document is there")
}

/// The fenced blocks of a document: what stands behind the fence, and the content.
fn blocks(document: &str) -> Vec<(&str, &str)> {
    let parts: Vec<&str> = document.split("```").collect();
    parts.iter().skip(1).step_by(2).filter_map(|block| block.split_once('\n')).collect()
}

fn steps(block: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for line in block.lines() {
        if let Some(command) = line.strip_prefix("$ ") {
            steps.push(Step { command: command.to_owned(), answer: Vec::new() });
        } else if let Some(last) = steps.last_mut() {
            match line.strip_prefix('>') {
                Some(more) => {
                    last.command.push('\n');
                    last.command.push_str(more.strip_prefix(' ').unwrap_or(more));
                }
                None => last.answer.push(line.to_owned()),
            }
        }
    }
    steps
}

fn session_steps(session: &str) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    for line in session.lines() {
        match line.strip_prefix(SESSION_PROMPT).and_then(|rest| rest.split_once(PROMPT)) {
            Some((_, command)) => steps.push(Step { command: command.to_owned(), answer: Vec::new() }),
            None => {
                if let Some(last) = steps.last_mut() {
                    last.answer.push(line.to_owned());
                }
            }
        }
    }
    steps
}

/// Types a step, and ^C where its answer shows one.
fn typed(machine: &mut Booted, step: &Step) -> String {
    if step.answer.first().is_some_and(|line| line == "^C") {
        machine.console.send(&format!("{}\r", step.command));
        machine.console.expect("\n");
        machine.console.send("\x03");
        let said = machine.console.expect(PROMPT);
        return said.rsplit_once('\n').map_or(String::new(), |(lines, _)| lines.to_owned());
    }
    machine.command(&step.command)
}

/// What is compared of an answer: words, with all numbers alike.
fn shape(answer: &str) -> Vec<String> {
    let number = |word: &str| word.starts_with(|first: char| first.is_ascii_digit());
    answer.split_whitespace().map(|word| if number(word) { "0".to_owned() } else { word.to_owned() }).collect()
}

/// Runs a command line in the project's folder, with `temporary` for `/tmp`; returns what it says.
fn shell(line: &str, temporary: &Path) -> String {
    let line = line.replace("/tmp/", &format!("{}/", temporary.display()));
    let mut command = Command::new("sh");
    command.args(["-c", &line]).current_dir(project_folder());
    // Of the cargo that runs the tests: they would mislead the one that is called here.
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("CARGO_PKG_") || name.starts_with("MAKE")) {
        command.env_remove(name);
    }
    let output = command.output().expect("a shell");
    assert!(output.status.success(), "{line}: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Whether apps are built with their standard library, as Debian's packages need it.
fn toolchain_builds_std() -> bool {
    fs::read_to_string(project_folder().join("build/toolchain.mk")).is_ok_and(|text| text.contains("WASM_STD :="))
}
