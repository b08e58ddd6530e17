//! The stack as the rest of the system sees it: started once, asked for sockets, names, listings and changes.

use crate::buffers::{Buffers, FreeMemory};
use crate::capture::Capture;
use crate::config::{Plan, TimePlan, is_host};
use crate::dns::{Answer, HostsFile, Names, Resolver};
use crate::doorbell::{Change, PendingChange, Request};
use crate::engine::Engine;
use crate::listing;
use crate::loopback::Loopback;
use crate::ntp::{self, Correction};
use crate::proc_net;
use crate::routes::LinkId;
use crate::shared::{Log, Owner, Shared};
use crate::sockets::{DatagramSocket, TcpSocket};
use crate::state::Protocol;
use crate::status::{InterfaceStatus, NeighbourStatus, RouteStatus, SocketStatus};
use crate::thread;
use crate::time::{TimeKeeper, is_usable};
use interfaces::{Clock, Entropy, Errno, NetDevice, Result};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::task::Poll;
use std::thread::{Builder, JoinHandle};
use std::time::Instant;
use vfs::socket::{Family, Network, Socket, SocketKind};
use wait::Cancel;

/// smoltcp's interfaces are large values (a buffer for fragments each), which are moved while they are made.
const NET_STACK: usize = 1024 * 1024;
const TIME_STACK: usize = 128 * 1024;

/// What the stack is made of.
pub struct Settings {
    /// The network cards; they become `eth0`, `eth1` ... in this order.
    pub devices: Vec<Arc<dyn NetDevice>>,
    /// The machine's clocks.
    pub clock: Arc<dyn Clock>,
    /// For sequence numbers, ports and identifiers.
    pub entropy: Arc<dyn Entropy>,
    /// The kernel command line; see the crate's documentation for the words that matter here.
    pub command_line: String,
    /// Where messages go.
    pub log: Log,
    /// The text of `/etc/hosts`, read at each lookup.
    pub hosts: HostsFile,
    /// Whose a socket is, asked when one is made.
    pub owner: Owner,
    /// Bytes that the buffers of all sockets may take.
    pub buffer_limit: u64,
    /// Asked before they take more.
    pub free_memory: FreeMemory,
}

/// The network stack. Dropping it ends its threads.
pub struct Net {
    shared: Arc<Shared>,
    devices: Vec<Arc<dyn NetDevice>>,
    resolver: Arc<Resolver>,
    cancel: Arc<Cancel>,
    threads: Mutex<Vec<JoinHandle<()>>>,
}

impl Net {
    /// Starts the net thread and, if it is wanted, the one that sets the clock. When it returns, the loopback interface works.
    ///
    /// # Errors
    /// EAGAIN: no thread could be started.
    pub fn start(settings: Settings) -> Result<Arc<Net>> {
        let Settings { devices: cards, clock, entropy, command_line, log, hosts, owner, buffer_limit, free_memory } =
            settings;
        let (plan, complaints) = Plan::parse(&command_line);
        complaints.iter().for_each(|complaint| log(complaint));
        if cards.is_empty() {
            log("net: no network card");
        }
        let mut devices: Vec<Arc<dyn NetDevice>> = vec![Arc::new(Loopback::default())];
        devices.extend(cards);
        let buffers = Buffers::new(buffer_limit, free_memory);
        let shared = Arc::new(Shared::new(clock, entropy, log, owner, buffers, devices.len()));
        let resolver = Arc::new(Resolver::new(Arc::clone(&shared), hosts));
        let cancel = Arc::new(Cancel::new());
        let mut threads = vec![start_engine(&shared, devices.clone(), plan.clone())?];
        if plan.time != TimePlan::Off && devices.len() > 1 {
            let keeper = TimeKeeper::new(Arc::clone(&shared), Arc::clone(&resolver), plan.time);
            let cancel = Arc::clone(&cancel);
            let run = move || {
                wait::enter(Some(cancel));
                keeper.run();
            };
            threads.push(spawn("time", TIME_STACK, run)?);
        }
        Ok(Arc::new(Net { shared, devices, resolver, cancel, threads: Mutex::new(threads) }))
    }

