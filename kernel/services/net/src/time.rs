//! Sets the clock once the network is there, in a thread of its own.

use crate::config::TimePlan;
use crate::dns::Resolver;
use crate::ntp::{self, Correction};
use crate::routes::is_link_local;
use crate::shared::{Board, Shared};
use interfaces::{Errno, Result};
use std::net::IpAddr;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};

/// Who is asked when nobody is named.
const PUBLIC_POOL: &str = "pool.ntp.org";
/// Times that a server is asked, and the pause between.
const ATTEMPTS: u32 = 3;
const PAUSE: Duration = Duration::from_secs(4);
/// How long DHCP may take to name a server, once there is an address.
const DHCP_PATIENCE: Duration = Duration::from_secs(2);

/// What sets the clock at boot.
pub(crate) struct TimeKeeper {
    shared: Arc<Shared>,
    resolver: Arc<Resolver>,
    plan: TimePlan,
}

impl TimeKeeper {
    pub(crate) fn new(shared: Arc<Shared>, resolver: Arc<Resolver>, plan: TimePlan) -> TimeKeeper {
        TimeKeeper { shared, resolver, plan }
    }

    /// Waits for the network, sets the clock and says how it went.
    pub(crate) fn run(&self) {
        // An error is that the system is going down.
        if let Ok(told) = self.wait_for(None, is_usable).and_then(|()| self.synchronise()) {
            self.shared.log(&format!("time: {told}"));
        }
    }

    /// What came of it, as the log says it; ECANCELED.
    fn synchronise(&self) -> Result<String> {
        let named = |board: &Board| !board.time_servers.is_empty();
        if self.plan == TimePlan::Automatic {
            match self.wait_for(Some(Instant::now() + DHCP_PATIENCE), named) {
                Ok(()) | Err(Errno::ETIMEDOUT) => {}
                Err(error) => return Err(error),
            }
        }
        let mut told = String::new();
        for attempt in 0..ATTEMPTS {
            if attempt > 0 {
                wait::sleep(PAUSE)?;
            }
            for (name, address) in self.servers() {
                told = match address.map(|address| ntp::synchronise(&self.shared, address)) {
                    Ok(Ok(correction)) => return Ok(set_by(&name, &correction)),
                    Err(Errno::ECANCELED) | Ok(Err(Errno::ECANCELED)) => return Err(Errno::ECANCELED),
                    Ok(Err(error)) => format!("the clock is not set: {name}: {error}"),
                    Err(error) => format!("the clock is not set: {name}: {}", of_lookup(error)),
                }
            }
        }
        Ok(told)
    }

    /// The servers to ask, by name and address.
    fn servers(&self) -> Vec<(String, Result<IpAddr>)> {
        let resolve = |name: &str| {
            let addresses = self.resolver.lookup(name);
            addresses.and_then(|addresses| addresses.first().copied().ok_or(Errno::ENOENT))
        };
        let named = self.shared.board().time_servers.clone();
        match &self.plan {
            TimePlan::Off => Vec::new(),
            TimePlan::Server(name) => vec![(name.clone(), resolve(name))],
            TimePlan::Automatic if named.is_empty() => vec![(PUBLIC_POOL.into(), resolve(PUBLIC_POOL))],
            TimePlan::Automatic => named.into_iter().map(|address| (address.to_string(), Ok(address))).collect(),
        }
    }

    fn wait_for(&self, deadline: Option<Instant>, there: impl Fn(&Board) -> bool) -> Result<()> {
        wait::wait_for(deadline, |waiter| {
            self.shared.board_changed.register(waiter);
            if there(&self.shared.board()) { Poll::Ready(()) } else { Poll::Pending }
        })
        .map_err(Errno::from)
    }
}

fn set_by(server: &str, correction: &Correction) -> String {
    let seconds = Duration::from_nanos(correction.offset_ns.unsigned_abs()).as_secs_f64();
    let sign = if correction.offset_ns < 0 { '-' } else { '+' };
    format!("clock set by {server} ({sign}{seconds:.3} s)")
}

/// What an error of a lookup means.
fn of_lookup(error: Errno) -> &'static str {
    match error {
        Errno::ENOENT => "no such host",
        Errno::EAGAIN => "no name server answers",
        error => error.text(),
    }
}

/// Whether an interface has an address by which others can be reached.
pub(crate) fn is_usable(board: &Board) -> bool {
    let others = board.interfaces.iter().skip(1);
    others.flat_map(|interface| &interface.addresses).any(|known| !is_link_local(known.net.address))
}
