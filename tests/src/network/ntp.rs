//! A time server (RFC 5905).

use smoltcp::iface::{SocketHandle, SocketSet};
use smoltcp::socket::udp;

use super::udp_socket::udp_socket;

const PORT: u16 = 123;
const MESSAGE: usize = 48;
/// Version 4, server; stratum 1.
const HEAD: [u8; 4] = [0x24, 1, 0, 0xe0];
/// From NTP's epoch, 1900, to Unix's.
const EPOCH_SECONDS: u64 = 2_208_988_800;

/// The server.
pub struct Ntp {
    /// The time that it tells, in seconds since 1970; `None`: it is silent.
    pub seconds: Option<u64>,
    /// How many questions came.
    pub questions: usize,
    socket: SocketHandle,
}

impl Ntp {
    pub(super) fn new(sockets: &mut SocketSet<'static>) -> Self {
        Self { seconds: None, questions: 0, socket: udp_socket(sockets, PORT) }
    }

    pub(super) fn serve(&mut self, sockets: &mut SocketSet<'static>) {
        let socket = sockets.get_mut::<udp::Socket<'_>>(self.socket);
        while let Ok((question, from)) = socket.recv().map(|(bytes, from)| (bytes.to_vec(), from.endpoint)) {
            self.questions += 1;
            let (Some(seconds), Some(sent)) = (self.seconds, question.get(40..MESSAGE)) else { continue };
            let now = [((seconds + EPOCH_SECONDS) as u32).to_be_bytes(), [0; 4]].concat();
            // Delay, dispersion; the clock's name; then the times: set, the client's, received, sent.
            let answer = [&HEAD[..], &[0; 8], b"TEST", &now, sent, &now, &now].concat();
            // A client asks again.
            let _ = socket.send_slice(&answer, from);
        }
    }
}
