//! The machine at the other end of the cable: smoltcp with the addresses 10.0.0.1, fd00::1 and fe80::1, on a thread of its own.
//!
//! A test acts on it with [`Peer::act`] and waits with [`Peer::until`]: closures that run on that thread, the latter after
//! everything that happens.

use std::collections::VecDeque;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::{Duration, Instant};

use smoltcp::iface::{Config, Interface, SocketHandle, SocketSet};
use smoltcp::phy::{Device, DeviceCapabilities, Medium, RxToken, TxToken};
use smoltcp::socket::{tcp, udp};
use smoltcp::time::Instant as Moment;
use smoltcp::wire::{EthernetAddress, HardwareAddress, IpCidr, IpEndpoint};

use super::addresses::{LINK_LOCAL, MAC, V4, V6};
use super::cable::{self, Arrival, Socket};
use super::dhcp::Dhcp;
use super::dice::Dice;
use super::dns::Dns;
use super::ntp::Ntp;
use super::router::Router;
use super::udp_socket::udp_socket;
use crate::LIMIT;

const MTU: usize = 1500;
const HEADER: usize = 14;
/// Arrivals that are worked on before the stack has its turn.
const BATCH: usize = 64;
/// How often it is looked whether a wait is over although nothing has happened.
const LOOK: Duration = Duration::from_millis(200);

/// What runs on the peer's thread.
type Action = Box<dyn FnOnce(&mut Core) + Send>;
/// Sees frames.
pub type Tap = Box<dyn FnMut(&[u8]) + Send>;
/// A wait: whether it is over.
type Watch = Box<dyn FnMut(&mut Core) -> bool + Send>;

enum Order {
    Act(Action),
    Watch(Watch),
}

/// A test's handle on the peer, which ends with it.
pub struct Peer {
    socket: Socket,
    orders: Sender<Order>,
}

impl Peer {
    /// A peer whose servers are silent, on a cable without faults.
    pub fn start() -> Self {
        let (told, arrivals) = mpsc::channel();
        let (orders, taken) = mpsc::channel();
        let socket = Socket::open(told);
        thread::spawn(move || Core::new().run(&arrivals, &taken));
        Self { socket, orders }
    }

    /// Where a machine is plugged in, for [`yolk::qemu::Wire::Stream`].
    pub fn path(&self) -> PathBuf {
        self.socket.path()
    }

    /// Does something on the peer's thread.
    pub fn act<T: Send + 'static>(&self, action: impl FnOnce(&mut Core) -> T + Send + 'static) -> T {
        let (done, result) = mpsc::channel();
        let action = move |core: &mut Core| drop(done.send(action(core)));
        self.orders.send(Order::Act(Box::new(action))).expect("the peer runs");
        result.recv_timeout(5 * LIMIT).expect("the peer acts")
    }

    /// Waits until `look` gives something; panics with `what` at the limit.
    pub fn until<T: Send + 'static>(&self, what: &str, look: impl FnMut(&mut Core) -> Option<T> + Send + 'static) -> T {
        self.within(LIMIT, look).unwrap_or_else(|| panic!("the peer does not see {what}"))
    }

    /// Waits until `look` gives something, for so long.
    pub fn within<T: Send + 'static>(
        &self,
        limit: Duration,
        mut look: impl FnMut(&mut Core) -> Option<T> + Send + 'static,
    ) -> Option<T> {
        let (done, result) = mpsc::channel();
        let start = Instant::now();
        let watch = move |core: &mut Core| match look(core) {
            Some(value) => {
                let _ = done.send(value);
                true
            }
            None => start.elapsed() > limit,
        };
        self.orders.send(Order::Watch(Box::new(watch))).expect("the peer runs");
        // The sender is dropped at the limit.
        result.recv_timeout(limit + LIMIT).ok()
    }
}

