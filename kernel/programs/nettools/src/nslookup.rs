//! `nslookup`: the addresses of a host, or the names of an address, and who says so.

use crate::call::{Call, Failure, Outcome};
use crate::hosts::{explain, find_one};
use interfaces::Errno;
use lexopt::Arg;
use net::{Answer, Names, Source};
use process::ExitStatus;
use std::fmt::Write as _;
use std::net::IpAddr;
use vfs::socket::Family;

pub(crate) fn run(call: &Call<'_>) -> Outcome {
    let mut family = None;
    let mut operands = Vec::new();
    let mut parser = call.parser();
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Short('4') => family = Some(Family::V4),
            Arg::Short('6') => family = Some(Family::V6),
            Arg::Value(value) => operands.push(value.to_string_lossy().into_owned()),
            other => return Err(other.unexpected().into()),
        }
    }
    let (host, server) = match &operands[..] {
        [host] => (host, None),
        [host, server] => (host, Some(server)),
        [] => return Err(Failure::Usage("a name is missing".into())),
        [_, _, word, ..] => return Err(Failure::Usage(format!("{word}: one name and one server at a time"))),
    };
    let address_of_server = server.map(|server| find_one(call.net, server, None)).transpose()?.map(|found| found.ip());
    let complain = |error| match server {
        Some(server) if error == Errno::EAGAIN => Failure::Error(format!("{host}: {server} does not answer")),
        _ => explain(call.net, host, error),
    };
    if let Ok(address) = host.parse() {
        let found = call.net.find_names(address, address_of_server).map_err(|error| match error {
            Errno::ENOENT => Failure::Error(format!("{host}: it has no name")),
            error => complain(error),
        })?;
        call.print(&text_of_names(address, &found))?;
        return Ok(ExitStatus::SUCCESS);
    }
    let answer = match address_of_server {
        None => call.net.find(host),
        Some(server) => call.net.ask_name_server(server, host),
    };
    let answer = answer.map_err(complain)?;
    let fits = |ip: &IpAddr| family.is_none_or(|family| ip.is_ipv4() == (family == Family::V4));
    let shown = Answer { addresses: answer.addresses.into_iter().filter(fits).collect(), ..answer };
    if shown.addresses.is_empty() {
        return Err(Failure::Error(format!("{host}: it has no such address")));
    }
    call.print(&text(host, &shown))?;
    Ok(ExitStatus::SUCCESS)
}

fn text(host: &str, answer: &Answer) -> String {
    let mut text = format!("Source:\t{}\nName:\t{host}\n", source(answer.source));
    for address in &answer.addresses {
        let kind = if address.is_ipv4() { "A" } else { "AAAA" };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{kind}:\t{address}");
    }
    text
}

fn text_of_names(address: IpAddr, found: &Names) -> String {
    let mut text = format!("Source:\t{}\nAddress:\t{address}\n", source(found.source));
    for name in &found.names {
        let _ = writeln!(text, "Name:\t{name}");
    }
    text
}

fn source(source: Source) -> String {
    match source {
        Source::Literal => "the name is an address".to_owned(),
        Source::HostsFile => "/etc/hosts".to_owned(),
        Source::Standard => "by definition (RFC 6761)".to_owned(),
        Source::Cache => "the cache; a name server said so before".to_owned(),
        Source::Server(server) => format!("name server {server}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_says_where_it_comes_from() {
        let addresses = vec![IpAddr::from([192, 0, 2, 7]), "2001:db8::7".parse().expect("an address")];
        let answer = Answer { addresses, source: Source::Server([10, 0, 2, 3].into()) };
        assert_eq!(
            text("www.example", &answer),
            "Source:\tname server 10.0.2.3\nName:\twww.example\nA:\t192.0.2.7\nAAAA:\t2001:db8::7\n"
        );
    }
}
