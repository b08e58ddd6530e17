//! Processes: ids, descriptor tables, exit status, kill; and the program interface.
//!
//! A [`Program`] is a row in the table [`Programs`] (`program`). [`ProcessTable::spawn`] (`table`, `run`) runs one as a
//! [`Process`] (`process`) on a thread of its own, with a [`Context`] (`context`); threads that it starts join it by
//! [`enter`] (`membership`) and are counted (`probe`). A [`Job`] is what a terminal interrupts as one: a pipeline
//! (`job`). How a process is made to end, and how it did, is `ending` and [`ExitStatus`] (`status`). Each wait of a
//! process ends when it is killed, by the token of crate `wait`. Why a program ends early, and what it says then, is [`Failure`].
//!
//! Depends on `vfs` (descriptors, working directory) and shows itself there: as `/proc` (`proc_source`) and by nodes
//! for `/dev` (`own_descriptor`).
//!
//! Invariant: when a process is over, its descriptors are closed, its children have no parent any more, and the table
//! has forgotten it. Its status lives as long as somebody holds the [`Process`]: there are no zombies to reap.

#![forbid(unsafe_code)]

mod context;
mod ending;
mod failure;
mod job;
mod membership;
mod own_descriptor;
mod probe;
mod proc_source;
mod process;
mod program;
mod run;
mod status;
mod sync;
mod table;

pub use context::{Context, Output, OutputFile};
pub use failure::{Failure, Outcome, errno};
pub use job::Job;
pub use membership::{current, enter, exit};
pub use own_descriptor::own_descriptor;
pub use probe::{ProbeSource, ThreadProbe};
pub use process::{Process, Spawn, Stdio};
pub use program::{Command, Loader, Program, Programs};
pub use status::{ExitStatus, KillReason};
pub use table::ProcessTable;
