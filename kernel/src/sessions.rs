//! `/dev/session` and `/dev/pty`: shells for programs that serve users from elsewhere, as an ssh server does.

use crate::session::{Session, start_shell};
use interfaces::Result;
use process::{Process, Stdio};
use std::sync::Arc;
use tty::{PtyNode, PtySlave, SessionNode, SessionRequest};
use vfs::devfs::DevFs;
use vfs::{Access, File, Kind, OpenFile};

/// What every session has; a request can say otherwise.
const ENVIRONMENT: [(&str, &str); 3] = [("PATH", "/bin"), ("HOME", "/"), ("PWD", "/")];

/// Names both in `/dev`.
pub(crate) fn register(session: &Session, devices: &DevFs) {
    let (for_sessions, for_terminals) = (session.clone(), session.clone());
    let sessions = SessionNode::new(Arc::new(move |request| start(&for_sessions, request)));
    let terminals = PtyNode::new(Arc::new(move |slave| start_on(&for_terminals, slave)));
    let named = devices.register("session", sessions).and_then(|()| devices.register("pty", terminals));
    if let Err(error) = named {
        machine::log!("/dev: {error}");
    }
}

/// A shell in a job of its own: with a command it ends after it, without one it is interactive.
fn start(session: &Session, request: SessionRequest) -> Result<Arc<Process>> {
    let mut environment = ENVIRONMENT.to_vec();
    environment.extend(request.env.iter().map(|(name, value)| (name.as_str(), value.as_str())));
    match &request.command {
        Some(command) => start_shell(session, &["sh", "-c", command], request.stdio, &environment),
        None => {
            if request.terminal.is_some() {
                session.greet(&request.stdio.stdout);
            }
            start_shell(session, &["sh"], request.stdio, &environment)
        }
    }
}

fn start_on(session: &Session, slave: Arc<PtySlave>) -> Result<()> {
    let file = OpenFile::anonymous(slave as Arc<dyn File>, Kind::CharDevice, Access::READ_WRITE);
    let stdio = Stdio { stdin: Arc::clone(&file), stdout: Arc::clone(&file), stderr: file };
    session.greet(&stdio.stdout);
    let environment = [&ENVIRONMENT[..], &[("TERM", "xterm")]].concat();
    start_shell(session, &["sh"], stdio, &environment).map(drop)
}
