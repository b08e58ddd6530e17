//! `ip`: interfaces, their addresses, routes and neighbours, shown and changed.

mod show;

use crate::call::{Call, Failure, Outcome, failed};
use crate::hosts::index_of;
use interfaces::Errno;
use net::{Change, IpNet};
use process::ExitStatus;
use show::{Counters, Selection};
use std::net::IpAddr;
use vfs::socket::Family;

/// Does what is asked about an object.
type Action = fn(&Request<'_>) -> Outcome;

/// What a user can ask about; each by any beginning of its name.
const OBJECTS: &[(&str, Action)] = &[
    ("address", address),
    ("link", link),
    ("route", route),
    ("neighbour", neighbours),
    ("neighbor", neighbours),
    ("dhcp", dhcp),
    ("dns", name_servers),
];

/// What the words say.
struct Request<'a> {
    call: &'a Call<'a>,
    selection: Selection,
    counters: Counters,
    /// The words behind the object.
    words: Vec<&'a str>,
}

pub(crate) fn run(call: &Call<'_>) -> Outcome {
    let mut words = call.context.arguments().iter().map(String::as_str).peekable();
    let (mut family, mut counters) = (None, Counters::Hidden);
    while let Some(option) = words.next_if(|word| word.starts_with('-')) {
        match option {
            "-4" => family = Some(Family::V4),
            "-6" => family = Some(Family::V6),
            "-s" => counters = Counters::Shown,
            _ => return Err(Failure::Usage(format!("there is no option {option}"))),
        }
    }
    let object = words.next().ok_or_else(|| Failure::Usage("say what about: addr, link, route, neigh".into()))?;
    let found = OBJECTS.iter().find(|(name, _)| name.starts_with(object));
    let (_, act) = found.ok_or_else(|| {
        Failure::Usage(format!("{object}: there is no such object; addr, link, route, neigh, dhcp, dns are known"))
    })?;
    act(&Request { call, selection: Selection { family, interface: None }, counters, words: words.collect() })
}

impl Request<'_> {
    /// The same for what `words` select: nothing, or an interface with or without `dev`.
    fn selected(&self, words: &[&str]) -> Result<Selection, Failure> {
        let interface = match words {
            [] => return Ok(self.selection.clone()),
            [name] | ["dev", name] => *name,
            [_, word, ..] => return Err(unexpected(word)),
        };
        index_of(self.call.net, interface)?;
        Ok(Selection { interface: Some(interface.to_owned()), ..self.selection.clone() })
    }

    fn print(&self, text: &str) -> Outcome {
        self.call.print(text)?;
        Ok(ExitStatus::SUCCESS)
    }

    /// Changes an interface; `what` is named in an error.
    fn change(&self, interface: &str, change: Change, what: &str) -> Outcome {
        index_of(self.call.net, interface)?;
        self.call.net.change(interface, change).map_err(|error| match error {
            Errno::EINVAL if interface == "lo" => Failure::Error("lo: cannot be changed".into()),
            Errno::EINVAL => Failure::Error(format!("{what}: not an address that an interface can have")),
            Errno::EEXIST => Failure::Error(format!("{what}: {interface} has it already")),
            Errno::EADDRNOTAVAIL => Failure::Error(format!("{what}: {interface} does not have it")),
            Errno::ESRCH => Failure::Error(format!("{what}: {interface} has no such route")),
            Errno::EPERM => Failure::Error(format!("{what}: a router advertises it; it would come back")),
            Errno::ENETUNREACH => {
                Failure::Error(format!("{what}: not on a network of {interface}; add an address first"))
            }
            Errno::ENOSPC => Failure::Error(format!("{what}: {interface} can have no more of them")),
            error => failed(what, error),
        })?;
        Ok(ExitStatus::SUCCESS)
    }
}

fn address(request: &Request<'_>) -> Outcome {
    let show = |words: &[&str]| {
        let selection = request.selected(words)?;
        request.print(&show::addresses(&request.call.net.interfaces(), &selection, request.counters))
    };
    match &request.words[..] {
        [] => show(&[]),
        [verb, rest @ ..] if is("show", verb) => show(rest),
        [verb, net, rest @ ..] if is("add", verb) => {
            let interface = device(rest)?;
            request.change(interface, Change::AddAddress(network(net)?), net)
        }
        [verb, net, rest @ ..] if is("del", verb) || *verb == "delete" => {
            let interface = device(rest)?;
            request.change(interface, Change::RemoveAddress(network(net)?.address), net)
        }
        [verb] if is("add", verb) || is("del", verb) => Err(Failure::Usage("an address is missing".into())),
        [verb, ..] => Err(unexpected(verb)),
    }
}

