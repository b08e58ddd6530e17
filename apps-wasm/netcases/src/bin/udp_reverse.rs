//! The example `udp_reverse` of `wasmedge_wasi_socket`.

#[cfg(target_os = "wasi")]
include!(concat!(env!("OUT_DIR"), "/udp_reverse.rs"));

#[cfg(not(target_os = "wasi"))]
fn main() {}
