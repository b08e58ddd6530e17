//! Programs that use the network inside one machine: `std::net`, and the clients and tools at the shell.

#![forbid(unsafe_code)]

use yolk::qemu::{Network, Options, UserNetwork, Wire};
use yolk_tests::command::line;
use yolk_tests::machine::{Booted, PROMPT, from_image, with_words};

#[test]
fn std_does_what_programs_rely_on() {
    let run = line(
        "selftest network && selftest files && echo well
        selftest accept & kill $!; wait; echo killed
        selftest exit; echo [$?]",
    );
    let said = run.text();
    assert_eq!((run.status, run.error_text().as_str()), (0, ""), "{said}");
    assert!(said.ends_with("well\nkilled\n[7]\n"), "{said}");
}

/// A machine whose card is on QEMU's user network, from which nothing leaves.
fn with_card() -> Booted {
    let wire = Wire::User(UserNetwork { isolated: true, ..UserNetwork::default() });
    let network = Network { wire, ..Network::default() };
    // Nobody answers for the time, and to say so would disturb the talk.
    Booted::to_prompt(&Options { networks: vec![network], ..with_words(from_image(), "ntp=off") })
}

/// Waits for the prompt behind all that was said up to now: a job in the background talks between the prompts.
fn catch_up(machine: &mut Booted) {
    machine.console.send("\recho caught up | cat\r");
    machine.console.expect("\ncaught up\n");
    machine.console.expect(PROMPT);
}

#[test]
fn the_tools_do_their_work() {
    let mut machine = with_card();
    an_address_comes_by_dhcp(&mut machine);
    the_web_page_is_there(&mut machine);
    hosts_answer(&mut machine);
    both_ends_of_a_connection(&mut machine);
    packets_are_kept(&mut machine);
    what_the_kernel_tells(&mut machine);
}

fn an_address_comes_by_dhcp(machine: &mut Booted) {
    let shown = machine.command_until("ip addr", "inet 10.0.2.15/24 scope global dhcp");
    assert!(shown.contains("1: lo: <LOOPBACK,UP,LOWER_UP>") && shown.contains("inet 127.0.0.1/8"), "{shown}");
    let routes = machine.command("ip -4 route");
    assert_eq!(routes, "10.0.2.0/24 dev eth0 proto kernel\n");
    machine.command("ip addr add 10.9.0.1/24 dev eth0 && ip route add 10.8.0.0/16 via 10.9.0.2");
    let routes = machine.command("ip route");
    assert!(routes.contains("10.8.0.0/16 via 10.9.0.2 dev eth0 proto static\n"), "{routes}");
    let again = machine.command("ip addr add 10.9.0.1/24 dev eth0");
    assert_eq!(again, "ip: 10.9.0.1/24: eth0 has it already\n");
    machine.command("ip addr del 10.9.0.1 dev eth0; ip link set eth0 down");
    let down = machine.command("ip link show eth0");
    assert!(down.contains("<BROADCAST,MULTICAST> "), "{down}");
    machine.command("ip link set eth0 up; ip dhcp eth0");
    machine.command_until("ip addr", "inet 10.0.2.15/24 scope global dhcp");
}

/// `/etc/rc` has started httpd.
fn the_web_page_is_there(machine: &mut Booted) {
    let page = machine.command_until("http -i http://yolk/", "HTTP/1.1 200 OK\n");
    assert!(page.contains("This page comes from <code>httpd.wasm</code>"), "{page}");
    assert_eq!(machine.command("cd /tmp; wget -q localhost/index.html; cd /"), "");
    assert_eq!(machine.command("http localhost | wc -c"), machine.command("wc -c < /tmp/index.html"));
    assert_eq!(machine.command("http http://[::1]/"), machine.command("http http://10.0.2.15/"), "both families");
    let missing = machine.command("http -o /tmp/none localhost/none; echo [$?]");
    assert_eq!(missing, "http: http://localhost/none: 404 Not Found\n[4]\n");
    let listener = machine.command("ss -tlnp");
    assert!(listener.contains("[::]:80") && listener.contains("httpd.wasm"), "{listener}");
    let tls = machine.command("http https://localhost/");
    assert!(tls.contains("https needs TLS"), "{tls}");
    // `/etc/rc` keeps it running.
    let owner = listener.lines().find(|line| line.contains("httpd.wasm")).unwrap_or_default();
    let mut words = owner.split_whitespace().filter_map(|word| word.split_once('/'));
    let pid: u32 = words.find_map(|(pid, _)| pid.parse().ok()).unwrap_or_else(|| panic!("{listener}"));
    machine.command(&format!("kill {pid}"));
    machine.command_until("cat /tmp/httpd.log", "respawn: httpd: killed; again in 1 s\n");
    machine.command_until("http -i http://yolk/", "HTTP/1.1 200 OK\n");
}

