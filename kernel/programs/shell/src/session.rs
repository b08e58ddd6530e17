//! Starting shells from outside: for the assembler's consoles, its script, and pseudo terminals.

use crate::sh;
use interfaces::{Errno, Result};
use process::{Process, ProcessTable, Programs, Spawn, Stdio};
use std::collections::BTreeMap;
use std::sync::Arc;
use vfs::{Access, File, Kind, OpenFile};

/// What a shell is started with.
pub struct Session {
    /// The processes that it will be one of.
    pub table: Arc<ProcessTable>,
    /// The programs that it knows, from [`programs`](crate::programs).
    pub programs: Arc<Programs>,
    /// Its environment.
    pub env: BTreeMap<String, String>,
}

impl Session {
    /// Starts an interactive shell on `terminal`, which becomes its controlling terminal.
    ///
    /// # Errors
    /// ENOTTY for what is no terminal; EAGAIN when no thread is to be had.
    pub fn start_on(&self, terminal: Arc<dyn File>) -> Result<Arc<Process>> {
        if terminal.as_terminal().is_none() {
            return Err(Errno::ENOTTY);
        }
        let terminal = OpenFile::anonymous(terminal, Kind::CharDevice, Access::READ_WRITE);
        let stdio =
            Stdio { stdin: Arc::clone(&terminal), stdout: Arc::clone(&terminal), stderr: Arc::clone(&terminal) };
        self.start(&[], stdio, Some(terminal))
    }

    /// Starts `sh` with `arguments` (a script's path, or `-c` and a command) on three open files.
    ///
    /// ^C has to interrupt the process's job: `process.job().kill(KillReason::Interrupt)`.
    ///
    /// # Errors
    /// EAGAIN when no thread is to be had.
    pub fn start(&self, arguments: &[&str], stdio: Stdio, terminal: Option<Arc<OpenFile>>) -> Result<Arc<Process>> {
        let args = [sh::NAME].iter().chain(arguments).map(|argument| (*argument).to_string()).collect();
        let mut spawn = Spawn::new(args, self.table.vfs().root(), stdio);
        spawn.env = self.env.clone();
        spawn.terminal = terminal;
        let programs = Arc::clone(&self.programs);
        self.table.spawn(spawn, move |context| sh::main(context, programs))
    }
}
