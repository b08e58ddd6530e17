//! A name server over TCP (RFC 1035, section 4.2.2) on an inherited listener, for the example `try_dns`: it answers the first
//! question of each connection, as many as its argument says. Every name has the address 192.0.2.53.

use std::io::{self, Read, Write};
use std::net::TcpListener;
use std::os::fd::FromRawFd;

const FIRST_LISTENER: i32 = 3;
const HEADER: usize = 12;
/// Name (that of the question), type A, class IN, a minute, four bytes.
const RECORD: [u8; 16] = [0xc0, HEADER as u8, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 192, 0, 2, 53];

fn main() -> io::Result<()> {
    let clients = std::env::args().nth(1).and_then(|count| count.parse().ok()).unwrap_or(1);
    // SAFETY: this program is started with `--no-dir --listen`, which opens the descriptor for it.
    let listener = unsafe { TcpListener::from_raw_fd(FIRST_LISTENER) };
    for _ in 0..clients {
        let (mut stream, _) = listener.accept()?;
        let mut length = [0; 2];
        stream.read_exact(&mut length)?;
        let mut question = vec![0; u16::from_be_bytes(length).into()];
        stream.read_exact(&mut question)?;
        let answer = answer(&question).ok_or(io::ErrorKind::InvalidData)?;
        let length = u16::try_from(answer.len()).map_err(|_| io::ErrorKind::InvalidData)?;
        stream.write_all(&[&length.to_be_bytes()[..], &answer].concat())?;
        println!("answered");
    }
    Ok(())
}

/// The question with an answer behind it: the same number, recursion available, one record.
fn answer(question: &[u8]) -> Option<Vec<u8>> {
    let number = question.get(..2)?;
    Some([number, &[0x81, 0x80, 0, 1, 0, 1, 0, 0, 0, 0], question.get(HEADER..)?, &RECORD].concat())
}
