//! The scheduler: which thread runs on which CPU, who sleeps until when, who waits at which futex.
//!
//! A state machine without hardware: [`Scheduler`] is told what happens (a thread is spawned, blocks, wakes, a timer fires)
//! and answers what is to be done (switch to a thread, poke a CPU, arm a timer until). `std-abi` holds it under one
//! interrupt-safe lock and carries the answers out; the tests do so with made-up CPUs and a made-up clock.
//!
//! One lock and one set of run queues serve all CPUs: at the eight that this kernel is made for, simplicity is worth more
//! than what queues of their own would bring, and no thread waits while a CPU idles. After a thread is spawned nothing here
//! allocates, so that an interrupt handler can wake it: queues are linked through the thread table, and the timer heap has
//! room for every thread.
//!
//! Priority is earned: a thread's level follows from the CPU time that it used lately (module `debt`). What sleeps most of the
//! time (a shell at its prompt) goes before what computes, and takes the CPU from it at once; what computes shares the
//! rest; nothing waits longer than [`STARVATION_NS`] behind others.

#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod debt;
mod futex;
mod links;
mod queue;
mod scheduler;
mod table;
mod timer;

pub use debt::LEVELS;
pub use links::ThreadId;
pub use scheduler::{Next, Poke, SLICE_NS, STARVATION_NS, Scheduler, Turn, Wake};

#[cfg(test)]
mod tests;
