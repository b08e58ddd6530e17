//! An SSH agent that offers a key that it does not have: its signatures are wrong (draft-ietf-sshm-ssh-agent).

use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

const FAILURE: u8 = 5;
const REQUEST_IDENTITIES: u8 = 11;
const IDENTITIES_ANSWER: u8 = 12;
const SIGN_REQUEST: u8 = 13;
const SIGN_RESPONSE: u8 = 14;

/// The agent. It ends with the process.
pub(crate) struct Agent {
    socket: PathBuf,
    has_signed: Arc<AtomicBool>,
}

impl Agent {
    /// Starts it with the public half of a key in the folder, an ed25519 one.
    pub(crate) fn start(folder: &Path, name: &str) -> Agent {
        let line = fs::read_to_string(folder.join(name).with_extension("pub")).expect("a public key");
        let key = decode_base64(line.split(' ').nth(1).expect("three words"));
        let socket = folder.join("agent");
        let listener = UnixListener::bind(&socket).expect("a socket");
        let has_signed = Arc::new(AtomicBool::new(false));
        let agent = Agent { socket, has_signed: Arc::clone(&has_signed) };
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                // A client that goes away ends its conversation.
                let _ = serve(stream, &key, &has_signed);
            }
        });
        agent
    }

    pub(crate) fn socket(&self) -> &Path {
        &self.socket
    }

    /// Whether it was asked for a signature.
    pub(crate) fn has_signed(&self) -> bool {
        self.has_signed.load(Ordering::SeqCst)
    }
}

fn serve(mut stream: UnixStream, key: &[u8], has_signed: &AtomicBool) -> io::Result<()> {
    loop {
        let mut length = [0; 4];
        stream.read_exact(&mut length)?;
        let mut request = vec![0; u32::from_be_bytes(length) as usize];
        stream.read_exact(&mut request)?;
        let answer = match request.first() {
            Some(&REQUEST_IDENTITIES) => {
                [&[IDENTITIES_ANSWER, 0, 0, 0, 1][..], &string(key), &string(b"stolen")].concat()
            }
            Some(&SIGN_REQUEST) => {
                has_signed.store(true, Ordering::SeqCst);
                let signature = [string(b"ssh-ed25519"), string(&[7; 64])].concat();
                [&[SIGN_RESPONSE][..], &string(&signature)].concat()
            }
            _ => vec![FAILURE],
        };
        stream.write_all(&string(&answer))?;
    }
}

/// Bytes behind their length.
fn string(bytes: &[u8]) -> Vec<u8> {
    [&u32::try_from(bytes.len()).expect("short").to_be_bytes()[..], bytes].concat()
}

fn decode_base64(text: &str) -> Vec<u8> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let digits = text.bytes().filter_map(|byte| DIGITS.iter().position(|digit| *digit == byte));
    let bits: Vec<bool> = digits.flat_map(|digit| (0..6).rev().map(move |bit| digit >> bit & 1 == 1)).collect();
    bits.chunks_exact(8).map(|byte| byte.iter().fold(0, |value, bit| value << 1 | u8::from(*bit))).collect()
}
