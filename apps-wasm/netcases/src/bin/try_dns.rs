//! The example `try_dns` of `wasmedge_wasi_socket`.

#[cfg(target_os = "wasi")]
include!(concat!(env!("OUT_DIR"), "/try_dns.rs"));

#[cfg(not(target_os = "wasi"))]
fn main() {}
