//! With OpenSSH's `ssh`: who gets in, and who does not.

use crate::support::{PASSWORD, Server, run, text};
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

fn hash(password: &str) -> String {
    let mut sshd = Command::new(env!("CARGO_BIN_EXE_sshd"));
    let mut sshd = sshd.arg("--hash-password").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("sshd runs");
    writeln!(sshd.stdin.take().expect("input"), "{password}").expect("write");
    text(&sshd.wait_with_output().expect("sshd ends").stdout)
}

fn allow_password(folder: &Path) {
    fs::write(folder.join("password"), hash(PASSWORD)).expect("write");
}

#[track_caller]
fn assert_enters(output: &Output) {
    assert_eq!((text(&output.stdout).as_str(), output.status.code()), ("in\n", Some(0)), "{}", text(&output.stderr));
}

#[track_caller]
fn assert_refused(output: &Output) {
    assert_eq!((text(&output.stdout).as_str(), output.status.code()), ("", Some(255)));
    assert!(text(&output.stderr).contains("Permission denied"), "{}", text(&output.stderr));
}

#[test]
fn without_a_key_and_a_password_nobody_enters() {
    let server = Server::start_in(Server::folder("nobody"), &[]);
    assert_refused(&run(server.ssh(), "echo in"));
    assert_refused(&run(server.ssh_with_password(""), "echo in"));
    assert_refused(&run(server.ssh_with_password(PASSWORD), "echo in"));
}

#[test]
fn keys_open_for_the_user_alone() {
    let server = Server::start("keys", &[]);
    assert_enters(&run(server.ssh(), "echo in"));
    assert_refused(&run(server.ssh_with("other"), "echo in"));
    for user in ["admin", "", "rooT"] {
        let mut ssh = server.ssh();
        ssh.args(["-l", user]);
        assert_refused(&ssh.args(["127.0.0.1", "echo in"]).output().expect("ssh runs"));
    }
    let mut ssh = server.ssh();
    ssh.args(["-o", "PreferredAuthentications=none"]);
    assert_refused(&run(ssh, "echo in"));
}

#[test]
fn a_new_key_counts_at_once() {
    let server = Server::start("new", &[]);
    fs::copy(server.folder.join("other.pub"), server.folder.join("authorized_keys")).expect("copy");
    assert_enters(&run(server.ssh_with("other"), "echo in"));
    assert_refused(&run(server.ssh(), "echo in"));
}

#[test]
fn a_password_opens_and_others_cost_time() {
    let folder = Server::folder("password");
    allow_password(&folder);
    let server = Server::start_in(folder, &[]);
    assert_enters(&run(server.ssh_with_password(PASSWORD), "echo in"));
    let start = Instant::now();
    for wrong in ["", "open sesam"] {
        assert_refused(&run(server.ssh_with_password(wrong), "echo in"));
    }
    // A bound from below, which a slow machine cannot break: a second for the first, two for the next.
    assert!(start.elapsed() >= Duration::from_secs(3));
    let mut ssh = server.ssh_with_password(PASSWORD);
    ssh.args(["-l", "admin", "127.0.0.1", "echo in"]);
    assert_refused(&ssh.output().expect("ssh runs"));
    assert_enters(&run(server.ssh_with_password(PASSWORD), "echo in"));
}

#[test]
fn the_kernels_command_line_opens_too() {
    let folder = Server::folder("command-line");
    let key = fs::read_to_string(folder.join("other.pub")).expect("key");
    let encoded = key.split(' ').nth(1).expect("three words");
    let line = format!("quiet sshd.key={encoded} sshd.password={}", hash(PASSWORD));
    fs::write(folder.join("cmdline"), line).expect("write");
    let file = folder.join("cmdline");
    let server = Server::start_in(folder, &["--boot-options", file.to_str().expect("text")]);
    assert_enters(&run(server.ssh_with("other"), "echo in"));
    assert_enters(&run(server.ssh_with_password(PASSWORD), "echo in"));
    assert_refused(&run(server.ssh(), "echo in"));
}

#[test]
fn the_host_key_stays() {
    let server = Server::start("host-key", &[]);
    assert_enters(&run(server.ssh(), "echo in"));
    let known = fs::read_to_string(server.folder.join("known_hosts")).expect("known hosts");
    let key = fs::read(server.folder.join("host_ed25519_key")).expect("host key");
    // The same key to a second server.
    let folder = Server::folder("host-key-again");
    fs::write(folder.join("host_ed25519_key"), key).expect("write");
    fs::copy(folder.join("id.pub"), folder.join("authorized_keys")).expect("copy");
    let again = Server::start_in(folder, &[]);
    assert_enters(&run(again.ssh(), "echo in"));
    let known_again = fs::read_to_string(again.folder.join("known_hosts")).expect("known hosts");
    let keys = |known: &str| known.split_once(' ').map(|(_, key)| key.to_owned());
    assert_eq!(keys(&known), keys(&known_again));
}
