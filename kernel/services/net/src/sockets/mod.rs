//! The sockets that programs hold: `vfs`'s [`Socket`](vfs::socket::Socket) over the shared state of `state`.
//!
//! Nothing here touches smoltcp: a call changes the shared state and, where the net thread has to act, rings its doorbell.

mod datagram;
mod stream;

pub(crate) use datagram::DatagramSocket;
pub(crate) use stream::TcpSocket;
