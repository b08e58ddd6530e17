//! What the sockets and the net thread have in common: ports, routes, indices and the doorbell.
//!
//! Built once by [`Net::start`](crate::Net::start) and passed on; everything in it has its own lock, held for one operation.

use crate::buffers::Buffers;
use crate::capture::CaptureHub;
use crate::doorbell::Doorbell;
use crate::index::{EndpointIndex, ListenerIndex};
use crate::neighbours::Neighbours;
use crate::ports::PortTable;
use crate::routes::{LinkId, RouteTable};
use crate::state::{Connection, ConnectionId, Protocol};
use crate::status::{InterfaceStatus, RouteStatus};
use interfaces::{Clock, Entropy};
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use wait::WaitList;

/// Where the stack's messages go, a line each.
pub type Log = Arc<dyn Fn(&str) + Send + Sync>;

/// Tells the number of the process that the calling thread works for; `None` in a thread of the kernel's own.
pub type Owner = Arc<dyn Fn() -> Option<u32> + Send + Sync>;

/// What the net thread publishes when it changes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Board {
    pub(crate) interfaces: Vec<InterfaceStatus>,
    pub(crate) routes: Vec<RouteStatus>,
    /// Name servers, in the order in which they are asked.
    pub(crate) name_servers: Vec<IpAddr>,
    /// Time servers that DHCP named.
    pub(crate) time_servers: Vec<IpAddr>,
}

/// What sockets and the net thread share.
pub(crate) struct Shared {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) log: Log,
    owner: Owner,
    pub(crate) buffers: Arc<Buffers>,
    pub(crate) doorbell: Doorbell,
    pub(crate) tcp_ports: Arc<PortTable>,
    udp_ports: Arc<PortTable>,
    echo_ports: Arc<PortTable>,
    pub(crate) listeners: ListenerIndex,
    pub(crate) endpoints: EndpointIndex,
    pub(crate) neighbours: Neighbours,
    pub(crate) captures: Arc<CaptureHub>,
    routes: RwLock<Arc<RouteTable>>,
    connections: Mutex<BTreeMap<ConnectionId, Arc<Connection>>>,
    board: Mutex<Board>,
    pub(crate) board_changed: WaitList,
    /// Frames that each interface refused at first sight.
    refused: Vec<AtomicU64>,
    next_id: AtomicU64,
}

impl Shared {
    /// For `links` interfaces.
    pub(crate) fn new(
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
        log: Log,
        owner: Owner,
        buffers: Buffers,
        links: usize,
    ) -> Shared {
        Shared {
            clock,
            entropy,
            log,
            owner,
            buffers: Arc::new(buffers),
            doorbell: Doorbell::default(),
            tcp_ports: Arc::default(),
            udp_ports: Arc::default(),
            echo_ports: Arc::default(),
            listeners: ListenerIndex::default(),
            endpoints: EndpointIndex::default(),
            neighbours: Neighbours::default(),
            captures: Arc::default(),
            routes: RwLock::default(),
            connections: Mutex::default(),
            board: Mutex::default(),
            board_changed: WaitList::new(),
            refused: (0..links).map(|_| AtomicU64::new(0)).collect(),
            next_id: AtomicU64::new(1),
        }
    }

    pub(crate) fn ports(&self, protocol: Protocol) -> &Arc<PortTable> {
        match protocol {
            Protocol::Udp => &self.udp_ports,
            Protocol::Echo => &self.echo_ports,
        }
    }

    /// The routes as they are now.
    pub(crate) fn routes(&self) -> Arc<RouteTable> {
        Arc::clone(&self.routes.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Publishes new routes and the state of the interfaces.
    pub(crate) fn publish(&self, routes: RouteTable, board: Board) {
        *self.routes.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(routes);
        *self.board() = board;
        self.board_changed.wake_all();
    }

    pub(crate) fn board(&self) -> MutexGuard<'_, Board> {
        // Replaced whole.
        self.board.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The connections that the net thread knows.
    pub(crate) fn connections(&self) -> MutexGuard<'_, BTreeMap<ConnectionId, Arc<Connection>>> {
        // Single map operations.
        self.connections.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts a frame that an interface refused.
    pub(crate) fn refuse(&self, link: LinkId) {
        if let Some(count) = self.refused.get(link.0) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// How many frames an interface refused.
    pub(crate) fn refused(&self, link: LinkId) -> u64 {
        self.refused.get(link.0).map_or(0, |count| count.load(Ordering::Relaxed))
    }

    /// The process for which the calling thread works.
    pub(crate) fn owner(&self) -> Option<u32> {
        (self.owner)()
    }

    /// A number that nothing had before.
    pub(crate) fn new_id(&self) -> u64 {
        self.next_id.fetch_add(1, Ordering::Relaxed)
    }

    pub(crate) fn log(&self, message: &str) {
        (self.log)(message);
    }
}
