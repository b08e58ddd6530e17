//! OpenSSH's clients on this host, for an SSH server behind QEMU's user network.

use std::fs::{self, File, Permissions};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};
use tempfile::TempDir;

use crate::LIMIT;
use crate::command::{Run, run};
use crate::transcript::Transcript;

/// Where clients log in.
const HOST: &str = "127.0.0.1";

/// Keys and a place for what clients know.
pub struct Clients {
    folder: TempDir,
}

/// A connection with the key `id`, through which [`Clients::exec`] and [`Clients::sftp`] go: each costs a session, not a login.
/// It ends with the value.
pub struct Connection {
    client: Child,
}

impl Drop for Connection {
    fn drop(&mut self) {
        let _ = self.client.kill();
        let _ = self.client.wait();
    }
}

/// How a client shows who it is.
#[derive(Clone, Copy, Debug)]
pub enum Proof<'a> {
    /// It does not.
    None,
    /// The key of this name: `id` or `other`.
    Key(&'a str),
    /// A password.
    Password(&'a str),
}

impl Clients {
    /// Makes two keys.
    pub fn new() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        for (name, kind) in [("id", "ed25519"), ("other", "ecdsa")] {
            let mut make = Command::new("ssh-keygen");
            make.args(["-q", "-N", "", "-t", kind, "-f"]).arg(folder.path().join(name));
            assert!(make.status().expect("ssh-keygen: `make build/have-clients` installs it").success());
        }
        let ask = folder.path().join("ask");
        fs::write(&ask, "#!/bin/sh\necho \"$PASSWORD\"\n").expect("a script");
        fs::set_permissions(&ask, Permissions::from_mode(0o755)).expect("permissions");
        Self { folder }
    }

    /// Where files of a test can be.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The middle word of a key's public half.
    pub fn public(&self, name: &str) -> String {
        let line = fs::read_to_string(self.folder().join(name).with_extension("pub")).expect("a public key");
        line.split(' ').nth(1).expect("three words").to_owned()
    }

    /// A client for a user at a port of this host. It ends when it takes longer than anything may.
    pub fn ssh(&self, port: u16, user: &str, proof: Proof<'_>) -> Command {
        let mut ssh = self.client("ssh", "-p", port, proof);
        ssh.args(["-l", user, HOST]);
        ssh
    }

    /// Logs in for what comes after, and waits until that is done.
    pub fn connect(&self, port: u16) -> Connection {
        let mut ssh = self.ssh(port, "root", Proof::Key("id"));
        ssh.args(["-N", "-o", "ControlMaster=yes", "-o", &self.control(port)]).stdin(Stdio::null());
        // It complains when the machine is switched off.
        ssh.stderr(Stdio::null());
        let mut connection = Connection { client: ssh.spawn().expect("ssh runs") };
        let start = Instant::now();
        while !self.control_path(port).exists() {
            assert!(matches!(connection.client.try_wait(), Ok(None)), "the login has failed");
            assert!(start.elapsed() < LIMIT, "the login takes too long");
            std::thread::sleep(Duration::from_millis(10));
        }
        connection
    }

    /// Runs a client's command with an input, through a connection if there is one.
    pub fn exec(&self, port: u16, command: &str, input: &[u8]) -> Run {
        let mut ssh = self.ssh(port, "root", Proof::Key("id"));
        run(ssh.args(["-o", &self.control(port), command]), input)
    }

    /// Runs commands of `sftp`, through a connection if there is one; it ends at the first that fails.
    pub fn sftp(&self, port: u16, commands: &str) -> Run {
        let mut sftp = self.client("sftp", "-P", port, Proof::Key("id"));
        run(sftp.args(["-o", &self.control(port), "-b", "-", &format!("root@{HOST}")]), commands.as_bytes())
    }

    fn control_path(&self, port: u16) -> PathBuf {
        self.folder().join(format!("to-{port}"))
    }

    fn control(&self, port: u16) -> String {
        format!("ControlPath={}", self.control_path(port).display())
    }

    fn client(&self, program: &str, port_option: &str, port: u16, proof: Proof<'_>) -> Command {
        let mut client = Command::new("timeout");
        client.args([&(10 * LIMIT.as_secs()).to_string(), program, "-F", "none", port_option, &port.to_string()]);
        let known = format!("UserKnownHostsFile={}", self.folder().join("known_hosts").display());
        let options = ["IdentitiesOnly=yes", "LogLevel=ERROR", "StrictHostKeyChecking=no", &known];
        for option in options {
            client.args(["-o", option]);
        }
        match proof {
            Proof::None => client.args(["-o", "PreferredAuthentications=none"]),
            Proof::Key(name) => client.args(["-o", "BatchMode=yes", "-i"]).arg(self.folder().join(name)),
            Proof::Password(password) => {
                client.env("SSH_ASKPASS", self.folder().join("ask")).env("SSH_ASKPASS_REQUIRE", "force");
                client.env("PASSWORD", password);
                client.args(["-o", "PreferredAuthentications=password", "-o", "NumberOfPasswordPrompts=1"])
            }
        };
        client.env_remove("SSH_AUTH_SOCK");
        client
    }

    /// The fingerprint of the key that the server at this port has shown.
    pub fn known_fingerprint(&self, port: u16) -> String {
        let list = Command::new("ssh-keygen").arg("-lf").arg(self.folder().join("known_hosts")).output();
        let list = String::from_utf8_lossy(&list.expect("ssh-keygen runs").stdout).into_owned();
        let line = list.lines().find(|line| line.contains(&format!("[{HOST}]:{port} ")));
        line.and_then(|line| line.split(' ').nth(1)).unwrap_or_else(|| panic!("not in {list}")).to_owned()
    }
}

