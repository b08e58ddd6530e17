//! Running one script instead of the shells, and leaving the machine with its status: what the host command does.

use crate::consoles;
use crate::session::{Session, start_shell};
use drivers::serial::Serial;
use interfaces::Power;
use link::Link;
use machine::acpi::Topology;
use machine::power;
use machine::uart;
use process::{KillReason, Stdio};
use std::sync::Arc;
use tty::Tty;

/// The status that a shell gives where it cannot run a script.
const CANNOT_RUN: i32 = 126;

/// Runs the script at `path`, with its streams on the link or on the console, and switches the machine off.
pub(crate) fn run(session: &Session, console: &Arc<Tty>, path: &str, topology: &Topology, on_link: bool) -> ! {
    let link = if on_link { open_link(topology) } else { None };
    let stdio = match &link {
        Some(link) => Stdio { stdin: link.stdin(), stdout: link.stdout(), stderr: link.stderr() },
        None => {
            let file = consoles::file(console);
            Stdio { stdin: Arc::clone(&file), stdout: Arc::clone(&file), stderr: file }
        }
    };
    // No environment: a program sees the variables that the script gives it, and no others.
    let shell = start_shell(session, &["sh", path], stdio, &[]);
    let status = shell.and_then(|shell| {
        if let Some(link) = &link {
            let table = Arc::clone(&session.table);
            link.on_interrupt(move || {
                for process in table.list() {
                    process.kill(KillReason::Interrupt);
                }
            });
        }
        shell.wait()
    });
    let code = status.map_or(CANNOT_RUN, |status| status.code());
    match link {
        Some(link) => link.exit(code),
        None => machine::log!("{path}: status {code}"),
    }
    power::leave(Power::Off)
}

fn open_link(topology: &Topology) -> Option<Arc<Link>> {
    if !uart::second_line().init() {
        machine::log!("link: there is no second serial line");
        return None;
    }
    let serial = Serial::new(uart::second_line(), topology.isa_line(Serial::INTERRUPTS[1]))?;
    Link::open(serial).inspect_err(|error| machine::log!("link: {error}")).ok()
}
