//! With OpenSSH's `ssh`: who gets in, and who does not.

use crate::agent::Agent;
use crate::support::{HOST, PASSWORD, Server, run, text};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

fn hash(password: &str, passes: u32) -> String {
    let mut sshd = Command::new(env!("CARGO_BIN_EXE_sshd"));
    sshd.args(["--hash-password", "--passes", &passes.to_string()]);
    let mut sshd = sshd.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("sshd runs");
    writeln!(sshd.stdin.take().expect("input"), "{password}").expect("write");
    text(&sshd.wait_with_output().expect("sshd ends").stdout)
}

fn allow_password(folder: &Path) {
    fs::write(folder.join("password"), hash(PASSWORD, 1)).expect("write");
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

/// Dear enough for another client to come and go meanwhile.
#[test]
fn a_password_that_is_being_checked_keeps_nobody_waiting() {
    let folder = Server::folder("check");
    fs::write(folder.join("password"), hash(PASSWORD, 20)).expect("write");
    fs::copy(folder.join("id.pub"), folder.join("authorized_keys")).expect("copy");
    let server = Server::start_in(folder, &[]);
    let mut checked = server.ssh_with_password(PASSWORD);
    let mut checked = checked.arg("-v").args([HOST, "echo in"]).stderr(Stdio::piped()).spawn().expect("ssh runs");
    let mut said = BufReader::new(checked.stderr.take().expect("standard error")).lines().map_while(Result::ok);
    assert!(said.any(|line| line.contains("Next authentication method: password")));
    assert_enters(&run(server.ssh(), "echo in"));
    assert!(matches!(checked.try_wait(), Ok(None)), "the password was checked first");
    assert!(said.any(|line| line.contains("Authenticated to")));
    assert!(checked.wait().expect("ssh ends").success());
}

/// Bounds from below, which a slow machine cannot break.
#[test]
fn every_kind_of_failure_costs_time() {
    const HALF_A_SECOND: Duration = Duration::from_millis(500);
    let server = Server::start("failures", &[]);
    let agent = Agent::start(&server.folder, "id");
    let start = Instant::now();
    let mut ssh = server.ssh_with("id.pub");
    ssh.env("SSH_AUTH_SOCK", agent.socket());
    assert_refused(&run(ssh, "echo in"));
    assert!(agent.has_signed() && start.elapsed() >= HALF_A_SECOND, "a wrong signature");
    let start = Instant::now();
    let key = server.folder.join("unknown");
    let made = Command::new("ssh-keygen").args(["-q", "-N", "", "-t", "ecdsa", "-b", "521", "-f"]).arg(key).status();
    assert!(made.expect("ssh-keygen runs").success());
    assert_refused(&run(server.ssh_with("unknown"), "echo in"));
    assert!(start.elapsed() >= HALF_A_SECOND, "a key of an unknown kind");
    assert_enters(&run(server.ssh(), "echo in"));
}

#[test]
fn rsa_keys_open_if_they_are_strong_enough() {
    let folder = Server::folder("rsa");
    let mut lines = String::new();
    for (name, bits) in [("good", "3072"), ("weak", "1024")] {
        let mut make = Command::new("ssh-keygen");
        make.args(["-q", "-N", "", "-t", "rsa", "-b", bits, "-f"]).arg(folder.join(name));
        assert!(make.status().expect("ssh-keygen runs").success());
        lines += &fs::read_to_string(folder.join(name).with_extension("pub")).expect("a public key");
    }
    fs::write(folder.join("authorized_keys"), lines).expect("write");
    let server = Server::start_in(folder, &[]);
    assert_enters(&run(server.ssh_with("good"), "echo in"));
    let mut weak = server.ssh_with("weak");
    weak.args(["-o", "RequiredRSASize=1024"]);
    assert_refused(&run(weak, "echo in"));
    // Only SHA-2 signs.
    let mut old = server.ssh_with("good");
    old.args(["-o", "PubkeyAcceptedAlgorithms=ssh-rsa"]);
    assert_refused(&run(old, "echo in"));
}

#[test]
fn the_kernels_command_line_opens_too() {
    let folder = Server::folder("command-line");
    let key = fs::read_to_string(folder.join("other.pub")).expect("key");
    let encoded = key.split(' ').nth(1).expect("three words");
    let line = format!("quiet sshd.key={encoded} sshd.password={}", hash(PASSWORD, 1));
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
