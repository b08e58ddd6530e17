//! Interrupts: the descriptor table, and what runs for each vector (Intel SDM vol. 3, chapter 6).

use crate::frame::InterruptFrame;
use crate::ioapic::LineInfo;
use crate::lock::IrqLock;
use crate::port::Port;
use crate::{apic, cpu, exception, interrupt_flag, ioapic, shootdown, vectors};
use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicPtr, AtomicU8, Ordering};
use spin::Once;
use x86::dtables::DescriptorTablePointer;

core::arch::global_asm!(include_str!("asm/interrupts.s"));

const EXCEPTIONS: u64 = 32;
const FIRST_DEVICE_VECTOR: u8 = 0x30;
const LAST_DEVICE_VECTOR: u8 = 0xDF;
const SPURIOUS_VECTOR: u8 = 0xFF;

/// What runs at an interrupt.
pub type Handler = Arc<dyn Fn() + Send + Sync>;

static HANDLERS: [AtomicPtr<Handler>; 256] = [const { AtomicPtr::new(core::ptr::null_mut()) }; 256];
static NEXT_VECTOR: AtomicU8 = AtomicU8::new(FIRST_DEVICE_VECTOR);
static TABLE: Once<[[u64; 2]; 256]> = Once::new();

unsafe extern "C" {
    static interrupt_stubs: u8;
}

/// The interrupt stack (1 to 4) for a vector whose cause may be the stack itself; 0 stays on the interrupted one.
const fn interrupt_stack(vector: u64) -> u64 {
    match vector {
        14 => 1,
        8 => 2,
        2 => 3,
        18 => 4,
        _ => 0,
    }
}

fn build_table() -> [[u64; 2]; 256] {
    const PRESENT_INTERRUPT_GATE: u64 = 0x8E << 40;
    const CODE_SELECTOR: u64 = 8 << 16;
    core::array::from_fn(|vector| {
        let stub = &raw const interrupt_stubs as u64 + 16 * vector as u64;
        let low = stub & 0xFFFF
            | CODE_SELECTOR
            | interrupt_stack(vector as u64) << 32
            | PRESENT_INTERRUPT_GATE
            | (stub >> 16 & 0xFFFF) << 48;
        [low, stub >> 32]
    })
}

/// Loads the interrupt table on the CPU that runs this code, and silences the old interrupt controllers.
pub fn init() {
    let table = TABLE.call_once(|| {
        silence_8259();
        build_table()
    });
    let pointer = DescriptorTablePointer::new(table);
    // SAFETY: the table lives for ever, and its gates lead to the stubs.
    unsafe { x86::dtables::lidt(&pointer) };
}

/// Enables the local APIC of the CPU that runs this code.
pub fn init_apic() {
    apic::init(SPURIOUS_VECTOR);
}

/// Moves both 8259s away from the exceptions, as they may still raise a spurious interrupt, and masks them.
fn silence_8259() {
    const INITIALISE: u8 = 0x11;
    const MODE_8086: u8 = 1;
    for (command, vectors, cascade) in [(0x20, 0x20, 4), (0xA0, 0x28, 2)] {
        // SAFETY: the 8259s of a PC stand at these ports.
        let [command, data] = [command, command + 1].map(|port| unsafe { Port::<u8>::new(port) });
        command.write(INITIALISE);
        data.write(vectors);
        data.write(cascade);
        data.write(MODE_8086);
        data.write(0xFF);
    }
}

/// Makes `vector` call `handler`, with interrupts off, on the interrupted thread's stack.
pub fn set_handler(vector: u8, handler: impl Fn() + Send + Sync + 'static) {
    let handler: Handler = Arc::new(handler);
    // Never freed: an interrupt may be running it on another CPU.
    HANDLERS[usize::from(vector)].store(Box::into_raw(Box::new(handler)), Ordering::Release);
}

/// A vector that no device has yet, with its handler; `None` when all are taken.
pub fn allocate_vector(handler: impl Fn() + Send + Sync + 'static) -> Option<u8> {
    let step = |vector| (vector <= LAST_DEVICE_VECTOR).then_some(vector + 1);
    let vector = NEXT_VECTOR.fetch_update(Ordering::Relaxed, Ordering::Relaxed, step).ok()?;
    set_handler(vector, handler);
    Some(vector)
}

/// A line that is in use: its number, its vector, and the handlers of the devices that share it.
struct ConnectedLine {
    number: u32,
    vector: u8,
    handlers: Vec<Handler>,
}

static LINES: IrqLock<Vec<ConnectedLine>> = IrqLock::new(Vec::new());

/// Makes a device's interrupt line call `handler`, on the boot processor; `false` when there is no such line or vector.
///
/// Devices may share a line: each one's handler is called, whichever of them raised it.
pub fn connect(line: LineInfo, handler: impl Fn() + Send + Sync + 'static) -> bool {
    let handler: Handler = Arc::new(handler);
    let mut lines = LINES.lock();
    if let Some(shared) = lines.iter_mut().find(|one| one.number == line.number) {
        shared.handlers.push(handler);
        let all = shared.handlers.clone();
        set_handler(shared.vector, move || all.iter().for_each(|one| one()));
        return true;
    }
    let first = Arc::clone(&handler);
    let Some(vector) = allocate_vector(move || first()) else { return false };
    lines.push(ConnectedLine { number: line.number, vector, handlers: alloc::vec![handler] });
    ioapic::route(line, vector, cpu::apic_id(0).unwrap_or(0))
}

/// Called by `interrupts.s` for every interrupt and exception.
// SAFETY: no other symbol has this name; the assembly passes the frame that it has just pushed.
#[unsafe(no_mangle)]
extern "C" fn interrupt_dispatch(frame: &mut InterruptFrame) {
    if frame.vector < EXCEPTIONS {
        exception::handle(frame);
        return;
    }
    let vector = frame.vector as u8;
    if vector == SPURIOUS_VECTOR {
        return;
    }
    let is_device = (FIRST_DEVICE_VECTOR..=LAST_DEVICE_VECTOR).contains(&vector);
    // A timer or a poke may switch to another thread: what it interrupts must not wait for this one to come back. A line that
    // is still raised would interrupt at once again: there the device is served first.
    if !is_device {
        apic::end_of_interrupt();
    }
    match vector {
        vectors::FLUSH => shootdown::flush_here(),
        vectors::STOP => interrupt_flag::stop(),
        _ => {
            let handler = HANDLERS[usize::from(vector)].load(Ordering::Acquire);
            // SAFETY: a pointer that is not null came from `set_handler` and is never freed.
            if let Some(handler) = unsafe { handler.as_ref() } {
                handler();
            }
        }
    }
    if is_device {
        apic::end_of_interrupt();
    }
}
