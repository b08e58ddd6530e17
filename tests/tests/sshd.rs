//! OpenSSH's clients against sshd.wasm: who gets in, sessions, files.

#![forbid(unsafe_code)]

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use yolk::qemu::{self, Boot, Card, Network, Options, UserNetwork, Wire};
use yolk_tests::LIMIT;
use yolk_tests::command::{Run, app_path, program, run};
use yolk_tests::machine::{Booted, PROMPT, from_image, with_words};
use yolk_tests::network::dice::pattern;
use yolk_tests::network::host::forward;
use yolk_tests::network::ssh::{Clients, Connection, OnTerminal, Proof, Waiting, await_server};

const PASSWORD: &str = "open sesame";
/// What jobs do whose user goes away.
const LEFT: &str = "sleep ";
/// As much as a file is to have that goes there and comes back.
const LARGE: usize = 20 << 20;

/// A machine with two servers: the one that is there out of the box, and one that nobody may enter.
struct Site {
    _machine: Booted,
    /// For what needs no login of its own.
    _connection: Connection,
    clients: Clients,
    /// Port 22 of the machine.
    port: u16,
    /// Port 23.
    closed: u16,
}

impl Site {
    /// The key `id` opens, by the kernel's command line.
    fn start(card: Card, cpus: u32) -> Self {
        let clients = Clients::new();
        let key = format!("sshd.key={}", clients.public("id"));
        Self::boot(card, with_words(Options { cpus, ..from_image() }, &key), clients)
    }

    /// The key `id` opens, by the image.
    fn start_with_key_in_image(card: Card, cpus: u32) -> Self {
        let clients = Clients::new();
        let image = image_with_key(&clients);
        let boot = Boot::Image { image, command_line: String::new(), module: None };
        Self::boot(card, Options { boot, cpus, ..from_image() }, clients)
    }

    fn boot(card: Card, options: Options, clients: Clients) -> Self {
        let forwards = [forward(22), forward(23)];
        let [port, closed] = forwards.clone().map(|forward| forward.host);
        let wire = Wire::User(UserNetwork { forwards: forwards.to_vec(), isolated: true, doors: Vec::new() });
        let networks = vec![Network { card, wire, ..Network::default() }];
        // Nobody answers for the time, and to say so would disturb the talk with the console.
        let mut machine = Booted::start(&Options { networks, ..with_words(options, "ntp=off") });
        // By then the network has said everything.
        await_server(port);
        machine.console.expect(PROMPT);
        machine.command("sshd --port 23 --config /tmp/closed --boot-options /dev/null 2> /tmp/closed.log &");
        await_server(closed);
        let connection = clients.connect(port);
        Self { _machine: machine, _connection: connection, clients, port, closed }
    }

    fn try_as(&self, port: u16, user: &str, proof: Proof<'_>) -> Run {
        run(self.clients.ssh(port, user, proof).arg("echo in"), b"")
    }

    #[track_caller]
    fn assert_enters(&self, proof: Proof<'_>) {
        let run = self.try_as(self.port, "root", proof);
        assert_eq!((run.text().as_str(), run.status), ("in\n", 0), "{proof:?}: {}", run.error_text());
    }

    #[track_caller]
    fn assert_refused(&self, port: u16, user: &str, proof: Proof<'_>) {
        let run = self.try_as(port, user, proof);
        assert_eq!((run.text().as_str(), run.status), ("", 255), "{user} {proof:?}");
        assert!(run.error_text().contains("Permission denied"), "{user} {proof:?}: {}", run.error_text());
    }

    fn exec(&self, command: &str, input: &[u8]) -> Run {
        self.clients.exec(self.port, command, input)
    }
}

/// What `make image AUTHORIZED_KEYS=...` does, without a whole project of its own.
fn image_with_key(clients: &Clients) -> PathBuf {
    let (folder, project) = (clients.folder(), qemu::project_folder());
    let keys = folder.join("authorized_keys");
    let mut keep = Command::new(project.join("boot/authorized-keys.sh"));
    assert_eq!(run(keep.arg(folder.join("id.pub")).arg(&keys), b"").status, 0);
    let image = folder.join("with-key.elf");
    let mut make = Command::new(program());
    make.arg("image").arg(project.join("build/target/x86_64-unknown-hermit/release/yolk-kernel")).arg(&image);
    make.arg("--root")
        .arg(project.join("boot/root"))
        .arg("--bin")
        .arg(app_path("sshd"))
        .arg("--bin")
        .arg(app_path("faults"));
    make.arg("--bin")
        .arg(app_path("wordcount"))
        .args(["--add", &format!("{}::/etc/ssh/authorized_keys", keys.display())]);
    let made = run(&mut make, b"");
    assert_eq!(made.status, 0, "{}", made.error_text());
    image
}

#[test]
fn openssh_on_virtio_with_one_cpu() {
    let site = Site::start(Card::Virtio, 1);
    set_password(&site);
    what_everybody_needs(&site);
}

