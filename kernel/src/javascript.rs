//! The program `js` and what it finds of this machine.

use crate::facts::ThisMachine;
use interfaces::MachineInfo;
use js::{Machine, MemoryUse, ProgramTable};
use machine::port;
use process::{Program, Programs};
use std::sync::Arc;
use std_abi::threads;

/// Scripts start programs from the table that they are in themselves.
pub(crate) struct Scripts(ProgramTable);

impl Scripts {
    /// Adds `js` to the table's rows.
    pub(crate) fn add_to(programs: &mut Vec<Program>) -> Scripts {
        let table = ProgramTable::default();
        programs.push(js::program(Arc::new(Ports), Arc::clone(&table)));
        Scripts(table)
    }

    /// Lets scripts start the programs of the table.
    pub(crate) fn may_start(self, programs: &Arc<Programs>) {
        // There is one table, and this is called once.
        let _first = self.0.set(Arc::clone(programs));
    }
}

/// This machine, with its I/O ports: scripts may use them, as those of eggos might.
struct Ports;

impl Machine for Ports {
    fn limit_memory(&self, bytes: Option<usize>) {
        threads::limit_memory(bytes);
    }

    fn memory_used(&self) -> usize {
        threads::memory_used()
    }

    fn pause_memory(&self) {
        threads::pause_memory();
    }

    fn resume_memory(&self) {
        threads::resume_memory();
    }

    fn memory(&self) -> MemoryUse {
        let (total, free) = ThisMachine.memory();
        MemoryUse { total, free }
    }

    fn cpus(&self) -> (String, u64, Vec<&'static str>, usize) {
        let (model, hz) = ThisMachine.cpu_model();
        (model, hz, ThisMachine.cpu_features(), ThisMachine.cpu_times().len())
    }

    fn read_port(&self, number: u16) -> Option<u8> {
        Some(port::read_any(number))
    }

    fn write_port(&self, number: u16, value: u8) -> Option<()> {
        port::write_any(number, value);
        Some(())
    }
}
