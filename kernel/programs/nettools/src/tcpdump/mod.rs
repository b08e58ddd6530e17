//! `tcpdump`: the packets that pass, a line each, or kept in a file.
//!
//! `packet` takes frames apart, `filter` chooses, `describe` shows, `file` keeps.

mod describe;
mod file;
mod filter;
mod packet;
#[cfg(test)]
mod tests;

use crate::call::{Call, Failure, Interrupt, Outcome, failed};
use crate::hosts::{find, index_of};
use file::{Form, PacketFile, SNAP_LENGTH};
use filter::Filter;
use interfaces::Errno;
use lexopt::{Arg, ValueExt};
use net::{Capture, CapturedFrame};
use packet::Packet;
use process::ExitStatus;
use std::net::IpAddr;
use std::sync::Arc;
use std::task::Poll;
use vfs::OpenOptions;

/// Every interface.
const ANY: &str = "any";
const LOOPBACK: &str = "lo";

/// What the command line says.
#[derive(Default)]
struct Plan {
    interface: Option<String>,
    count: Option<u64>,
    file: Option<String>,
    filter: Vec<String>,
}

pub(crate) fn run(call: &Call<'_>) -> Outcome {
    let plan = parse(call)?;
    let find_host =
        |host: &str| Ok(find(call.net, host, None)?.iter().map(|address| address.ip()).collect::<Vec<IpAddr>>());
    let filter = Filter::parse(&plan.filter, &find_host)?;
    let interface = plan.interface.clone().unwrap_or_else(|| usual_interface(call));
    if interface != ANY {
        index_of(call.net, &interface)?;
    }
    let output = match &plan.file {
        Some(path) => Output::File(open(call, path, &interface)?),
        None => Output::Lines,
    };
    let capture = call.net.capture(Some(interface.as_str()).filter(|name| *name != ANY), SNAP_LENGTH)?;
    let mut dump = Dump { call, output, filter, interrupt: call.catch_interrupt(), shown: 0, names: Vec::new() };
    let on = if interface == ANY { "all interfaces" } else { interface.as_str() };
    call.remark(format_args!("listening on {on}; ^C ends it"))?;
    dump.run(&capture, plan.count)?;
    let lost = capture.lost();
    call.remark(format_args!("{} packets captured, {lost} lost for want of room", dump.shown))?;
    Ok(ExitStatus::SUCCESS)
}

fn parse(call: &Call<'_>) -> Result<Plan, Failure> {
    let mut plan = Plan::default();
    let mut parser = call.parser();
    while let Some(argument) = parser.next()? {
        match argument {
            Arg::Short('i') => plan.interface = Some(parser.value()?.string()?),
            Arg::Short('c') => plan.count = Some(parser.value()?.parse()?),
            Arg::Short('w') => plan.file = Some(parser.value()?.string()?),
            // Addresses are always numbers, and a line is written at once.
            Arg::Short('n' | 'l') => {}
            Arg::Value(value) => plan.filter.push(value.string()?),
            other => return Err(other.unexpected().into()),
        }
    }
    if plan.count == Some(0) {
        return Err(Failure::Usage("-c 0: one packet at least".into()));
    }
    Ok(plan)
}

/// The first card that is in use, or the loopback interface.
fn usual_interface(call: &Call<'_>) -> String {
    let mut cards = call.net.interfaces().into_iter().filter(|known| known.name != LOOPBACK && known.enabled);
    cards.next().map_or_else(|| LOOPBACK.to_owned(), |card| card.name)
}

fn open(call: &Call<'_>, path: &str, interface: &str) -> Result<PacketFile, Failure> {
    let form = match interface {
        ANY => Form::Mixed,
        LOOPBACK => Form::Ip,
        _ => Form::Ethernet,
    };
    let file = match path {
        "-" => Arc::clone(&call.context.stdout),
        _ => call.context.open(path, &OpenOptions::rewrite()).map_err(|error| failed(path, error))?,
    };
    PacketFile::new(file, form)
}

/// Where packets go.
enum Output {
    Lines,
    File(PacketFile),
}

struct Dump<'a> {
    call: &'a Call<'a>,
    output: Output,
    filter: Filter,
    interrupt: Arc<Interrupt>,
    shown: u64,
    /// Names of interfaces by index, as far as they were needed.
    names: Vec<(u32, String)>,
}

impl Dump<'_> {
    fn run(&mut self, capture: &Capture, count: Option<u64>) -> Result<(), Failure> {
        while count.is_none_or(|count| self.shown < count) {
            let Some(frame) = self.next(capture)? else { break };
            self.show(&frame)?;
        }
        Ok(())
    }

    /// The next frame; `None` after ^C.
    fn next(&self, capture: &Capture) -> Result<Option<CapturedFrame>, Failure> {
        let frame = wait::wait_for(None, |waiter| {
            self.interrupt.register(waiter);
            capture.register(waiter);
            if self.interrupt.is_pressed() {
                return Poll::Ready(None);
            }
            capture.try_next().map_or(Poll::Pending, |frame| Poll::Ready(Some(frame)))
        });
        frame.map_err(|error| Errno::from(error).into())
    }

    fn show(&mut self, frame: &CapturedFrame) -> Result<(), Failure> {
        let packet = Packet::new(frame);
        if !self.filter.passes(&packet) {
            return Ok(());
        }
        self.shown += 1;
        match &mut self.output {
            Output::File(file) => file.add(frame),
            Output::Lines => {
                let line = describe::line(frame, self.name(frame.interface), &packet);
                self.call.print(&line)
            }
        }
    }

    fn name(&mut self, index: u32) -> &str {
        if !self.names.iter().any(|(known, _)| *known == index) {
            let interfaces = self.call.net.interfaces();
            self.names = interfaces.into_iter().map(|interface| (interface.index, interface.name)).collect();
        }
        self.names.iter().find(|(known, _)| *known == index).map_or("?", |(_, name)| name)
    }
}
