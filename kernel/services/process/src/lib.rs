//! Processes: ids, descriptor tables, exit status, kill; and the program interface.
//!
//! A [`Program`] is a row in the table [`Programs`] (`program`). [`ProcessTable::spawn`] runs one as a [`Process`] on a thread
//! of its own (`table`, `process`); threads that it starts join it by [`enter`] (`membership`). A [`Job`] is what a terminal
//! interrupts as one: a pipeline (`job`). How a process ended is an [`ExitStatus`] (`status`). Each wait of a process ends
//! when it is killed, by the token of crate `wait`.
//!
//! Depends on `vfs` (descriptors, working directory) and shows itself there as `/proc` (`proc_source`).
//!
//! Invariant: when a process is over, its descriptors are closed, its children have another parent, and the table has
//! forgotten it. Its status lives as long as somebody holds the [`Process`]: there are no zombies to reap.

#![forbid(unsafe_code)]

mod context;
mod job;
mod membership;
mod proc_source;
mod process;
mod program;
mod status;
mod sync;
mod table;

pub use context::{Context, Output};
pub use job::Job;
pub use membership::{current, enter, exit};
pub use process::Process;
pub use program::{Command, Loader, Program, Programs};
pub use status::{ExitStatus, KillReason};
pub use table::{ProbeSource, ProcessTable, Spawn, Stdio, ThreadProbe};
