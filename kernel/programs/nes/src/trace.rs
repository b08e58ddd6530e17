//! A log of each instruction before it runs, in the form of `nestest.log`, which emulators compare line by line.
//!
//! `nestest.nes` has a routine at $C000 that tests the CPU without a screen: it is started there and has run when it returns.

use crate::console::Console;
use crate::load::{self, Choice};
use process::{Context, ExitStatus};
use std::fmt::Write as _;
use std::io::Write;
use tetanes_core::bus::Bus;
use tetanes_core::cpu::instr::{AddrMode, Instr};
use tetanes_core::cpu::{Cpu, Status};
use vfs::OpenOptions;

const ROUTINE: u16 = 0xC000;
/// Instructions after which a routine is not waited for any longer: many times what nestest takes.
const INSTRUCTION_LIMIT: u64 = 10_000_000;
/// Dots of a scanline.
const DOTS: u32 = 341;
const FLUSH_SIZE: usize = 64 << 10;
/// Where nestest leaves the number of what failed: official instructions, then the others.
const FAILURES: [u16; 2] = [2, 3];

/// Where the log goes.
pub(crate) struct Job {
    pub(crate) file: Option<String>,
}

pub(crate) fn run(context: &Context, choice: &Choice, job: &Job) -> Result<ExitStatus, String> {
    let mut console = load::power_on(context, choice, crate::console::Sound::Off)?;
    let (name, target) = match &job.file {
        Some(path) => (path.as_str(), context.open(path, &OpenOptions::rewrite()).map_err(|e| format!("{path}: {e}"))?),
        None => ("standard output", context.stdout.clone()),
    };
    let mut text = String::new();
    let flush = |text: &mut String| {
        let result = target.write_all(text.as_bytes()).map_err(|error| format!("{name}: {error}"));
        text.clear();
        result
    };
    console.jump(ROUTINE);
    let outcome = log_routine(
        &mut console,
        || context.is_killed(),
        |line| {
            text.push_str(line);
            text.push('\n');
            if text.len() < FLUSH_SIZE { Ok(()) } else { flush(&mut text) }
        },
    );
    flush(&mut text)?;
    match outcome.map_err(|error| format!("{}: {error}", choice.name))? {
        End::Returned => Ok(verdict(context, &console)),
        End::Killed => Ok(ExitStatus::Killed),
        End::LimitReached => Err(format!("{}: no return after {INSTRUCTION_LIMIT} instructions", choice.name)),
    }
}

fn verdict(context: &Context, console: &Console) -> ExitStatus {
    let [official, others] = FAILURES.map(|address| console.peek(address));
    let _ = writeln!(context.err(), "result: ${official:02X} ${others:02X}");
    if official == 0 && others == 0 { ExitStatus::SUCCESS } else { ExitStatus::FAILURE }
}

/// How a routine ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    /// It took more from the stack than it had put there.
    Returned,
    Killed,
    LimitReached,
}

fn log_routine(
    console: &mut Console,
    is_killed: impl Fn() -> bool,
    mut put: impl FnMut(&str) -> Result<(), String>,
) -> Result<End, String> {
    let bottom = console.deck().bus().cpu.sp;
    let mut line = String::new();
    for _ in 0..INSTRUCTION_LIMIT {
        line.clear();
        describe(console.deck().bus(), &mut line);
        put(&line)?;
        console.run_instruction().map_err(|error| error.to_string())?;
        if console.deck().bus().cpu.sp > bottom {
            return Ok(End::Returned);
        }
        if is_killed() {
            return Ok(End::Killed);
        }
    }
    Ok(End::LimitReached)
}

/// The instruction that runs next, the registers, where the picture unit is, and the CPU's cycle.
fn describe(bus: &Bus, line: &mut String) {
    let cpu = &bus.cpu;
    let mut next = cpu.pc;
    let instruction = bus.disassemble(&mut next);
    let mut bytes = format!("{:02X}", instruction.instr.opcode);
    for byte in instruction.operands() {
        // Writing to a string does not fail.
        let _ = write!(bytes, " {byte:02X}");
    }
    let mut text = instruction.instr.to_string();
    operand(bus, instruction.instr.opcode, instruction.bytes, next, &mut text);
    // Bit 5 does not exist in the register, and reads as set.
    let ((scanline, dot), status) = (picture_position(bus), cpu.status.union(Status::U).bits());
    let (a, x, y, sp) = (cpu.acc, cpu.x, cpu.y, cpu.sp);
    let _ = write!(
        line,
        "{:04X}  {bytes:<9}{text:<33}A:{a:02X} X:{x:02X} Y:{y:02X} P:{status:02X} SP:{sp:02X} PPU:{:3},{:3} CYC:{}",
        cpu.pc, scanline, dot, cpu.cycle,
    );
}

