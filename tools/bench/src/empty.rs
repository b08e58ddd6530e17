//! The least image that QEMU boots: what it takes is what QEMU and its firmware take.
//!
//! An ELF file (System V ABI, chapter 4) of one segment, with a PVH note in it.

/// Where it is loaded.
const ADDRESS: u64 = 1 << 20;

const HEADER_BYTES: u64 = 64;
const SEGMENT_BYTES: u64 = 56;
const NOTE_START: u64 = HEADER_BYTES + 2 * SEGMENT_BYTES;
/// Two lengths, a type, a name of 4 bytes and a value of 8.
const NOTE_BYTES: u64 = 24;
const CODE_START: u64 = NOTE_START + NOTE_BYTES;

/// `mov edx, 0xf4; out dx, al; hlt`: QEMU's debug exit.
const CODE: [u8; 7] = [0xba, 0xf4, 0, 0, 0, 0xee, 0xf4];

/// The file.
pub(crate) fn image() -> Vec<u8> {
    const LOAD: u32 = 1;
    const NOTE: u32 = 4;
    let whole = CODE_START + CODE.len() as u64;
    [header(), segment(LOAD, 0, whole), segment(NOTE, NOTE_START, NOTE_BYTES), note(), CODE.to_vec()].concat()
}

fn header() -> Vec<u8> {
    // 64 bits, little endian, version 1; then an executable for x86-64, version 1.
    let start = [0x7f, b'E', b'L', b'F', 2, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2, 0, 62, 0, 1, 0, 0, 0];
    let addresses = [ADDRESS + CODE_START, HEADER_BYTES, 0].map(u64::to_le_bytes).concat();
    // Flags in two halves, sizes of header and segment, two segments, no sections.
    let sizes = [0_u16, 0, HEADER_BYTES as u16, SEGMENT_BYTES as u16, 2, 64, 0, 0].map(u16::to_le_bytes).concat();
    [start.to_vec(), addresses, sizes].concat()
}

fn segment(kind: u32, offset: u64, bytes: u64) -> Vec<u8> {
    const READ_AND_EXECUTE: u32 = 5;
    let words = [offset, ADDRESS + offset, ADDRESS + offset, bytes, bytes, 4];
    [[kind, READ_AND_EXECUTE].map(u32::to_le_bytes).concat(), words.map(u64::to_le_bytes).concat()].concat()
}

/// Xen's note 18, the physical entry point.
fn note() -> Vec<u8> {
    let start = [4_u32, 8, 18].map(u32::to_le_bytes).concat();
    [start, b"Xen\0".to_vec(), (ADDRESS + CODE_START).to_le_bytes().to_vec()].concat()
}