#[test]
fn openssh_on_virtio_with_two_cpus() {
    let site = Site::start(Card::Virtio, 2);
    refusals(&site);
    set_password(&site);
    wrong_passwords(&site);
    what_everybody_needs(&site);
    left_alone(&site);
    program_by_sftp(&site);
    its_own_files(&site);
    nothing_stays(&site);
}

#[test]
fn openssh_on_e1000_with_one_cpu_and_a_key_in_the_image() {
    let site = Site::start_with_key_in_image(Card::E1000, 1);
    site.assert_refused(site.port, "root", Proof::None);
    site.assert_refused(site.port, "root", Proof::Key("other"));
    set_password(&site);
    what_everybody_needs(&site);
}

#[test]
fn openssh_on_e1000_with_two_cpus() {
    let site = Site::start(Card::E1000, 2);
    set_password(&site);
    what_everybody_needs(&site);
}

/// Key and password; shell, command, status, window change, three at once; files there and back.
fn what_everybody_needs(site: &Site) {
    site.assert_enters(Proof::Password(PASSWORD));
    site.assert_enters(Proof::Key("id"));
    commands(site);
    terminal(site);
    three_at_once(site);
    small_files(site);
    large_file(site);
    nothing_stays(site);
}

#[test]
fn keys_for_an_image_are_checked_and_forgotten_when_nobody_names_them() {
    let clients = Clients::new();
    let (folder, kept) = (clients.folder(), clients.folder().join("new/kept"));
    let keep = |file: &str| {
        let script = qemu::project_folder().join("boot/authorized-keys.sh");
        let run = run(Command::new(script).current_dir(folder).arg(file).arg(&kept), b"");
        (run.status, run.error_text())
    };
    assert_eq!(keep("id.pub"), (0, String::new()));
    let time = || fs::metadata(&kept).and_then(|kept| kept.modified()).expect("a time");
    let (content, before) = (fs::read(&kept).expect("the keys"), time());
    assert_eq!(content, fs::read(folder.join("id.pub")).expect("the key"));
    assert_eq!((keep("id.pub").0, time()), (0, before), "the same keys make no new image");
    for (wrong, why) in [("id", "a private key"), ("missing.pub", "no file"), ("ask", "no public key")] {
        let (status, error) = keep(wrong);
        assert!(status == 1 && error.starts_with("AUTHORIZED_KEYS: ") && error.contains(why), "{wrong}: {error}");
        assert_eq!(fs::read(&kept).expect("the keys"), content);
    }
    assert_eq!((keep("").0, fs::read(&kept).expect("no keys")), (0, Vec::new()));
}

fn refusals(site: &Site) {
    for port in [site.port, site.closed] {
        for proof in [Proof::None, Proof::Key("other"), Proof::Password(""), Proof::Password(PASSWORD)] {
            site.assert_refused(port, "root", proof);
        }
    }
    for user in ["admin", "Root"] {
        site.assert_refused(site.port, user, Proof::Key("id"));
    }
    site.assert_refused(site.closed, "root", Proof::Key("id"));
    site.assert_enters(Proof::Key("id"));
}

/// There is none at first. It is set while the server runs.
fn set_password(site: &Site) {
    let made = site.exec("sshd --hash-password --passes 1 > /etc/ssh/password", format!("{PASSWORD}\n").as_bytes());
    assert_eq!((made.status, made.error_text()), (0, String::new()));
}

fn wrong_passwords(site: &Site) {
    let start = Instant::now();
    site.assert_refused(site.port, "root", Proof::Password("open sesam"));
    site.assert_refused(site.port, "root", Proof::Password(""));
    // A bound from below, which a slow machine cannot break: a second for the first, two for the next.
    assert!(start.elapsed().as_secs() >= 3);
    site.assert_refused(site.port, "admin", Proof::Password(PASSWORD));
    site.assert_refused(site.closed, "root", Proof::Password(PASSWORD));
}

fn commands(site: &Site) {
    let all = site.exec("cat; echo bad >&2; exit 7", b"some input\n");
    assert_eq!((all.text().as_str(), all.error_text().as_str(), all.status), ("some input\n", "bad\n", 7));
    assert_eq!(site.exec("faults panic", b"").status, 134);
    assert_eq!(site.exec("kill $$", b"").status, 137);
    assert_eq!(site.exec("no-such-command", b"").status, 127);
    let mut ssh = site.clients.ssh(site.port, "root", Proof::Key("id"));
    let variables = run(ssh.args(["-o", "SetEnv=LANG=de_DE.UTF-8 SECRET=x", "env"]), b"").text();
    assert!(variables.contains("LANG=de_DE.UTF-8\n") && variables.contains("USER=root\n"), "{variables}");
    assert!(!variables.contains("SECRET"), "{variables}");
}