    /// The interfaces, with `lo` first.
    #[must_use]
    pub fn interfaces(&self) -> Vec<InterfaceStatus> {
        let mut list = self.shared.board().interfaces.clone();
        for (position, (interface, device)) in list.iter_mut().zip(&self.devices).enumerate() {
            interface.carrier = device.link_up();
            interface.statistics = device.statistics();
            interface.refused = self.shared.refused(LinkId(position));
        }
        list
    }

    /// The routes.
    #[must_use]
    pub fn routes(&self) -> Vec<RouteStatus> {
        self.shared.board().routes.clone()
    }

    /// The machines that were heard of on the links.
    #[must_use]
    pub fn neighbours(&self) -> Vec<NeighbourStatus> {
        listing::neighbours(&self.shared)
    }

    /// The sockets, and connections that outlive theirs.
    #[must_use]
    pub fn sockets(&self) -> Vec<SocketStatus> {
        listing::sockets(&self.shared)
    }

    /// The name servers, in the order in which they are asked.
    #[must_use]
    pub fn name_servers(&self) -> Vec<IpAddr> {
        self.shared.board().name_servers.clone()
    }

    /// The text of a file of `/proc/net`; `None` if there is no such file. The names are in [`PROC_FILES`](crate::PROC_FILES).
    #[must_use]
    pub fn proc_file(&self, name: &str) -> Option<String> {
        let sockets = |kind, family| proc_net::sockets(&self.sockets(), kind, family);
        match name {
            "arp" => Some(proc_net::arp(&self.neighbours())),
            "dev" => Some(proc_net::dev(&self.interfaces())),
            "route" => Some(proc_net::route(&self.routes())),
            "tcp" => Some(sockets(SocketKind::Stream, Family::V4)),
            "tcp6" => Some(sockets(SocketKind::Stream, Family::V6)),
            "udp" => Some(sockets(SocketKind::Datagram, Family::V4)),
            "udp6" => Some(sockets(SocketKind::Datagram, Family::V6)),
            _ => None,
        }
    }

    /// Changes the configuration of an interface; when it returns, the listings show it.
    ///
    /// # Errors
    /// ENODEV; EINVAL (`lo`, or an address that no interface can have); EEXIST (an address that it has), EADDRNOTAVAIL (one
    /// that it has not), ESRCH (no such route), EPERM (a route that routers advertise), ENETUNREACH (a router that is not on the
    /// link), ENOSPC, ECANCELED.
    pub fn change(&self, interface: &str, change: Change) -> Result<()> {
        let link = self.link(interface)?;
        let sound = match change {
            Change::AddAddress(net) => is_host(net.address) && net.prefix > 0,
            Change::AddRoute(to, via) => is_host(via) && to.address.is_ipv4() == via.is_ipv4(),
            Change::Up | Change::Down | Change::Dhcp | Change::RemoveAddress(_) | Change::RemoveRoute(_) => true,
        };
        if link == LinkId::LOOPBACK || !sound {
            return Err(Errno::EINVAL);
        }
        let pending = Arc::new(PendingChange::default());
        self.shared.doorbell.ring(Request::Change { link, change, pending: Arc::clone(&pending) });
        pending.wait()
    }

    /// A tap on an interface, or on all, that keeps `snap_length` bytes of each frame.
    ///
    /// # Errors
    /// ENODEV.
    pub fn capture(&self, interface: Option<&str>, snap_length: usize) -> Result<Capture> {
        let only = interface.map(|name| self.link(name)).transpose()?;
        Ok(self.shared.captures.open(only, snap_length))
    }

    /// Sets the clock by a time server.
    ///
    /// # Errors
    /// ETIMEDOUT, EPROTO (an answer that cannot be used), ECANCELED; what sending gives, for instance ENETUNREACH.
    pub fn synchronise(&self, server: IpAddr) -> Result<Correction> {
        ntp::synchronise(&self.shared, server)
    }