impl Default for Clients {
    fn default() -> Self {
        Self::new()
    }
}

/// Waits until a server behind QEMU's port says that it speaks SSH; before it listens, QEMU accepts and ends the connection.
pub fn await_server(port: u16) {
    // A connection that the machine was too young to see may stay silent for ever.
    const ONE_TRY: Duration = Duration::from_secs(5);
    let start = Instant::now();
    loop {
        let mut greeting = [0; 8];
        let read = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).and_then(|mut stream| {
            stream.set_read_timeout(Some(ONE_TRY))?;
            stream.read_exact(&mut greeting)
        });
        if read.is_ok() && &greeting == b"SSH-2.0-" {
            return;
        }
        assert!(start.elapsed() < 2 * LIMIT, "nobody speaks SSH at port {port}");
    }
}

/// A client on a terminal of this host.
pub struct OnTerminal {
    /// What the terminal shows, and its keys.
    pub screen: Transcript,
    /// Its size.
    pub window: Window,
    client: Child,
}

/// The size of a terminal.
pub struct Window(File);

impl Window {
    /// Sets it; who uses the terminal is told.
    pub fn resize(&self, columns: u16, rows: u16) {
        let size = Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&self.0, size).expect("a size");
    }
}

impl OnTerminal {
    /// Starts a client on a terminal of this size.
    pub fn start(client: &Command, columns: u16, rows: u16) -> Self {
        let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a terminal");
        grantpt(&terminal).and_then(|()| unlockpt(&terminal)).expect("the terminal's other end");
        let name = ptsname(&terminal, Vec::new()).expect("a name");
        let slave = File::options().read(true).write(true).open(name.to_str().expect("text")).expect("the other end");
        let terminal = File::from(terminal);
        let copy = || terminal.try_clone().expect("a copy");
        let (screen, window) = (Transcript::new(copy(), copy()), Window(copy()));
        window.resize(columns, rows);
        // The terminal tells a change of its size to the session whose own it is.
        let mut command = Command::new("setsid");
        command.arg("--ctty").arg(client.get_program()).arg("--foreground").args(client.get_args());
        command.stdin(slave.try_clone().expect("a copy")).stdout(slave.try_clone().expect("a copy")).stderr(slave);
        let client = command.spawn().expect("setsid runs");
        Self { screen, window, client }
    }

    /// Waits for the client's end and returns its status.
    pub fn status(mut self) -> Option<i32> {
        self.client.wait().expect("the client ends").code()
    }
}

/// A client whose session waits for its input, line by line.
pub struct Waiting {
    client: Child,
}

impl Waiting {
    /// Starts it and waits until its session runs.
    pub fn start(mut client: Command) -> Self {
        client.arg("echo ready; cat").stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut client = client.spawn().expect("ssh runs");
        let mut ready = [0; 6];
        client.stdout.as_mut().expect("output").read_exact(&mut ready).expect("a line");
        assert_eq!(&ready, b"ready\n");
        Self { client }
    }

    /// Gives it an input and returns what it answers.
    pub fn ask(mut self, input: &str) -> String {
        let mut keys = self.client.stdin.take().expect("input");
        keys.write_all(input.as_bytes()).expect("write");
        drop(keys);
        let output = self.client.wait_with_output().expect("ssh ends");
        assert!(output.status.success());
        String::from_utf8_lossy(&output.stdout).into_owned()
    }
}