/// The scanline and the dot that the picture unit has reached. The emulator keeps it a master clock behind the CPU, so that a
/// dot may be due.
fn picture_position(bus: &Bus) -> (u16, u16) {
    let ppu = &bus.ppu;
    let due = bus.cpu.master_clock.saturating_sub(ppu.master_clock) / u32::from(ppu.clock_divider).max(1);
    match (ppu.scanline, u32::from(ppu.cycle) + due) {
        (scanline, dot) if dot < DOTS => (scanline, u16::try_from(dot).unwrap_or(u16::MAX)),
        (scanline, dot) => {
            let next = if scanline == ppu.prerender_scanline { 0 } else { scanline + 1 };
            (next, u16::try_from(dot - DOTS).unwrap_or(u16::MAX))
        }
    }
}

/// The operand, where it leads and what is there. `next` is the address of the following instruction.
fn operand(bus: &Bus, opcode: u8, [low, high]: [u8; 2], next: u16, text: &mut String) {
    let Some(known) = Cpu::INSTR_REF.get(usize::from(opcode)) else { return };
    let word = u16::from_le_bytes([low, high]);
    let (x, y) = (bus.cpu.x, bus.cpu.y);
    let indexed = |index: u8| word.wrapping_add(u16::from(index));
    let _ = match known.addr_mode {
        AddrMode::IMP => Ok(()),
        AddrMode::ACC => write!(text, " A"),
        AddrMode::IMM => write!(text, " #${low:02X}"),
        AddrMode::REL => write!(text, " ${:04X}", next.wrapping_add_signed(i16::from(low.cast_signed()))),
        AddrMode::ZP0 => write!(text, " ${low:02X} = {:02X}", peek(bus, low.into())),
        AddrMode::ZPX => in_zero_page(bus, low, 'X', low.wrapping_add(x), text),
        AddrMode::ZPY => in_zero_page(bus, low, 'Y', low.wrapping_add(y), text),
        AddrMode::ABS if known.instr == Instr::JMP => write!(text, " ${word:04X}"),
        AddrMode::OTH if known.instr == Instr::JSR => write!(text, " ${word:04X}"),
        AddrMode::ABS => write!(text, " ${word:04X} = {:02X}", peek(bus, word)),
        AddrMode::ABX | AddrMode::ABXW => anywhere(bus, word, 'X', indexed(x), text),
        AddrMode::OTH if known.instr == Instr::SYA => anywhere(bus, word, 'X', indexed(x), text),
        AddrMode::ABY | AddrMode::ABYW | AddrMode::OTH => anywhere(bus, word, 'Y', indexed(y), text),
        // The CPU takes both bytes from one page.
        AddrMode::IND => {
            let above = word & 0xFF00 | word.wrapping_add(1) & 0x00FF;
            write!(text, " (${word:04X}) = {:02X}{:02X}", bus.peek(above), bus.peek(word))
        }
        AddrMode::IDX => {
            let pointer = low.wrapping_add(x);
            let address = pointer_at(bus, pointer);
            write!(text, " (${low:02X},X) @ {pointer:02X} = {address:04X} = {:02X}", peek(bus, address))
        }
        AddrMode::IDY | AddrMode::IDYW => {
            let base = pointer_at(bus, low);
            let address = base.wrapping_add(u16::from(y));
            write!(text, " (${low:02X}),Y = {base:04X} @ {address:04X} = {:02X}", peek(bus, address))
        }
    };
}

fn in_zero_page(bus: &Bus, base: u8, index: char, address: u8, text: &mut String) -> std::fmt::Result {
    write!(text, " ${base:02X},{index} @ {address:02X} = {:02X}", peek(bus, address.into()))
}

fn anywhere(bus: &Bus, base: u16, index: char, address: u16, text: &mut String) -> std::fmt::Result {
    write!(text, " ${base:04X},{index} @ {address:04X} = {:02X}", peek(bus, address))
}

/// A pointer in page zero, whose second byte lies there as well.
fn pointer_at(bus: &Bus, address: u8) -> u16 {
    u16::from_le_bytes([bus.peek(address.into()), bus.peek(address.wrapping_add(1).into())])
}

/// What the log shows at `address`: registers cannot be looked at without being read, and count as FF.
fn peek(bus: &Bus, address: u16) -> u8 {
    if (0x2000..0x4020).contains(&address) { 0xFF } else { bus.peek(address) }
}
