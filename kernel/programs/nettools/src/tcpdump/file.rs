//! Packets in a file that Wireshark and tcpdump read (pcap).

use crate::call::{Failure, failed};
use net::{CapturedFrame, Direction, LinkType};
use pcap_file::pcap::{PcapHeader, PcapPacket, PcapWriter};
use pcap_file::{DataLink, PcapError};
use std::borrow::Cow;
use std::io::{self, Write};
use std::sync::Arc;
use std::time::Duration;
use vfs::OpenFile;

/// The longest piece of a frame that is kept: any frame.
pub(super) const SNAP_LENGTH: usize = 65_535 + 64;

/// What the frames of a file begin with. A file has one kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Ethernet,
    Ip,
    /// Frames of several interfaces, with a header that says which (LINKTYPE_LINUX_SLL2).
    Mixed,
}

/// A file in the making.
pub(super) struct PacketFile {
    writer: PcapWriter<Sink>,
    form: Form,
}

impl PacketFile {
    pub(super) fn new(file: Arc<OpenFile>, form: Form) -> Result<PacketFile, Failure> {
        let datalink = match form {
            Form::Ethernet => DataLink::ETHERNET,
            Form::Ip => DataLink::RAW,
            Form::Mixed => DataLink::LINUX_SLL2,
        };
        // Fits.
        let header = PcapHeader { snaplen: SNAP_LENGTH as u32, datalink, ..PcapHeader::default() };
        let writer = PcapWriter::with_header(Sink(file), header).map_err(|error| explain(&error))?;
        Ok(PacketFile { writer, form })
    }

    pub(super) fn add(&mut self, frame: &CapturedFrame) -> Result<(), Failure> {
        let bytes = match self.form {
            Form::Ethernet | Form::Ip => Cow::Borrowed(&*frame.bytes),
            Form::Mixed => Cow::Owned(cooked(frame)),
        };
        let missing = frame.length.saturating_sub(frame.bytes.len());
        let length = u32::try_from(bytes.len() + missing).unwrap_or(u32::MAX);
        let packet = PcapPacket::new_owned(Duration::from_nanos(frame.time_ns), length, bytes.into_owned());
        self.writer.write_packet(&packet).map(drop).map_err(|error| explain(&error))
    }
}

/// A frame with the header of LINKTYPE_LINUX_SLL2 instead of its own (draft-ietf-opsawg-pcaplinktype).
fn cooked(frame: &CapturedFrame) -> Vec<u8> {
    const ARPHRD_ETHER: u16 = 1;
    const ARPHRD_LOOPBACK: u16 = 772;
    const ETHERNET_HEADER: usize = 14;
    let way: u8 = if frame.direction == Direction::Out { 4 } else { 0 };
    let (kind, hardware, address, body) = match frame.link_type {
        LinkType::Ethernet => {
            let kind = frame.bytes.get(12..ETHERNET_HEADER).unwrap_or(&[0, 0]);
            let source = frame.bytes.get(6..12).unwrap_or_default();
            (kind.to_vec(), ARPHRD_ETHER, source, frame.bytes.get(ETHERNET_HEADER..).unwrap_or_default())
        }
        LinkType::Ip => {
            let is_v6 = frame.bytes.first().is_some_and(|byte| byte >> 4 == 6);
            let kind: u16 = if is_v6 { 0x86dd } else { 0x0800 };
            (kind.to_be_bytes().to_vec(), ARPHRD_LOOPBACK, &[][..], &*frame.bytes)
        }
    };
    let mut cooked = kind;
    cooked.extend([0, 0]);
    cooked.extend(frame.interface.to_be_bytes());
    cooked.extend(hardware.to_be_bytes());
    // Six at most.
    cooked.extend([way, address.len() as u8]);
    let mut padded = [0; 8];
    for (to, from) in padded.iter_mut().zip(address) {
        *to = *from;
    }
    cooked.extend(padded);
    cooked.extend(body);
    cooked
}

fn explain(error: &PcapError) -> Failure {
    match error {
        PcapError::IoError(error) => {
            let number = error.raw_os_error();
            number
                .map_or_else(|| Failure::Error(error.to_string()), |number| io::Error::from_raw_os_error(number).into())
        }
        other => failed("the file cannot be written", Failure::Error(other.to_string())),
    }
}

/// An open file as pcap's writer wants it.
struct Sink(Arc<OpenFile>);

impl Write for Sink {
    fn write(&mut self, buf: &[u8]) -> io::Result<usize> {
        Write::write(&mut &*self.0, buf)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(link_type: LinkType, bytes: &[u8]) -> CapturedFrame {
        let direction = Direction::Out;
        CapturedFrame { time_ns: 1, interface: 2, direction, link_type, bytes: bytes.into(), length: bytes.len() }
    }

    #[test]
    fn frames_of_several_interfaces_say_which() {
        let ethernet = [[1; 6], [2; 6]].concat();
        let ethernet = frame(LinkType::Ethernet, &[&ethernet[..], &[8, 6], b"body"].concat());
        assert_eq!(
            cooked(&ethernet),
            [&[8, 6, 0, 0, 0, 0, 0, 2, 0, 1, 4, 6, 2, 2, 2, 2, 2, 2, 0, 0][..], b"body"].concat()
        );
        let ip = cooked(&frame(LinkType::Ip, &[0x60, 0, 0]));
        assert_eq!((&ip[..2], &ip[8..12], &ip[20..]), (&[0x86, 0xdd][..], &[3, 4, 4, 0][..], &[0x60, 0, 0][..]));
        // What is too short for its header does no harm.
        cooked(&frame(LinkType::Ethernet, &[1, 2, 3]));
        cooked(&frame(LinkType::Ip, &[]));
    }
}
