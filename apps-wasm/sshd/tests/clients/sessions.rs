//! With OpenSSH's `ssh`: sessions.

use crate::support::{HOST, Server, run, text};
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Command, Stdio};
use std::time::Duration;

#[test]
fn a_command_has_its_streams_and_its_status() {
    let server = Server::start("command", &[]);
    let mut ssh = server.ssh();
    ssh.args([HOST, "cat; echo bad >&2; exit 7"]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut ssh = ssh.spawn().expect("ssh runs");
    ssh.stdin.take().expect("input").write_all(b"some input\n").expect("write");
    let output = ssh.wait_with_output().expect("ssh ends");
    assert_eq!((text(&output.stdout).as_str(), text(&output.stderr).as_str()), ("some input\n", "bad\n"));
    assert_eq!(output.status.code(), Some(7));
    assert_eq!(run(server.ssh(), "kill -9 $$").status.code(), Some(137));
    assert_eq!(run(server.ssh(), "").status.code(), Some(0), "an empty command is none");
}

#[test]
fn variables_that_a_user_misses_arrive() {
    let server = Server::start("variables", &[]);
    let mut ssh = server.ssh();
    ssh.args(["-o", "SetEnv=LANG=de_DE.UTF-8 LC_TIME=C LD_PRELOAD=/x"]);
    let output = run(ssh, "echo $LANG $LC_TIME $USER $LD_PRELOAD");
    assert_eq!(text(&output.stdout), "de_DE.UTF-8 C root\n");
}

#[test]
fn three_sessions_at_once() {
    let server = Server::start("three", &[]);
    let mut clients: Vec<_> = (0..3)
        .map(|_| {
            let mut ssh = server.ssh();
            ssh.args([HOST, "echo ready; cat"]).stdin(Stdio::piped()).stdout(Stdio::piped());
            let mut ssh = ssh.spawn().expect("ssh runs");
            let mut output = BufReader::new(ssh.stdout.take().expect("output"));
            let mut line = String::new();
            output.read_line(&mut line).expect("a line");
            assert_eq!(line, "ready\n");
            (ssh, output)
        })
        .collect();
    // All of them run now. The last is served first.
    for (number, (ssh, output)) in clients.iter_mut().enumerate().rev() {
        let word = format!("{number}\n");
        ssh.stdin.take().expect("input").write_all(word.as_bytes()).expect("write");
        let mut answer = String::new();
        output.read_to_string(&mut answer).expect("read");
        assert_eq!(answer, word);
        assert!(ssh.wait().expect("ssh ends").success());
    }
}

#[test]
fn many_sessions_on_one_connection() {
    let server = Server::start("multiplexed", &[]);
    let socket = server.folder.join("control");
    let control = format!("ControlPath={}", socket.display());
    let mut master = server.ssh();
    master.args(["-o", &control, "-o", "ControlMaster=yes", HOST, "echo ready; cat"]);
    let mut master = master.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("ssh runs");
    let mut line = String::new();
    BufReader::new(master.stdout.take().expect("output")).read_line(&mut line).expect("a line");
    // More than there are places for at once: each one's place is free after it.
    for number in 0..40 {
        let mut ssh = server.ssh();
        ssh.args(["-o", &control, "-o", "ControlMaster=no"]);
        let output = run(ssh, &format!("echo {number}; exit {number}"));
        assert_eq!((text(&output.stdout), output.status.code()), (format!("{number}\n"), Some(number)));
    }
    drop(master.stdin.take());
    assert!(master.wait().expect("ssh ends").success());
}

/// The server's own end of it is the same command on pipes.
#[test]
fn much_goes_both_ways_while_keys_change() {
    let server = Server::start("much", &[]);
    let content: Vec<u8> = (0..3_000_000_u32).map(|index| (index % 251) as u8).collect();
    let file = server.folder.join("content");
    fs::write(&file, &content).expect("write");
    let mut ssh = server.ssh();
    ssh.args(["-o", "RekeyLimit=300K", HOST, "cat"]).stdin(fs::File::open(&file).expect("open"));
    let output = ssh.output().expect("ssh runs");
    assert!(output.stdout == content, "{} of {} bytes", output.stdout.len(), content.len());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
}

#[test]
fn a_client_that_does_not_read_holds_up_nobody() {
    let server = Server::start("unread", &[]);
    let mut ssh = server.ssh();
    ssh.args([HOST, "yes"]).stdout(Stdio::piped());
    let mut flooded = ssh.spawn().expect("ssh runs");
    let mut first = [0; 2];
    flooded.stdout.as_mut().expect("output").read_exact(&mut first).expect("a line");
    assert_eq!(text(&run(server.ssh(), "echo here").stdout), "here\n");
    flooded.kill().expect("kill");
    flooded.wait().expect("ssh ends");
}

#[test]
fn what_a_client_leaves_behind_ends() {
    let server = Server::start("left", &[]);
    // Without what limits its time, which would be killed in its place.
    let limited = server.ssh();
    let mut words = limited.get_args().skip(1);
    let mut ssh = Command::new(words.next().expect("a program"));
    ssh.args(words).args([HOST, "echo $$; exec sleep 1000"]).stdin(Stdio::null()).stdout(Stdio::piped());
    let mut ssh = ssh.spawn().expect("ssh runs");
    let mut number = String::new();
    BufReader::new(ssh.stdout.take().expect("output")).read_line(&mut number).expect("a line");
    ssh.kill().expect("kill");
    ssh.wait().expect("ssh ends");
    let process = format!("/proc/{}", number.trim());
    let gone =
        format!("i=0; while [ -e {process} ] && [ $i -lt 200 ]; do sleep 0.1; i=$((i + 1)); done; [ ! -e {process} ]");
    assert!(Command::new("sh").args(["-c", &gone]).status().expect("sh").success(), "{process} still runs");
}

#[test]
fn a_banner_is_shown_before_the_login() {
    let folder = Server::folder("banner");
    fs::write(folder.join("banner"), "Only for friends.\n").expect("write");
    let server = Server::start_in(folder, &[]);
    assert!(text(&run(server.talkative_ssh(), "true").stderr).contains("Only for friends."));
}

#[test]
fn who_says_nothing_has_to_go() {
    let server = Server::start("silent", &["--login-time", "1"]);
    let mut stream = TcpStream::connect(server.address).expect("connection");
    stream.set_read_timeout(Some(Duration::from_secs(60))).expect("time-out");
    let mut said = Vec::new();
    stream.read_to_end(&mut said).expect("the end");
    assert!(said.starts_with(b"SSH-2.0-"));
}

#[test]
fn an_idle_client_has_to_go() {
    let server = Server::start("idle", &["--idle", "1", "--keep-alive", "1"]);
    let mut ssh = server.ssh();
    let ssh = ssh.args([HOST, "sleep 1000"]).output().expect("ssh runs");
    assert_eq!(ssh.status.code(), Some(255));
    assert!(text(&ssh.stderr).contains("idle for too long"), "{}", text(&ssh.stderr));
}

#[test]
fn nonsense_does_no_harm() {
    let server = Server::start("nonsense", &["--connections", "5"]);
    let pieces: [&[u8]; 5] = [
        b"",
        b"GET / HTTP/1.1\r\n\r\n",
        b"SSH-2.0-x\r\n",
        b"SSH-2.0-x\r\n\0\0\0\x0c\x0a\x14aaaaaaaaaa",
        &[0xff; 70_000],
    ];
    for _ in 0..5 {
        for piece in pieces {
            // It may be put out while it speaks.
            let _ = TcpStream::connect(server.address).expect("connection").write_all(piece);
        }
    }
    let silent: Vec<_> = (0..10).map(|_| TcpStream::connect(server.address).expect("connection")).collect();
    assert_eq!(text(&run(server.ssh(), "echo here").stdout), "here\n");
    drop(silent);
}

#[test]
fn a_wrong_command_line_is_told() {
    let run = |args: &[&str]| Command::new(env!("CARGO_BIN_EXE_sshd")).args(args).output().expect("sshd runs");
    assert_eq!(run(&["--frobnicate"]).status.code(), Some(2));
    assert_eq!(run(&["--help"]).status.code(), Some(0));
    let server = Server::start("taken", &[]);
    let folder = server.folder.to_str().expect("text");
    let output = run(&["--config", folder, "--listen", &server.address.to_string()]);
    assert_eq!(output.status.code(), Some(1));
}