/// What is on the peer's thread.
pub struct Core {
    /// Its IP layer.
    pub interface: Interface,
    /// Its sockets.
    pub sockets: SocketSet<'static>,
    /// Gives addresses.
    pub dhcp: Dhcp,
    /// Answers names.
    pub dns: Dns,
    /// Tells the time.
    pub ntp: Ntp,
    /// Advertises an IPv6 network.
    pub router: Router,
    /// Of a hundred frames so many are lost, in each direction.
    pub loss_percent: usize,
    /// See every frame from a machine.
    pub taps: Vec<Tap>,
    dice: Dice,
    queues: Queues,
    machines: Vec<Option<UnixStream>>,
    retired: Vec<SocketHandle>,
    start: Instant,
    next_port: u16,
}

impl Core {
    fn new() -> Self {
        let mut queues = Queues::default();
        let mut config = Config::new(HardwareAddress::Ethernet(EthernetAddress(MAC)));
        config.random_seed = 77;
        let mut interface = Interface::new(config, &mut queues, Moment::ZERO);
        interface.update_ip_addrs(|addresses| {
            let own = [IpCidr::new(V4.into(), 24), IpCidr::new(V6.into(), 64), IpCidr::new(LINK_LOCAL.into(), 64)];
            addresses.extend(own);
        });
        let mut sockets = SocketSet::new(Vec::new());
        Self {
            dhcp: Dhcp::new(&mut sockets),
            dns: Dns::new(&mut sockets),
            ntp: Ntp::new(&mut sockets),
            router: Router::default(),
            interface,
            sockets,
            loss_percent: 0,
            taps: Vec::new(),
            dice: Dice::new(4711),
            queues,
            machines: Vec::new(),
            retired: Vec::new(),
            start: Instant::now(),
            next_port: 20_000,
        }
    }

    fn run(mut self, arrivals: &Receiver<Arrival>, orders: &Receiver<Order>) {
        let mut watches: Vec<Watch> = Vec::new();
        loop {
            loop {
                match orders.try_recv() {
                    Ok(Order::Act(action)) => action(&mut self),
                    Ok(Order::Watch(watch)) => watches.push(watch),
                    Err(mpsc::TryRecvError::Empty) => break,
                    Err(mpsc::TryRecvError::Disconnected) => return,
                }
            }
            self.poll();
            watches.retain_mut(|watch| !watch(&mut self));
            self.poll();
            let mut pause = Some(self.pause());
            for _ in 0..BATCH {
                let arrival = match pause.take() {
                    Some(pause) => arrivals.recv_timeout(pause),
                    None => arrivals.try_recv().map_err(|_| RecvTimeoutError::Timeout),
                };
                let Ok(arrival) = arrival else { break };
                self.take(arrival);
            }
        }
    }

    fn pause(&mut self) -> Duration {
        let now = self.now();
        let next = self.interface.poll_delay(now, &self.sockets);
        // Orders come on another channel; they are not to wait long.
        next.map_or(LOOK, Duration::from).min(Duration::from_millis(5))
    }

    fn take(&mut self, arrival: Arrival) {
        match arrival {
            Arrival::Plugged(stream) => self.machines.push(Some(stream)),
            Arrival::Unplugged(number) => {
                if let Some(place) = self.machines.get_mut(number) {
                    *place = None;
                }
            }
            Arrival::Frame(number, frame) => {
                self.send(&frame, Some(number));
                self.taps.iter_mut().for_each(|tap| tap(&frame));
                if !self.dice.hits(self.loss_percent) {
                    self.queues.received.push_back(frame);
                }
            }
        }
    }

    /// Lets everything happen that can happen now.
    pub fn poll(&mut self) {
        let now = self.now();
        self.interface.poll(now, &mut self.queues, &mut self.sockets);
        self.dhcp.serve(&mut self.sockets);
        self.dns.serve(&mut self.sockets);
        self.ntp.serve(&mut self.sockets);
        let advertisement = self.router.take();
        advertisement.into_iter().for_each(|frame| self.inject(&frame));
        self.interface.poll(now, &mut self.queues, &mut self.sockets);
        let sockets = &mut self.sockets;
        self.retired.retain(|handle| {
            let is_open = sockets.get::<tcp::Socket<'_>>(*handle).is_open();
            if !is_open {
                sockets.remove(*handle);
            }
            is_open
        });
        while let Some(frame) = self.queues.sent.pop_front() {
            if !self.dice.hits(self.loss_percent) {
                self.send(&frame, None);
            }
        }
    }

