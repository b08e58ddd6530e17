//! The processes as `/proc` shows them.

use crate::membership;
use crate::process::Process;
use crate::table::ProcessTable;
use std::time::Duration;
use vfs::procfs::{ProcSource, ProcessInfo, ProcessState};

impl ProcSource for ProcessTable {
    fn processes(&self) -> Vec<u32> {
        self.list().iter().map(|process| process.pid()).collect()
    }

    fn process(&self, id: u32) -> Option<ProcessInfo> {
        let process = self.get(id)?;
        let is_running = process.is_running();
        Some(ProcessInfo {
            name: process.name().to_owned(),
            args: process.args().to_vec(),
            parent: process.parent(),
            group: process.job().id(),
            state: if is_running { ProcessState::Running } else { ProcessState::Sleeping },
            threads: process.threads(),
            cpu_time_ns: nanoseconds(process.cpu_time()),
            started_ns: nanoseconds(process.started().saturating_duration_since(self.started())),
        })
    }

    fn cwd(&self, id: u32) -> Option<String> {
        self.vfs().path_of(&self.get(id)?.cwd()).ok()
    }

    fn descriptors(&self, id: u32) -> Option<Vec<(i32, String)>> {
        let files = self.get(id)?.files().snapshot();
        Some(files.into_iter().map(|(fd, file)| (fd, file.describe(self.vfs()))).collect())
    }

    fn current(&self) -> Option<u32> {
        membership::current().as_deref().map(Process::pid)
    }

    fn started(&self) -> u64 {
        self.count()
    }
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}