fn link(request: &Request<'_>) -> Outcome {
    let show = |words: &[&str]| {
        let selection = request.selected(words)?;
        request.print(&show::links(&request.call.net.interfaces(), &selection, request.counters))
    };
    match &request.words[..] {
        [] => show(&[]),
        [verb, rest @ ..] if is("show", verb) => show(rest),
        ["set", rest @ ..] => {
            let (interface, rest) = match rest {
                ["dev", interface, rest @ ..] | [interface, rest @ ..] => (interface, rest),
                [] => return Err(Failure::Usage("an interface is missing".into())),
            };
            match rest {
                ["up"] => request.change(interface, Change::Up, interface),
                ["down"] => request.change(interface, Change::Down, interface),
                _ => Err(Failure::Usage(format!("say {interface} up or {interface} down"))),
            }
        }
        [verb, ..] => Err(unexpected(verb)),
    }
}

fn route(request: &Request<'_>) -> Outcome {
    let show = |words: &[&str]| {
        let selection = request.selected(words)?;
        request.print(&show::routes(&request.call.net.routes(), &selection))
    };
    match &request.words[..] {
        [] => show(&[]),
        [verb, rest @ ..] if is("show", verb) => show(rest),
        [verb, to, "via", via, rest @ ..] if is("add", verb) => {
            let router = address_of(via)?;
            let interface = match rest {
                [] => interface_towards(request, router)?,
                rest => device(rest)?.to_owned(),
            };
            request.change(&interface, Change::AddRoute(destination(to, router)?, router), via)
        }
        [verb, ..] if is("add", verb) => Err(Failure::Usage("say add TO via ROUTER".into())),
        [verb, to, rest @ ..] if is("del", verb) || *verb == "delete" => remove_route(request, to, rest),
        [verb, ..] => Err(unexpected(verb)),
    }
}

/// Removes a route; without an interface from the one that has it.
fn remove_route(request: &Request<'_>, to: &str, rest: &[&str]) -> Outcome {
    let family = request.selection.family.unwrap_or(Family::V4);
    let unspecified = if family == Family::V4 { "0.0.0.0" } else { "::" };
    let wanted = destination(to, address_of(unspecified)?)?;
    let interface = match rest {
        [] => {
            let routes = request.call.net.routes();
            let known = routes.into_iter().find(|route| route.to == wanted && route.via.is_some());
            known.ok_or_else(|| Failure::Error(format!("{to}: there is no such route")))?.interface
        }
        rest => device(rest)?.to_owned(),
    };
    request.change(&interface, Change::RemoveRoute(wanted), to)
}

fn neighbours(request: &Request<'_>) -> Outcome {
    let words = match &request.words[..] {
        [verb, rest @ ..] if is("show", verb) => rest,
        words => words,
    };
    let selection = request.selected(words)?;
    request.print(&show::neighbours(&request.call.net.neighbours(), &selection))
}

fn dhcp(request: &Request<'_>) -> Outcome {
    let interface = match &request.words[..] {
        [interface] | ["dev", interface] => *interface,
        [] => return Err(Failure::Usage("an interface is missing".into())),
        [_, word, ..] => return Err(unexpected(word)),
    };
    request.change(interface, Change::Dhcp, interface)
}

fn name_servers(request: &Request<'_>) -> Outcome {
    request.selected(&request.words)?;
    let servers = request.call.net.name_servers();
    request.print(&servers.iter().map(|server| format!("{server}\n")).collect::<String>())
}

/// Whether a user's word is `verb` or a beginning of it.
fn is(verb: &str, word: &str) -> bool {
    !word.is_empty() && (verb.starts_with(word) || verb == "show" && word == "list")
}

/// `dev NAME`.
fn device<'a>(words: &[&'a str]) -> Result<&'a str, Failure> {
    match words {
        ["dev", name] => Ok(name),
        [] | ["dev"] => Err(Failure::Usage("say which interface: dev NAME".into())),
        [word, ..] => Err(unexpected(word)),
    }
}

/// The interface on one of whose networks `router` is.
fn interface_towards(request: &Request<'_>, router: IpAddr) -> Result<String, Failure> {
    let interfaces = request.call.net.interfaces();
    let on_link =
        |interface: &&net::InterfaceStatus| interface.addresses.iter().any(|known| known.net.contains(router));
    let found = interfaces.iter().find(on_link).map(|interface| interface.name.clone());
    found.ok_or_else(|| Failure::Error(format!("{router}: not on a network of any interface; see ip addr")))
}

/// A network, or `default` of the router's family.
fn destination(text: &str, router: IpAddr) -> Result<IpNet, Failure> {
    match (text, router) {
        ("default", IpAddr::V4(_)) => network("0.0.0.0/0"),
        ("default", IpAddr::V6(_)) => network("::/0"),
        _ => network(text),
    }
}

fn network(text: &str) -> Result<IpNet, Failure> {
    text.parse().map_err(|_| Failure::Usage(format!("{text}: not an address; write it like 10.0.0.5/24 or fd00::5/64")))
}

fn address_of(text: &str) -> Result<IpAddr, Failure> {
    text.parse().map_err(|_| Failure::Usage(format!("{text}: not an address")))
}

fn unexpected(word: &str) -> Failure {
    Failure::Usage(format!("{word}: nothing to do with it here"))
}
