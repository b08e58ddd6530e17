//! The I/O APICs: which vector a device's interrupt line raises (Intel 82093AA data sheet, section 3).

use crate::lock::IrqLock;
use crate::mmio::Mmio;
use alloc::vec::Vec;

const SELECT: usize = 0x00;
const WINDOW: usize = 0x10;
const VERSION: u32 = 1;
const REDIRECTION: u32 = 0x10;
const ACTIVE_LOW: u32 = 1 << 13;
const LEVEL: u32 = 1 << 15;
const MASKED: u32 = 1 << 16;

/// An interrupt line: its number among all I/O APICs, and how it signals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineInfo {
    /// The global system interrupt.
    pub number: u32,
    /// It signals by its level, not by an edge.
    pub level_triggered: bool,
    /// Its active state is low.
    pub active_low: bool,
}

/// An I/O APIC.
#[derive(Clone, Copy, Debug)]
pub struct IoApicInfo {
    /// The physical address of its registers.
    pub address: usize,
    /// The global system interrupt of its first line.
    pub first_line: u32,
}

struct IoApic {
    registers: Mmio,
    first_line: u32,
    lines: u32,
}

impl IoApic {
    fn write(&self, register: u32, value: u32) {
        self.registers.write(SELECT, register);
        self.registers.write(WINDOW, value);
    }

    fn read(&self, register: u32) -> u32 {
        self.registers.write(SELECT, register);
        self.registers.read(WINDOW)
    }
}

static CONTROLLERS: IrqLock<Vec<IoApic>> = IrqLock::new(Vec::new());

/// Takes over the controllers that ACPI lists, with every line masked.
pub fn init(controllers: &[IoApicInfo]) {
    for info in controllers {
        // SAFETY: ACPI's MADT says that an I/O APIC stands there.
        let registers = unsafe { Mmio::map(info.address, 0x20) };
        let mut controller = IoApic { registers, first_line: info.first_line, lines: 0 };
        controller.lines = (controller.read(VERSION) >> 16 & 0xFF) + 1;
        for line in 0..controller.lines {
            controller.write(REDIRECTION + 2 * line, MASKED);
        }
        CONTROLLERS.lock().push(controller);
    }
}

/// Makes `line` raise `vector` on the CPU with APIC id `target`; `false` when no controller has that line.
pub fn route(line: LineInfo, vector: u8, target: u32) -> bool {
    let controllers = CONTROLLERS.lock();
    let owner = controllers.iter().find(|one| (one.first_line..one.first_line + one.lines).contains(&line.number));
    let Some(controller) = owner else { return false };
    let register = REDIRECTION + 2 * (line.number - controller.first_line);
    let mut low = u32::from(vector);
    if line.active_low {
        low |= ACTIVE_LOW;
    }
    if line.level_triggered {
        low |= LEVEL;
    }
    controller.write(register + 1, target << 24);
    controller.write(register, low);
    true
}
