//! What the tools show and do on a stack of their own: `ip`, `ss`, `ping`, `nslookup`, `tcpdump`, `ntpdate`.

mod support;

use net::Source;
use pcap_file::DataLink;
use pcap_file::pcap::PcapReader;
use process::ExitStatus;
use support::system;
use vfs::socket::{Family, Network, SocketKind};

#[test]
fn ip_shows_the_loopback_interface_and_changes_none_of_it() {
    let system = system();
    let shown = system.print(&["ip", "addr"]);
    assert!(shown.starts_with("1: lo: <LOOPBACK,UP,LOWER_UP> mtu "), "{shown}");
    assert!(shown.contains("    inet 127.0.0.1/8 scope host\n    inet6 ::1/128 scope host\n"), "{shown}");
    assert_eq!(system.print(&["ip", "a", "sh", "dev", "lo"]), shown);
    assert_eq!(system.print(&["ip", "address", "list", "lo"]), shown);
    assert!(!system.print(&["ip", "-4", "a"]).contains("inet6"));
    assert!(system.print(&["ip", "-s", "link"]).contains("RX"));
    assert_eq!(system.print(&["ip", "route"]), "");
    assert_eq!(system.print(&["ip", "neigh"]), "");
    assert_eq!(system.print(&["ip", "dns"]), "");
    assert_eq!(system.fail(&["ip", "link", "set", "lo", "down"]), "ip: lo: cannot be changed\n");
    let unknown = system.fail(&["ip", "addr", "add", "10.0.0.5/24", "dev", "eth7"]);
    assert_eq!(unknown, "ip: eth7: no such interface; there is lo\n");
    assert_eq!(system.fail(&["ip", "addr", "show", "eth7"]), unknown);
    assert_eq!(system.fail(&["ip", "route", "del", "default"]), "ip: default: there is no such route\n");
    let far = system.fail(&["ip", "route", "add", "default", "via", "10.0.0.1"]);
    assert!(far.contains("10.0.0.1: not on a network of any interface"), "{far}");
}

#[test]
fn nonsense_gets_a_usage() {
    let system = system();
    let all: &[&[&str]] = &[
        &["ip"],
        &["ip", "-7", "a"],
        &["ip", "teapot"],
        &["ip", "addr", "add"],
        &["ip", "addr", "add", "10.0.0.300", "dev", "lo"],
        &["ip", "addr", "add", "10.0.0.3"],
        &["ip", "link", "set", "lo", "sideways"],
        &["ip", "route", "add", "default"],
        &["ip", "dhcp"],
        &["ss", "-y"],
        &["ping"],
        &["ping", "-c", "0", "::1"],
        &["ping", "-i", "0", "::1"],
        &["ping", "-s", "many", "::1"],
        &["nslookup"],
        &["nslookup", "a", "b", "c"],
        &["ntpdate"],
        &["tcpdump", "-c", "x"],
        &["tcpdump", "ether"],
        &["nc"],
        &["http"],
        &["wget", "a", "b"],
    ];
    for words in all {
        let ended = system.run(words);
        assert_eq!(ended.status, ExitStatus::USAGE, "{words:?}: {ended:?}");
        assert!(ended.error.contains(&format!("\nusage: {} ", words[0])), "{words:?}: {}", ended.error);
    }
}

#[test]
fn ss_shows_whose_a_socket_is() {
    let system = system();
    let listener = system.net.socket(Family::V6, SocketKind::Stream).expect("a socket");
    listener.bind("[::]:8080".parse().expect("an address")).expect("free");
    listener.listen(16).expect("free");
    let datagrams = system.net.socket(Family::V4, SocketKind::Datagram).expect("a socket");
    datagrams.bind("127.0.0.1:53".parse().expect("an address")).expect("free");
    let rows = |words: &[&str]| {
        let shown = system.print(words);
        shown
            .lines()
            .skip(1)
            .map(|line| line.split_whitespace().take(5).collect::<Vec<_>>().join(" "))
            .collect::<Vec<_>>()
    };
    assert_eq!(rows(&["ss", "-l"]), ["tcp LISTEN 0 16 [::]:8080", "udp UNCONN 0 0 127.0.0.1:53"]);
    assert_eq!(rows(&["ss", "-tnl"]), ["tcp LISTEN 0 16 [::]:8080"]);
    assert_eq!(rows(&["ss", "-ua4"]), ["udp UNCONN 0 0 127.0.0.1:53"]);
    assert!(rows(&["ss"]).is_empty());
    // A socket of a process that runs.
    let ping = system.start(&["ping", "-i", "100", "127.0.0.1"]);
    while !ping.hear().contains("icmp_seq=1") {}
    let shown = system.print(&["ss", "-wp"]);
    let own = format!("{}/ping -i 100 127.0.0.1\n", ping.process.pid());
    assert!(shown.ends_with(&own), "{shown}");
    ping.interrupt();
    assert_eq!(ping.end().status, ExitStatus::SUCCESS);
}

