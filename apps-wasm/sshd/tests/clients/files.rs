//! With OpenSSH's `sftp`: files.

use crate::support::{HOST, Server, text};
use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::{Output, Stdio};

/// Runs commands of the client; in batches it ends at the first that fails, unless a minus stands before it.
fn batch(server: &Server, commands: &str) -> Output {
    let mut sftp = server.sftp();
    sftp.arg(HOST).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut sftp = sftp.spawn().expect("sftp runs");
    sftp.stdin.take().expect("input").write_all(commands.as_bytes()).expect("write");
    sftp.wait_with_output().expect("sftp ends")
}

#[test]
fn files_go_there_and_come_back() {
    let server = Server::start("sftp", &[]);
    let folder = server.folder.display();
    let content: Vec<u8> = (0..5_000_000_u32).map(|index| (index % 251) as u8).collect();
    let (local, back) = (server.folder.join("local"), server.folder.join("back"));
    fs::write(&local, &content).expect("write");
    fs::set_permissions(&local, fs::Permissions::from_mode(0o600)).expect("permissions");
    let commands = format!(
        "mkdir {folder}/d\ncd {folder}/d\nput {folder}/local there\nchmod 640 there\nrename there renamed\n\
         ln -s renamed link\nln renamed hard\nls -l\nget link {folder}/back\nrm link\nrm hard\n\
         -rmdir {folder}/d\nrm renamed\nrmdir {folder}/d\n"
    );
    let output = batch(&server, &commands);
    let said = text(&output.stdout);
    assert!(output.status.success(), "{said}{}", text(&output.stderr));
    assert!(fs::read(back).expect("the copy") == content);
    let line = said.lines().find(|line| line.ends_with(" renamed") && line.starts_with('-')).expect("a line");
    assert!(line.starts_with("-rw-r-----") && line.contains(" 5000000 "), "{line}");
    assert!(!server.folder.join("d").exists());
}

#[test]
fn a_new_file_has_the_permissions_of_the_old_one() {
    let server = Server::start("permissions", &[]);
    let folder = server.folder.display();
    let local = server.folder.join("local");
    for (mode, expected) in [(0o600, 0o600), (0o755, 0o755), (0o666, 0o644)] {
        fs::write(&local, "x").expect("write");
        fs::set_permissions(&local, fs::Permissions::from_mode(mode)).expect("permissions");
        assert!(batch(&server, &format!("put {folder}/local {folder}/there\n")).status.success());
        let there = server.folder.join("there");
        assert_eq!(fs::metadata(&there).expect("the file").permissions().mode() & 0o777, expected);
        fs::remove_file(there).expect("remove");
    }
}

#[test]
fn what_cannot_be_done_is_told() {
    let server = Server::start("errors", &[]);
    let said = |commands: &str| {
        let output = batch(&server, commands);
        assert!(!output.status.success(), "{commands}");
        text(&output.stderr)
    };
    assert!(
        said("get /no/such/file /dev/null\n").contains("No such file or directory")
            || said("cd /no\n").contains("No such")
    );
    assert!(said("rmdir /etc\n").contains("Failure"));
    assert!(said("mkdir /etc\n").contains("Failure"));
}
