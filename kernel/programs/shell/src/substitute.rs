//! Command substitution: what commands print becomes text (POSIX XCU 2.6.3).

use crate::launch::{PIPE_CAPACITY, StartError, Started};
use crate::parameters::Room;
use crate::shell::Shell;
use crate::streams::STDOUT;
use crate::syntax::Script;
use interfaces::{Errno, Result};
use std::ops::ControlFlow;
use std::sync::Arc;
use vfs::OpenFile;

impl Shell {
    /// Runs `script` in a subshell; its output without line ends at the end and without NUL, which no argument can hold. How it ended is `substituted` then.
    pub(crate) fn output_of(
        &mut self,
        script: &Arc<Script>,
        room: &mut Room,
    ) -> std::result::Result<String, StartError> {
        let (reader, writer) = OpenFile::pipe(PIPE_CAPACITY);
        let mut output = Ok(Vec::new());
        // What the words around see as `$?` is the status of the last command.
        let before = self.state.status;
        let flow = self.run_job(|shell, job| {
            let streams = shell.streams();
            let script = Arc::clone(script);
            let own = streams.clone().with(STDOUT, writer);
            let mut started = Started::default();
            started.add(shell.start_subshell("sh", own, job, move |shell| shell.run_script(&script)), &streams);
            // Dropped with what there was no room for: the writers learn that nobody reads it.
            output = read_all(reader, room);
            started
        });
        if let ControlFlow::Break(stop) = flow {
            return Err(StartError::stopped(stop, self.state.status));
        }
        self.substituted = Some(std::mem::replace(&mut self.state.status, before));
        let mut output = output.map_err(|error| StartError::new("commands in words", error))?;
        output.retain(|byte| *byte != 0);
        let mut text = String::from_utf8_lossy(&output).into_owned();
        text.truncate(text.trim_end_matches('\n').len());
        Ok(text)
    }
}

/// E2BIG when there is no room for it.
fn read_all(reader: Arc<OpenFile>, room: &mut Room) -> Result<Vec<u8>> {
    let mut output = Vec::new();
    let mut buf = vec![0; PIPE_CAPACITY];
    loop {
        let count = reader.read(&mut buf)?;
        if count == 0 {
            return Ok(output);
        }
        room.take(count)?;
        output.extend_from_slice(buf.get(..count).ok_or(Errno::EIO)?);
    }
}
