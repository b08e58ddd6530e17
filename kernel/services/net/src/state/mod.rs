//! What a socket and the net thread share: plain data behind a lock each, and who waits for a change of it.
//!
//! A program's thread puts bytes into a queue here or takes them out; the net thread moves them to and from smoltcp, which
//! it alone owns. Nobody ever holds two of these locks.

mod connection;
mod endpoint;
mod listener;

pub(crate) use connection::{Connection, ConnectionId, Ending, Phase, Stream, half};
pub(crate) use endpoint::{Endpoint, EndpointState, Message, Outgoing, Protocol};
pub(crate) use listener::{Listener, ListenerId, Offer};