#[test]
fn ping_counts_and_tells() {
    let system = system();
    for (host, address) in [("127.0.0.1", "127.0.0.1"), ("::1", "::1"), ("box", "127.0.0.1")] {
        let ended = system.run(&["ping", "-4c3", "-i", "0.01", "-s", "100", host]);
        let ended = if host == "::1" { system.run(&["ping", "-c", "3", "-i", "0.01", "-s100", host]) } else { ended };
        assert_eq!(ended.status, ExitStatus::SUCCESS, "{ended:?}");
        assert!(ended.output.starts_with(&format!("PING {host} ({address}): 100 data bytes\n")), "{}", ended.output);
        assert!(
            ended.output.contains(&format!("108 bytes from {address}: icmp_seq=3 ttl=64 time=")),
            "{}",
            ended.output
        );
        assert!(
            ended.output.contains("\n3 packets transmitted, 3 received, 0% packet loss, time "),
            "{}",
            ended.output
        );
    }
    let quiet = system.print(&["ping", "-q", "-c1", "::1"]);
    assert!(!quiet.contains("icmp_seq"), "{quiet}");
}

#[test]
fn ping_has_its_own_statuses() {
    let system = system();
    let no_way = system.run(&["ping", "-c1", "10.0.0.1"]);
    assert_eq!(
        (no_way.status, no_way.error.as_str()),
        (ExitStatus::Exited(2), "ping: 10.0.0.1: network is unreachable\n")
    );
    let no_host = system.run(&["ping", "-c1", "nobody.invalid"]);
    assert_eq!(no_host.status, ExitStatus::Exited(2));
    assert_eq!(no_host.error, "ping: nobody.invalid: no name server is known; see ip dns\n");
    let too_long = system.run(&["ping", "-c1", "-s", "70000", "127.0.0.1"]);
    assert_eq!((too_long.status, too_long.error.as_str()), (ExitStatus::Exited(2), "ping: send: message too long\n"));
}

#[test]
fn an_interrupt_ends_ping_with_its_summary() {
    let system = system();
    let ping = system.start(&["ping", "-i", "100", "127.0.0.1"]);
    while !ping.hear().contains("icmp_seq=1") {}
    ping.interrupt();
    let ended = ping.end();
    assert_eq!(ended.status, ExitStatus::SUCCESS);
    assert!(ended.output.contains("1 packets transmitted, 1 received, 0% packet loss"), "{ended:?}");
}

#[test]
fn nslookup_says_who_says_so() {
    let system = system();
    let shown = system.print(&["nslookup", "box"]);
    assert_eq!(shown, "Source:\t/etc/hosts\nName:\tbox\nA:\t127.0.0.1\nAAAA:\t::1\n");
    assert_eq!(system.net.find("box").map(|answer| answer.source), Ok(Source::HostsFile));
    assert_eq!(system.print(&["nslookup", "-6", "box"]).lines().count(), 3);
    assert_eq!(system.print(&["nslookup", "::1"]), "Source:\t/etc/hosts\nAddress:\t::1\nName:\tbox\n");
    assert_eq!(system.fail(&["nslookup", "10.9.9.9", "127.0.0.1"]), "nslookup: 10.9.9.9: 127.0.0.1 does not answer\n");
    assert_eq!(system.fail(&["nslookup", "a b"]), "nslookup: a b: not a name that a host can have\n");
    // Nobody serves names here.
    assert_eq!(system.fail(&["nslookup", "box", "127.0.0.1"]), "nslookup: box: 127.0.0.1 does not answer\n");
}

#[test]
fn ntpdate_says_who_does_not_answer() {
    let system = system();
    let refused = system.fail(&["ntpdate", "-q", "127.0.0.1"]);
    assert_eq!(refused, "ntpdate: 127.0.0.1: 127.0.0.1 has no time server\n");
}

#[test]
fn tcpdump_keeps_what_passes() {
    let system = system();
    let dump = system.start(&["tcpdump", "-i", "lo", "-w", "/seen.pcap", "icmp", "and", "host", "127.0.0.1"]);
    dump.expect_error("listening on lo");
    system.print(&["ping", "-c2", "-i", "0.01", "::1"]);
    system.print(&["ping", "-c2", "-i", "0.01", "127.0.0.1"]);
    dump.interrupt();
    let ended = dump.end();
    assert_eq!(ended.status, ExitStatus::SUCCESS);
    let content = system.read("/seen.pcap");
    let mut reader = PcapReader::new(&content[..]).expect("a pcap file");
    assert_eq!(reader.header().datalink, DataLink::RAW);
    let mut lengths = Vec::new();
    while let Some(packet) = reader.next_packet() {
        lengths.push(packet.expect("a packet").data.len());
    }
    // Requests and replies, each on its way out and in.
    assert!(lengths.len() >= 4 && lengths.iter().all(|length| *length == 84), "{lengths:?}");
    assert!(ended.error.contains(&format!("{} packets captured, 0 lost", lengths.len())), "{ended:?}");
}

#[test]
fn tcpdump_shows_what_passes() {
    let system = system();
    let dump = system.start(&["tcpdump", "-i", "any", "-c", "1", "icmp6"]);
    dump.expect_error("listening on all interfaces");
    system.print(&["ping", "-c1", "::1"]);
    let ended = dump.end();
    assert!(ended.output.contains(" lo "), "{ended:?}");
    assert!(ended.output.contains("IP6 ::1 > ::1: ICMP6, echo request, id "), "{ended:?}");
    assert_eq!(system.fail(&["tcpdump", "-i", "eth7"]), "tcpdump: eth7: no such interface; there is lo\n");
}
