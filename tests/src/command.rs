//! Runs the host command `yolk`, and takes what it prints.

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::thread;

use crate::LIMIT;

/// What a run left behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// The exit status.
    pub status: i32,
    /// Standard output.
    pub output: Vec<u8>,
    /// Standard error.
    pub error: Vec<u8>,
}

impl Run {
    /// Standard output as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.output).into_owned()
    }

    /// Standard error as text.
    pub fn error_text(&self) -> String {
        String::from_utf8_lossy(&self.error).into_owned()
    }
}

/// The command's program, built when the first test asks.
pub fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let mut build = Command::new(env!("CARGO"));
        build.args(["build", "--quiet", "--release", "--package", "yolk"]).current_dir(yolk::qemu::project_folder());
        assert!(build.status().expect("cargo runs").success(), "the host command does not build");
        // A test's own program is at TARGET/PROFILE/deps/NAME.
        let own = std::env::current_exe().expect("a test knows its program");
        own.ancestors().nth(3).expect("a test lies in a target folder").join("release/yolk")
    })
}

/// The command with these arguments and a limit of its own.
pub fn yolk<I: IntoIterator<Item: AsRef<OsStr>>>(action: &str, arguments: I) -> Command {
    let mut command = Command::new(program());
    command.arg(action).arg("--timeout").arg(LIMIT.as_secs().to_string()).args(arguments);
    command
}

/// Runs a command to its end, with this input.
pub fn run(command: &mut Command, input: &[u8]) -> Run {
    let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().expect("the command starts");
    let mut stdin = child.stdin.take().expect("the input is a pipe");
    let input = input.to_vec();
    // A program may end without reading its input.
    let writer = thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().expect("the command ends");
    writer.join().expect("the writer ends");
    Run { status: output.status.code().unwrap_or(-1), output: output.stdout, error: output.stderr }
}

/// Runs one of the project's apps, as `yolk run APP ARGUMENTS`.
pub fn app(name: &str, arguments: &[&str], input: &[u8]) -> Run {
    let path = app_path(name);
    run(yolk("run", [path.as_os_str()]).args(arguments), input)
}

/// Runs a line of the shell, as `yolk sh -c LINE`.
pub fn line(text: &str) -> Run {
    run(&mut yolk("sh", ["-c", text]), b"")
}

/// Where `make apps` leaves an app.
pub fn app_path(name: &str) -> PathBuf {
    yolk::qemu::project_folder().join(format!("apps-wasm/target/wasm32-wasip1/release/{name}.wasm"))
}