    /// How far the clock is off, by the word of a time server.
    ///
    /// # Errors
    /// Those of [`synchronise`](Self::synchronise).
    pub fn ask_time(&self, server: IpAddr) -> Result<Correction> {
        ntp::ask(&self.shared, server)
    }

    /// The addresses of a host, the best first, and who says so.
    ///
    /// # Errors
    /// Those of [`Network::lookup`].
    pub fn find(&self, host: &str) -> Result<Answer> {
        self.resolver.find(host)
    }

    /// The same by the word of one name server, whatever is known here.
    ///
    /// # Errors
    /// Those of [`Network::lookup`].
    pub fn ask_name_server(&self, server: IpAddr, host: &str) -> Result<Answer> {
        self.resolver.ask_server(server, host)
    }

    /// The names of an address, by the word of `server` alone if there is one.
    ///
    /// # Errors
    /// Those of [`Network::lookup`].
    pub fn find_names(&self, address: IpAddr, server: Option<IpAddr>) -> Result<Names> {
        self.resolver.find_names(address, server)
    }

    /// Waits until an interface has an address by which others can be reached.
    ///
    /// # Errors
    /// ETIMEDOUT at `deadline`, ECANCELED.
    pub fn wait_until_configured(&self, deadline: Option<Instant>) -> Result<()> {
        wait::wait_for(deadline, |waiter| {
            self.shared.board_changed.register(waiter);
            if is_usable(&self.shared.board()) { Poll::Ready(()) } else { Poll::Pending }
        })
        .map_err(Errno::from)
    }

    fn link(&self, name: &str) -> Result<LinkId> {
        let position = self.shared.board().interfaces.iter().position(|interface| interface.name == name);
        position.map(LinkId).ok_or(Errno::ENODEV)
    }
}

impl Network for Net {
    fn socket(&self, family: Family, kind: SocketKind) -> Result<Arc<dyn Socket>> {
        let shared = Arc::clone(&self.shared);
        Ok(match kind {
            SocketKind::Stream => Arc::new(TcpSocket::new(shared, family)),
            SocketKind::Datagram => Arc::new(DatagramSocket::new(shared, Protocol::Udp, family)),
            SocketKind::Echo => Arc::new(DatagramSocket::new(shared, Protocol::Echo, family)),
        })
    }

    fn lookup(&self, host: &str) -> Result<Vec<IpAddr>> {
        self.resolver.lookup(host)
    }

    fn interface_index(&self, name: &str) -> Result<u32> {
        self.link(name).map(LinkId::index)
    }

    fn interface_name(&self, index: u32) -> Result<String> {
        let board = self.shared.board();
        board.interfaces.iter().find(|known| known.index == index).map(|known| known.name.clone()).ok_or(Errno::ENODEV)
    }
}

impl Drop for Net {
    fn drop(&mut self) {
        self.cancel.cancel();
        self.shared.doorbell.ring(Request::Stop);
        let threads = std::mem::take(self.threads.get_mut().unwrap_or_else(PoisonError::into_inner));
        for thread in threads {
            // One that panicked has said so.
            let _ = thread.join();
        }
    }
}

/// Starts the net thread and waits until it has its interfaces.
fn start_engine(shared: &Arc<Shared>, devices: Vec<Arc<dyn NetDevice>>, plan: Plan) -> Result<JoinHandle<()>> {
    let (ready, wait) = mpsc::channel();
    let shared = Arc::clone(shared);
    let run = move || {
        let engine = Engine::new(Arc::clone(&shared), devices, plan, thread::now(&shared));
        // Nobody waits when starting failed meanwhile.
        let _ = ready.send(());
        thread::run(engine, &shared);
    };
    let handle = spawn("net", NET_STACK, run)?;
    wait.recv().map_err(|_| Errno::EAGAIN)?;
    Ok(handle)
}

fn spawn(name: &str, stack: usize, run: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>> {
    Builder::new().name(name.into()).stack_size(stack).spawn(run).map_err(|_| Errno::EAGAIN)
}
