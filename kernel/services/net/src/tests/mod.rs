//! Tests of the whole stack against a peer at the other end of a wire in memory.
//!
//! `world` runs the engine, without its thread, in virtual time: minutes of protocol take milliseconds and every run is the
//! same. `live` runs the real threads, for what blocks.

mod addressing;
mod blind;
mod datagrams;
mod endings;
mod flood;
mod live;
mod memory;
mod peer;
mod streams;
mod trouble;
mod wire;
mod world;