/// A shell, the size of its window, ^C for a program that only computes.
fn terminal(site: &Site) {
    let client = site.clients.ssh(site.port, "root", Proof::Key("id"));
    let mut session = OnTerminal::start(&client, 100, 30);
    session.screen.expect(PROMPT);
    let mut size = || {
        session.screen.send("stty size\r");
        session.screen.expect("\n");
        session.screen.expect(PROMPT).lines().next().map(str::to_owned)
    };
    assert_eq!(size().as_deref(), Some("30 100"));
    let start = Instant::now();
    session.window.resize(120, 40);
    // The client may send what is typed before it sends the size.
    while size().as_deref() != Some("40 120") {
        assert!(start.elapsed() < LIMIT, "the window has its old size");
    }
    session.screen.send("faults spin\r");
    let start = Instant::now();
    while !site.exec("ps", b"").text().contains("faults.wasm spin") {
        assert!(start.elapsed() < LIMIT, "it does not spin");
    }
    session.screen.send("\x03");
    session.screen.expect("[130]$ ");
    session.screen.send("exit 9\r");
    assert_eq!(session.status(), Some(9));
}

/// A client that goes away while its jobs run, in the foreground and behind it: `nothing_stays` looks for them.
fn left_alone(site: &Site) {
    let client = site.clients.ssh(site.port, "root", Proof::Key("id"));
    let mut session = OnTerminal::start(&client, 80, 24);
    session.screen.expect(PROMPT);
    session.screen.send("sleep 1000 &\r");
    session.screen.expect(PROMPT);
    session.screen.send("sleep 2000\r");
    let start = Instant::now();
    while site.exec("ps", b"").text().matches(LEFT).count() < 2 {
        assert!(start.elapsed() < LIMIT, "they do not run");
    }
    // The client's own key to break off, at the start of a line.
    session.screen.send("\r~.");
    assert_eq!(session.status(), Some(255));
}

fn three_at_once(site: &Site) {
    let client = || site.clients.ssh(site.port, "root", Proof::Key("id"));
    let sessions: Vec<Waiting> = (0..3).map(|_| Waiting::start(client())).collect();
    // All of them run now. The last is served first.
    for (number, session) in sessions.into_iter().enumerate().rev() {
        assert_eq!(session.ask(&format!("{number}\n")), format!("{number}\n"));
    }
}

fn small_files(site: &Site) {
    let folder = site.clients.folder();
    let (here, back) = (folder.join("here"), folder.join("back"));
    let content = pattern(100_000);
    fs::write(&here, &content).expect("write");
    let run = site.clients.sftp(
        site.port,
        &format!(
            "mkdir /tmp/d\ncd /tmp/d\nput {} there\nrename there renamed\nln -s renamed link\nls -l\nget link {}\nrm link\n\
             chmod 600 renamed\n",
            here.display(),
            back.display()
        ),
    );
    assert_eq!(run.status, 0, "{}{}", run.text(), run.error_text());
    assert!(fs::read(&back).expect("the copy") == content);
    let listing = site.exec("ls -l /tmp/d; wordcount < /tmp/d/renamed", b"").text();
    assert!(listing.starts_with("-rw-------") && listing.contains("100000"), "{listing}");
    let run = site.clients.sftp(site.port, "rmdir /tmp/d\n");
    assert_ne!(run.status, 0, "it is not empty");
    assert_eq!(site.clients.sftp(site.port, "rm /tmp/d/renamed\nrmdir /tmp/d\n").status, 0);
}

fn large_file(site: &Site) {
    let folder = site.clients.folder();
    let (here, back) = (folder.join("large"), folder.join("large-back"));
    let content = pattern(LARGE);
    fs::write(&here, &content).expect("write");
    let commands = format!("put {} /tmp/large\nget /tmp/large {}\nrm /tmp/large\n", here.display(), back.display());
    let run = site.clients.sftp(site.port, &commands);
    assert_eq!(run.status, 0, "{}", run.error_text());
    assert!(fs::read(back).expect("the copy") == content);
}

fn program_by_sftp(site: &Site) {
    let program = app_path("wordcount");
    let run = site.clients.sftp(site.port, &format!("put {} /bin/uploaded.wasm\n", program.display()));
    assert_eq!(run.status, 0, "{}", run.error_text());
    let run = site.exec("uploaded -w", b"one two three\n");
    assert_eq!((run.text().trim(), run.status), ("3", 0), "{}", run.error_text());
}

/// The key is its owner's alone, the log has its fingerprint, and nothing of an image lets anybody in.
fn its_own_files(site: &Site) {
    let listing = site.exec("ls -l /etc/ssh/host_ed25519_key", b"").text();
    assert!(listing.starts_with("-rw-------"), "{listing}");
    let fingerprint = site.clients.known_fingerprint(site.port);
    let told = site.exec("grep 'host key SHA' /tmp/sshd.log", b"").text();
    assert!(told.contains(&fingerprint), "{fingerprint}: {told}");
    let advice = site.exec("grep 'nobody can log in' /tmp/closed.log", b"").text();
    assert!(advice.contains("authorized_keys") && advice.contains("--hash-password"), "{advice}");
}

/// What ran in sessions is over.
fn nothing_stays(site: &Site) {
    let start = Instant::now();
    loop {
        let processes = site.exec("ps", b"").text();
        if !processes.lines().any(|line| ["cat", "faults", "sh -c echo", LEFT].iter().any(|left| line.contains(left))) {
            return;
        }
        assert!(start.elapsed() < LIMIT, "{processes}");
    }
}