fn hosts_answer(machine: &mut Booted) {
    for host in ["127.0.0.1", "::1", "10.0.2.15"] {
        let said = machine.command(&format!("ping -c 2 -i 0.1 {host}; echo [$?]"));
        assert!(said.contains("2 packets transmitted, 2 received, 0% packet loss"), "{said}");
        assert!(said.contains(": icmp_seq=1 ttl=64 time="), "{said}");
        assert!(said.ends_with("[0]\n"), "{said}");
    }
    machine.console.send("ping yolk; echo [$?]\r");
    machine.console.expect("icmp_seq=2 ");
    machine.console.send("\x03");
    machine.console.expect("received, 0% packet loss");
    // It caught the interrupt: the list goes on, with its own status.
    machine.console.expect("[0]\n");
    machine.console.expect(PROMPT);
    let found = machine.command("nslookup yolk");
    assert_eq!(found, "Source:\t/etc/hosts\nName:\tyolk\nA:\t127.0.0.1\n");
    assert_eq!(machine.command("ping -c 1 -W 1 nowhere.invalid > /dev/null; echo [$?]").lines().last(), Some("[2]"));
}

fn both_ends_of_a_connection(machine: &mut Booted) {
    for (options, address) in [("", "127.0.0.1"), ("-u -w 2", "::1")] {
        machine.console.send(&format!("echo from the listener | nc -lv {options} 5000 > /tmp/got &\r"));
        machine.console.expect("listening on [::]:5000\n");
        catch_up(machine);
        let said = machine.command(&format!("echo from the caller | nc {options} {address} 5000"));
        assert!(said.contains("from the listener\n"), "{options}: {said}");
        assert!(!options.is_empty() || said.contains("connection from 127.0.0.1:"), "{said}");
        machine.command("wait");
        assert_eq!(machine.command("cat /tmp/got"), "from the caller\n", "{options}");
    }
    machine.command("echo once | nc -lk 5000 > /tmp/got &");
    machine.command_until("ss -tln", ":5000");
    assert_eq!(machine.command("nc localhost 5000"), "once\n");
    assert_eq!(machine.command("echo two | nc localhost 5000; echo [$?]"), "[0]\n", "that was the first one's");
    machine.command("kill $!; wait");
    assert_eq!(machine.command("cat /tmp/got"), "two\n");
    machine.console.send("nc -lv 5000\r");
    machine.console.expect("listening on");
    machine.console.send("\x03");
    machine.console.expect(PROMPT);
    assert_eq!(machine.command("nc -z localhost 5000; echo [$?]"), "[1]\n");
}

fn packets_are_kept(machine: &mut Booted) {
    machine.console.send("tcpdump -i lo -c 4 -w /tmp/seen.pcap icmp and host 127.0.0.1 &\r");
    machine.console.expect("listening on lo");
    catch_up(machine);
    machine.command("ping -q -c 2 -i 0.1 127.0.0.1");
    machine.command("wait");
    // A header of 24 bytes, and four echo messages of 84 with 16 each before them.
    assert_eq!(machine.command("wc -c < /tmp/seen.pcap").trim(), "424");
    let header = machine.command("hexdump -n 24 /tmp/seen.pcap");
    assert!(header.contains("d4 c3 b2 a1") || header.contains("a1 b2 c3 d4"), "{header}");
    machine.console.send("tcpdump -i lo tcp port 80\r");
    machine.console.expect("listening on lo");
    machine.console.send("\x03");
    machine.console.expect("0 packets captured, 0 lost");
    machine.console.expect(PROMPT);
}

fn what_the_kernel_tells(machine: &mut Booted) {
    assert_eq!(machine.command("ls /proc/net | grep -c ."), "7\n");
    let counts = machine.command("cat /proc/net/dev");
    assert!(counts.contains("lo:") && counts.contains("eth0:"), "{counts}");
    let listeners = machine.command("cat /proc/net/tcp6");
    let any = "0".repeat(32);
    assert!(listeners.contains(&format!(": {any}:0050 {any}:0000 0A")), "{listeners}");
    for tool in ["http", "ip", "nc", "nslookup", "ntpdate", "ping", "ss", "tcpdump", "wget"] {
        let help = machine.command(&format!("help {tool}"));
        assert!(help.starts_with(&format!("usage: {tool} ")) && help.lines().count() > 2, "{help}");
    }
}
