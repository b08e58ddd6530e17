//! Where the image lies in memory, as `boot/link.ld` lays it out.

use core::ops::Range;

unsafe extern "C" {
    static __image_start: u8;
    static __rodata_start: u8;
    static __data_start: u8;
    static __image_end: u8;
    static __tls_start: u8;
    static __tls_filesz: u8;
    static __tls_memsz: u8;
    static __init_array_start: u8;
    static __init_array_end: u8;
    static boot_stack_bottom: u8;
    static boot_stack_top: u8;
}

fn span(start: *const u8, end: *const u8) -> Range<usize> {
    start as usize..end as usize
}

/// The whole image.
#[must_use]
pub fn image() -> Range<usize> {
    span(&raw const __image_start, &raw const __image_end)
}

/// Code: read and execute.
#[must_use]
pub fn text() -> Range<usize> {
    span(&raw const __image_start, &raw const __rodata_start)
}

/// Constants: read only.
#[must_use]
pub fn rodata() -> Range<usize> {
    span(&raw const __rodata_start, &raw const __data_start)
}

/// Variables: read and write.
#[must_use]
pub fn data() -> Range<usize> {
    span(&raw const __data_start, &raw const __image_end)
}

/// The stack on which the boot processor starts.
#[must_use]
pub fn boot_stack() -> Range<usize> {
    span(&raw const boot_stack_bottom, &raw const boot_stack_top)
}

/// Thread-local storage of one thread: its initial content, and its size with the part that starts as zeros.
#[must_use]
pub fn tls_template() -> (&'static [u8], usize) {
    let length = &raw const __tls_filesz as usize;
    // SAFETY: the linker script places `length` bytes of `.tdata` at `__tls_start`; nothing writes to the template.
    let content = unsafe { core::slice::from_raw_parts(&raw const __tls_start, length) };
    (content, &raw const __tls_memsz as usize)
}

/// The functions that C-style constructors registered, to be called once before `main`.
#[must_use]
pub fn constructors() -> &'static [extern "C" fn()] {
    let range = span(&raw const __init_array_start, &raw const __init_array_end);
    // SAFETY: the linker collects pointers to functions of this type between the two symbols, aligned to 8.
    unsafe { core::slice::from_raw_parts(range.start as *const extern "C" fn(), range.len() / size_of::<usize>()) }
}

/// What the image tool patches into the linked kernel: where it appended symbols and initrd.
#[repr(C)]
struct Payload {
    magic: [u8; 8],
    symbols_start: u64,
    symbols_length: u64,
    initrd_start: u64,
    initrd_length: u64,
}

const PAYLOAD_MAGIC: [u8; 8] = *b"YOLKPAY1";

// SAFETY: the section is the linker script's, kept for the image tool to find; read only at run time.
#[unsafe(link_section = ".payload")]
#[used]
static PAYLOAD: Payload =
    Payload { magic: [0; 8], symbols_start: 0, symbols_length: 0, initrd_start: 0, initrd_length: 0 };

fn payload() -> Option<Payload> {
    // SAFETY: the static is valid for reads; volatile, as its content is not what the compiler saw.
    let payload = unsafe { core::ptr::read_volatile(&raw const PAYLOAD) };
    (payload.magic == PAYLOAD_MAGIC).then_some(payload)
}

fn appended(start: u64, length: u64) -> &'static [u8] {
    if length == 0 {
        return &[];
    }
    // SAFETY: the image tool made a loaded segment of these bytes, which `appended_pages` keeps off the heap for ever.
    unsafe { core::slice::from_raw_parts(start as *const u8, length as usize) }
}

/// The symbol table that the image tool appended; empty in a bare kernel.
#[must_use]
pub fn symbols() -> &'static [u8] {
    payload().map_or(&[], |payload| appended(payload.symbols_start, payload.symbols_length))
}

/// The initrd (a ustar archive) that the image tool appended; empty in a bare kernel.
#[must_use]
pub fn initrd() -> &'static [u8] {
    payload().map_or(&[], |payload| appended(payload.initrd_start, payload.initrd_length))
}

/// What the image tool appended, page-aligned; empty in a bare kernel.
#[must_use]
pub fn appended_pages() -> Range<usize> {
    let Some(payload) = payload() else { return 0..0 };
    let end = (payload.symbols_start + payload.symbols_length).max(payload.initrd_start + payload.initrd_length);
    let start = payload.symbols_start.min(payload.initrd_start);
    start as usize & !0xFFF..(end as usize + 0xFFF) & !0xFFF
}
