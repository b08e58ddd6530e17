//! The program with OpenSSH's clients, over loopback.

mod agent;
mod files;
mod logins;
mod sessions;
mod support;
