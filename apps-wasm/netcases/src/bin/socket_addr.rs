//! The example `socket_addr` of `wasmedge_wasi_socket`.

#[cfg(target_os = "wasi")]
include!(concat!(env!("OUT_DIR"), "/socket_addr.rs"));

#[cfg(not(target_os = "wasi"))]
fn main() {}
