//! Socket options, as values that every kind of socket keeps.

use crate::routes::LinkId;
use interfaces::{Errno, Result};
use std::time::Duration;
use vfs::socket::{OptionValue, SocketOption};

/// Bytes that a socket buffers in one direction unless it is told otherwise.
const DEFAULT_BUFFER: u32 = 128 * 1024;
/// Bounds of what it can be told.
const BUFFER_BOUNDS: (u32, u32) = (4 * 1024, 8 * 1024 * 1024);
/// Linux probes first after two hours; a machine behind a NAT would have lost its mapping by then.
const DEFAULT_KEEP_ALIVE: Duration = Duration::from_secs(120);

/// The options of a socket.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Options {
    pub(crate) reuse_address: bool,
    pub(crate) broadcast: bool,
    pub(crate) keep_alive: bool,
    pub(crate) keep_alive_interval: Duration,
    pub(crate) no_delay: bool,
    pub(crate) only_v6: bool,
    pub(crate) hop_limit: u8,
    pub(crate) multicast_hop_limit: u8,
    pub(crate) multicast_loop: bool,
    pub(crate) receive_buffer: u32,
    pub(crate) send_buffer: u32,
    pub(crate) receive_timeout: Option<Duration>,
    pub(crate) send_timeout: Option<Duration>,
    pub(crate) linger: Option<Duration>,
    /// The only interface.
    pub(crate) device: Option<LinkId>,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            reuse_address: false,
            broadcast: false,
            keep_alive: false,
            keep_alive_interval: DEFAULT_KEEP_ALIVE,
            no_delay: false,
            only_v6: false,
            hop_limit: 64,
            multicast_hop_limit: 1,
            multicast_loop: true,
            receive_buffer: DEFAULT_BUFFER,
            send_buffer: DEFAULT_BUFFER,
            receive_timeout: None,
            send_timeout: None,
            linger: None,
            device: None,
        }
    }
}

impl Options {
    /// Whether the socket may use this interface.
    pub(crate) fn allows(&self, link: LinkId) -> bool {
        self.device.is_none_or(|device| device == link)
    }

    pub(crate) fn get(&self, option: SocketOption) -> OptionValue {
        use OptionValue::{Flag, Number, Time};
        match option {
            SocketOption::ReuseAddress => Flag(self.reuse_address),
            SocketOption::Broadcast => Flag(self.broadcast),
            SocketOption::KeepAlive => Flag(self.keep_alive),
            SocketOption::KeepAliveInterval => Time(Some(self.keep_alive_interval)),
            SocketOption::NoDelay => Flag(self.no_delay),
            SocketOption::OnlyV6 => Flag(self.only_v6),
            SocketOption::HopLimit => Number(self.hop_limit.into()),
            SocketOption::MulticastHopLimit => Number(self.multicast_hop_limit.into()),
            SocketOption::MulticastLoop => Flag(self.multicast_loop),
            SocketOption::ReceiveBuffer => Number(self.receive_buffer),
            SocketOption::SendBuffer => Number(self.send_buffer),
            SocketOption::ReceiveTimeout => Time(self.receive_timeout),
            SocketOption::SendTimeout => Time(self.send_timeout),
            SocketOption::Linger => Time(self.linger),
            SocketOption::Device => Number(self.device.map_or(0, LinkId::index)),
        }
    }

    /// EINVAL: a value of another kind or out of bounds. Whether there is such an interface the caller knows.
    pub(crate) fn set(&mut self, option: SocketOption, value: OptionValue) -> Result<()> {
        use OptionValue::{Flag, Number, Time};
        match (option, value) {
            (SocketOption::ReuseAddress, Flag(on)) => self.reuse_address = on,
            (SocketOption::Broadcast, Flag(on)) => self.broadcast = on,
            (SocketOption::KeepAlive, Flag(on)) => self.keep_alive = on,
            (SocketOption::KeepAliveInterval, Time(Some(interval))) if interval >= Duration::from_secs(1) => {
                self.keep_alive_interval = interval;
            }
            (SocketOption::NoDelay, Flag(on)) => self.no_delay = on,
            (SocketOption::OnlyV6, Flag(on)) => self.only_v6 = on,
            (SocketOption::HopLimit, Number(hops)) => self.hop_limit = hop_limit(hops)?,
            (SocketOption::MulticastHopLimit, Number(hops)) => self.multicast_hop_limit = hop_limit(hops)?,
            (SocketOption::MulticastLoop, Flag(on)) => self.multicast_loop = on,
            (SocketOption::ReceiveBuffer, Number(bytes)) => self.receive_buffer = buffer(bytes),
            (SocketOption::SendBuffer, Number(bytes)) => self.send_buffer = buffer(bytes),
            (SocketOption::ReceiveTimeout, Time(limit)) => self.receive_timeout = limit,
            (SocketOption::SendTimeout, Time(limit)) => self.send_timeout = limit,
            (SocketOption::Linger, Time(limit)) => self.linger = limit,
            (SocketOption::Device, Number(index)) => self.device = LinkId::from_index(index),
            _ => return Err(Errno::EINVAL),
        }
        Ok(())
    }
}

fn hop_limit(hops: u32) -> Result<u8> {
    match u8::try_from(hops) {
        Ok(hops) if hops > 0 => Ok(hops),
        _ => Err(Errno::EINVAL),
    }
}

// A size out of bounds is cut, not refused: POSIX lets the system adjust it.
fn buffer(bytes: u32) -> u32 {
    bytes.clamp(BUFFER_BOUNDS.0, BUFFER_BOUNDS.1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_the_wrong_kind_or_out_of_bounds_are_refused() {
        let mut options = Options::default();
        assert_eq!(options.set(SocketOption::NoDelay, OptionValue::Number(1)), Err(Errno::EINVAL));
        assert_eq!(options.set(SocketOption::HopLimit, OptionValue::Number(0)), Err(Errno::EINVAL));
        assert_eq!(options.set(SocketOption::HopLimit, OptionValue::Number(256)), Err(Errno::EINVAL));
        options.set(SocketOption::ReceiveBuffer, OptionValue::Number(u32::MAX)).expect("cut to the bound");
        assert_eq!(options.get(SocketOption::ReceiveBuffer), OptionValue::Number(BUFFER_BOUNDS.1));
    }
}
