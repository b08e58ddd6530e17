//! The example `try_sock_opt` of `wasmedge_wasi_socket`.

#[cfg(target_os = "wasi")]
include!(concat!(env!("OUT_DIR"), "/try_sock_opt.rs"));

#[cfg(not(target_os = "wasi"))]
fn main() {}
