//! The example `nonblock_tcp_stream` of `wasmedge_wasi_socket`.

#[cfg(target_os = "wasi")]
include!(concat!(env!("OUT_DIR"), "/nonblock_tcp_stream.rs"));

#[cfg(not(target_os = "wasi"))]
fn main() {}
