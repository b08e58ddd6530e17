//! `/etc/rc`: what a machine starts by itself, beside the shells on its consoles.

use crate::consoles::Consoles;
use crate::session::{Session, start_shell};
use interfaces::Result;
use net::Net;
use process::Stdio;
use std::sync::Arc;
use vfs::{Follow, OpenOptions, Scope};

const SCRIPT: &str = "/etc/rc";
const LOOPBACK: &str = "lo";

/// Starts the script, if there is one, and does not wait: what it does shall not keep a prompt from anybody.
pub(crate) fn start(session: &Session, consoles: &Consoles, net: Option<&Net>) {
    let vfs = session.table.vfs();
    if vfs.metadata(&vfs.root(), SCRIPT, Scope::Anywhere, Follow::Yes).is_err() {
        return;
    }
    if let Err(error) = start_script(session, consoles, &cards(net)) {
        machine::log!("{SCRIPT}: {error}");
    }
}

/// The names of the network cards, separated by spaces.
fn cards(net: Option<&Net>) -> String {
    let all = net.map(Net::interfaces).unwrap_or_default();
    let names: Vec<String> = all.into_iter().map(|card| card.name).filter(|name| name != LOOPBACK).collect();
    names.join(" ")
}

fn start_script(session: &Session, consoles: &Consoles, cards: &str) -> Result<()> {
    let vfs = session.table.vfs();
    // The consoles' input belongs to the shells at their prompts.
    let stdin = vfs.open(&vfs.root(), "/dev/null", Scope::Anywhere, &OpenOptions::read())?;
    let output = consoles.everywhere();
    let stdio = Stdio { stdin, stdout: Arc::clone(&output), stderr: output };
    let environment = [("PATH", "/bin"), ("HOME", "/"), ("PWD", "/"), ("INTERFACES", cards)];
    start_shell(session, &["sh", SCRIPT], stdio, &environment).map(drop)
}
