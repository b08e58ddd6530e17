//! The example `get_addrinfo` of `wasmedge_wasi_socket`.

#[cfg(target_os = "wasi")]
include!(concat!(env!("OUT_DIR"), "/get_addrinfo.rs"));

#[cfg(not(target_os = "wasi"))]
fn main() {}
