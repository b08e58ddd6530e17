//! An echo server of plain std on an inherited listener: the first descriptor behind those of the directories, of which it
//! gets none. It serves one client after the other, as many as its argument says.

use std::io;
use std::net::TcpListener;
use std::os::fd::FromRawFd;

const FIRST_LISTENER: i32 = 3;

fn main() -> io::Result<()> {
    assert_eq!(std::env::var("LISTEN_FDS").as_deref(), Ok("1"));
    let clients = std::env::args().nth(1).and_then(|count| count.parse().ok()).unwrap_or(1);
    // SAFETY: LISTEN_FDS says that the descriptor is open and this program's.
    let listener = unsafe { TcpListener::from_raw_fd(FIRST_LISTENER) };
    for _ in 0..clients {
        let (stream, _) = listener.accept()?;
        let bytes = io::copy(&mut &stream, &mut &stream)?;
        println!("echoed {bytes} bytes");
    }
    Ok(())
}
