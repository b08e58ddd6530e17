//! Starting a shell, on whichever terminal or streams.

use process::{Process, ProcessTable, Programs, Spawn, Stdio};
use std::sync::Arc;
use vfs::OpenFile;

/// The largest message of the day, in bytes.
const GREETING_LIMIT: usize = 16 * 1024;

/// What every shell needs.
#[derive(Clone)]
pub(crate) struct Session {
    pub(crate) table: Arc<ProcessTable>,
    pub(crate) programs: Arc<Programs>,
}

impl Session {
    /// Shows the message of the day: one that a terminal takes at once, as nobody may be there yet to read it.
    pub(crate) fn greet(&self, terminal: &OpenFile) {
        let vfs = self.table.vfs();
        if let Ok(text) = vfs.read_file(&vfs.root(), "/etc/motd", GREETING_LIMIT) {
            // Without it the shell greets nobody, and says so itself.
            let _ = terminal.write_all(&text);
        }
    }
}

/// Starts a shell with `arguments` on `stdio`.
pub(crate) fn start_shell(
    session: &Session,
    arguments: &[&str],
    stdio: Stdio,
    environment: &[(&str, &str)],
) -> interfaces::Result<Arc<Process>> {
    let program = session.programs.lookup("sh").ok_or(interfaces::Errno::ENOENT)?.clone();
    let mut spawn =
        Spawn::new(arguments.iter().map(|word| (*word).to_owned()).collect(), session.table.vfs().root(), stdio);
    spawn.env = environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    spawn.terminal = Some(Arc::clone(&spawn.stdio.stdin)).filter(|file| file.as_terminal().is_some());
    spawn.stack_size = program.stack_size;
    session.table.spawn(spawn, move |context| (program.main)(context))
}
