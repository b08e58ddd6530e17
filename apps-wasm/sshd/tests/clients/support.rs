//! A server on this machine, and OpenSSH's clients for it.

use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

/// What opens the door where a test lets a password open it.
pub(crate) const PASSWORD: &str = "open sesame";

/// What ends a client that hangs.
const LIMIT_SECONDS: &str = "120";

/// A running server with its folder. Both end with the value.
pub(crate) struct Server {
    process: Child,
    /// Its configuration, and the keys of the clients.
    pub(crate) folder: PathBuf,
    /// Where it listens.
    pub(crate) address: SocketAddr,
}

impl Server {
    /// Starts it with the key `id` authorised.
    pub(crate) fn start(name: &str, options: &[&str]) -> Server {
        let server = Server::folder(name);
        fs::copy(server.join("id.pub"), server.join("authorized_keys")).expect("a key");
        Server::start_in(server, options)
    }

    /// A folder with the keys `id` and `other`, and nothing authorised.
    pub(crate) fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("sshd-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("folder");
        for (key, kind) in [("id", "ed25519"), ("other", "ecdsa")] {
            let file = folder.join(key);
            let made = Command::new("ssh-keygen").args(["-q", "-N", "", "-t", kind, "-f"]).arg(file).status();
            assert!(made.expect("ssh-keygen: `make build/have-clients` installs it").success());
        }
        let ask = folder.join("ask");
        fs::write(&ask, "#!/bin/sh\necho \"$PASSWORD\"\n").expect("script");
        fs::set_permissions(&ask, Permissions::from_mode(0o755)).expect("permissions");
        folder
    }

    /// Starts it on what is in the folder.
    pub(crate) fn start_in(folder: PathBuf, options: &[&str]) -> Server {
        let mut process = Command::new(env!("CARGO_BIN_EXE_sshd"))
            .args(["--listen", "127.0.0.1:0", "--config"])
            .arg(&folder)
            .args(options)
            .stderr(Stdio::piped())
            .spawn()
            .expect("sshd starts");
        let mut log = BufReader::new(process.stderr.take().expect("standard error"));
        let address = loop {
            let mut line = String::new();
            assert_ne!(log.read_line(&mut line).expect("a line"), 0, "sshd ends");
            if let Some((_, address)) = line.trim().split_once("listening on ") {
                break address.parse().expect("an address");
            }
        };
        // Its log must not stop it.
        std::thread::spawn(move || std::io::copy(&mut log, &mut std::io::sink()));
        Server { process, folder, address }
    }

    /// A client with the key.
    pub(crate) fn ssh(&self) -> Command {
        self.ssh_with("id")
    }

    /// A client with another key.
    pub(crate) fn ssh_with(&self, key: &str) -> Command {
        let mut ssh = self.client("ssh", "-p", key);
        ssh.args(["-o", "BatchMode=yes", "-o", "LogLevel=ERROR"]);
        ssh
    }

    /// A client with the key that says more than errors.
    pub(crate) fn talkative_ssh(&self) -> Command {
        self.client("ssh", "-p", "id")
    }

    /// A client without a key that types `password`.
    pub(crate) fn ssh_with_password(&self, password: &str) -> Command {
        let mut ssh = self.client("ssh", "-p", "none");
        ssh.env("SSH_ASKPASS", self.folder.join("ask")).env("SSH_ASKPASS_REQUIRE", "force").env("PASSWORD", password);
        ssh.args(["-o", "PreferredAuthentications=password", "-o", "NumberOfPasswordPrompts=1"]);
        ssh
    }

    /// A client for files.
    pub(crate) fn sftp(&self) -> Command {
        let mut sftp = self.client("sftp", "-P", "id");
        sftp.args(["-b", "-", "-o", "LogLevel=ERROR"]);
        sftp
    }

    fn client(&self, program: &str, port: &str, key: &str) -> Command {
        let mut command = Command::new("timeout");
        command.args([LIMIT_SECONDS, program, "-F", "none", port, &self.address.port().to_string(), "-i"]);
        command.arg(self.folder.join(key));
        for option in ["IdentitiesOnly=yes", "StrictHostKeyChecking=no"] {
            command.args(["-o", option]);
        }
        command.args(["-o", &format!("UserKnownHostsFile={}", self.folder.join("known_hosts").display())]);
        command.env_remove("SSH_AUTH_SOCK");
        command.stdin(Stdio::null());
        command
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Where all clients go.
pub(crate) const HOST: &str = "root@127.0.0.1";

/// Runs a command at the server.
pub(crate) fn run(mut ssh: Command, command: &str) -> Output {
    ssh.args([HOST, command]).output().expect("ssh runs")
}

/// What a client has printed.
pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
