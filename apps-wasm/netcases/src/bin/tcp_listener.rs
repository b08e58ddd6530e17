//! The example `tcp_listener` of `wasmedge_wasi_socket`.

#[cfg(target_os = "wasi")]
include!(concat!(env!("OUT_DIR"), "/tcp_listener.rs"));

#[cfg(not(target_os = "wasi"))]
fn main() {}
