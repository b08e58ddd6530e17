//! The emulator's own DHCP and name servers.
//!
//! Its name server asks the one that `/etc/resolv.conf` names. So that nothing leaves this host, the test runs itself anew in
//! namespaces with nothing but a loopback interface, a `resolv.conf` that names it, and a name server on it
//! (namespaces(7)).

#![forbid(unsafe_code)]

use std::collections::BTreeMap;
use std::net::UdpSocket;
use std::process::{Command, ExitCode};
use std::thread;

use libtest_mimic::{Arguments, Failed, Trial};
use yolk::qemu::{Card, Network, Options, UserNetwork, Verdict, Wire};
use yolk_tests::command::run;
use yolk_tests::machine::{Booted, from_image, with_words};
use yolk_tests::network::dns;

/// Set where the test runs in namespaces of its own.
const INSIDE: &str = "YOLK_TEST_HAS_OWN_NETWORK";
/// Makes the loopback interface and `resolv.conf` there; the file and the test's program are arguments.
const PREPARE: &str = "ip link set lo up && mount --bind \"$1\" /etc/resolv.conf && exec \"$2\"";

fn main() -> ExitCode {
    if std::env::var_os(INSIDE).is_some() {
        inside();
        return ExitCode::SUCCESS;
    }
    let trial = Trial::test("addresses_and_names_come_from_the_emulator", outside);
    libtest_mimic::run(&Arguments::from_args(), vec![trial]).exit_code()
}

fn outside() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    let configuration = folder.path().join("resolv.conf");
    std::fs::write(&configuration, "nameserver 127.0.0.1\n")?;
    let mut again = Command::new("unshare");
    again.args(["--map-root-user", "--net", "--mount", "sh", "-c", PREPARE, "sh"]);
    again.arg(configuration).arg(std::env::current_exe()?).env(INSIDE, "1");
    let ran = run(&mut again, b"");
    if ran.status == 0 { Ok(()) } else { Err(format!("{}{}", ran.text(), ran.error_text()).into()) }
}

fn inside() {
    let names = BTreeMap::from([("box.example".to_owned(), vec!["192.0.2.7".parse().expect("an address")])]);
    let socket = UdpSocket::bind("127.0.0.1:53").expect("this network is ours");
    thread::spawn(move || {
        let mut question = [0; 512];
        while let Ok((length, from)) = socket.recv_from(&mut question) {
            if let Some(answer) = dns::answer(&names, &question[..length]) {
                socket.send_to(&answer, from).expect("loopback takes it");
            }
        }
    });
    for (card, cpus) in [(Card::Virtio, 1), (Card::Virtio, 2), (Card::E1000, 1), (Card::E1000, 2)] {
        ask(card, cpus);
    }
}

/// An address, the name server, and names, on a machine with this card.
fn ask(card: Card, cpus: u32) {
    let network = Network { card, wire: Wire::User(UserNetwork::default()), ..Network::default() };
    let options = Options { networks: vec![network], cpus, ..with_words(from_image(), "ntp=off") };
    let mut machine = Booted::to_prompt(&options);
    machine.command_until("ip addr show eth0", "10.0.2.15/24");
    let servers = machine.command("ip dns");
    assert!(servers.contains("10.0.2.3"), "{servers}");
    let found = machine.command("nslookup box.example");
    assert!(found.contains("10.0.2.3") && found.contains("192.0.2.7"), "{found}");
    let missing = machine.command("nslookup none.example; echo $?");
    assert_eq!(missing, "nslookup: none.example: no such host\n1\n");
    machine.console.send("poweroff\r");
    assert_eq!(machine.verdict(), Verdict::Done, "{}", machine.console.text());
}
