//! The example `udp_socket` of `wasmedge_wasi_socket`.

#[cfg(target_os = "wasi")]
include!(concat!(env!("OUT_DIR"), "/udp_socket.rs"));

#[cfg(not(target_os = "wasi"))]
fn main() {}