    /// Sends bytes as a frame to all machines.
    pub fn inject(&mut self, frame: &[u8]) {
        self.send(frame, None);
    }

    /// How many machines are plugged in.
    pub fn machines(&self) -> usize {
        self.machines.iter().flatten().count()
    }

    fn send(&mut self, frame: &[u8], from: Option<usize>) {
        for (number, place) in self.machines.iter_mut().enumerate() {
            if Some(number) != from
                && let Some(stream) = place
                && cable::write(stream, frame).is_err()
            {
                *place = None;
            }
        }
    }

    fn now(&self) -> Moment {
        Moment::from_micros(self.start.elapsed().as_micros() as i64)
    }

    /// A connection to a machine.
    pub fn connect(&mut self, to: impl Into<IpEndpoint>) -> SocketHandle {
        let mut socket = new_tcp();
        self.next_port = self.next_port.checked_add(1).unwrap_or(20_000);
        socket.connect(self.interface.context(), to.into(), self.next_port).expect("a closed socket");
        self.sockets.add(socket)
    }

    /// Closes a connection; its socket goes when the other side has closed it, too.
    pub fn retire(&mut self, handle: SocketHandle) {
        self.tcp(handle).close();
        self.retired.push(handle);
    }

    /// Resets a connection.
    pub fn reset(&mut self, handle: SocketHandle) {
        self.tcp(handle).abort();
        // The reset goes out with the next frames, and only then may the socket go.
        self.poll();
        self.sockets.remove(handle);
    }

    /// A socket that takes one connection.
    pub fn listen(&mut self, port: u16) -> SocketHandle {
        let mut socket = new_tcp();
        socket.listen(port).expect("a closed socket");
        self.sockets.add(socket)
    }

    /// A socket for datagrams.
    pub fn bind(&mut self, port: u16) -> SocketHandle {
        udp_socket(&mut self.sockets, port)
    }

    /// The socket of a connection.
    pub fn tcp(&mut self, handle: SocketHandle) -> &mut tcp::Socket<'static> {
        self.sockets.get_mut(handle)
    }

    /// The socket of datagrams.
    pub fn udp(&mut self, handle: SocketHandle) -> &mut udp::Socket<'static> {
        self.sockets.get_mut(handle)
    }
}

fn new_tcp() -> tcp::Socket<'static> {
    let ring = || tcp::SocketBuffer::new(vec![0; 256 * 1024]);
    tcp::Socket::new(ring(), ring())
}

/// The frames of smoltcp's side.
#[derive(Default)]
struct Queues {
    received: VecDeque<Vec<u8>>,
    sent: VecDeque<Vec<u8>>,
}

struct Received(Vec<u8>);
struct Sending<'a>(&'a mut VecDeque<Vec<u8>>);

impl RxToken for Received {
    fn consume<R, F: FnOnce(&[u8]) -> R>(self, f: F) -> R {
        f(&self.0)
    }
}

impl TxToken for Sending<'_> {
    fn consume<R, F: FnOnce(&mut [u8]) -> R>(self, length: usize, f: F) -> R {
        let mut frame = vec![0; length];
        let result = f(&mut frame);
        self.0.push_back(frame);
        result
    }
}

impl Device for Queues {
    type RxToken<'a> = Received;
    type TxToken<'a> = Sending<'a>;

    fn receive(&mut self, _now: Moment) -> Option<(Received, Sending<'_>)> {
        let frame = self.received.pop_front()?;
        Some((Received(frame), Sending(&mut self.sent)))
    }

    fn transmit(&mut self, _now: Moment) -> Option<Sending<'_>> {
        Some(Sending(&mut self.sent))
    }

    fn capabilities(&self) -> DeviceCapabilities {
        let mut capabilities = DeviceCapabilities::default();
        capabilities.medium = Medium::Ethernet;
        capabilities.max_transmission_unit = MTU + HEADER;
        capabilities
    }
}
