//! Rewrites the kernel's ELF file with one more segment, and without what a boot loader does not need.
//!
//! The new file has the headers, the segments and nothing else: no sections, so no debug information. Segments other than
//! `PT_LOAD` (thread-local data, the PVH note) lie within loaded ones and follow them to their new place in the file.

use std::ops::Range;

use anyhow::{Context, Result, bail, ensure};
use object::elf::{FileHeader64, PF_R, PT_LOAD, ProgramHeader64};
use object::read::elf::{FileHeader, ProgramHeader};
use object::{LittleEndian as LE, Object, ObjectSection, U16, U32, U64, pod};

type Segment = ProgramHeader64<LE>;

const PAGE: u64 = 4096;

/// First word of the kernel's record, so that the kernel can tell a finished image.
const MAGIC: &[u8; 8] = b"YOLKPAY1";

/// The kernel with a segment of symbols and initrd, each on a page of its own, right behind its memory.
pub(crate) fn with_payload(kernel: &[u8], symbols: &[u8], initrd: &[u8]) -> Result<Vec<u8>> {
    let header = FileHeader64::<LE>::parse(kernel).context("the kernel is not an ELF file")?;
    let segments = header.program_headers(LE, kernel).context("the kernel has no program headers")?;
    let mut kernel = kernel.to_vec();

    let end = segments.iter().filter(|segment| is_loaded(segment)).map(memory_end).max().context("nothing to load")?;
    let address = end.next_multiple_of(PAGE);
    let initrd_address = (address + symbols.len() as u64).next_multiple_of(PAGE);
    let record = [address, symbols.len() as u64, initrd_address, initrd.len() as u64];
    let place = record_place(&kernel)?;
    kernel[place].copy_from_slice(&[MAGIC.as_slice(), &record.map(u64::to_le_bytes).concat()].concat());

    let mut payload = symbols.to_vec();
    payload.resize((initrd_address - address) as usize, 0);
    payload.extend_from_slice(initrd);
    write(header, segments, &kernel, address, &payload)
}

/// Where the record lies in the kernel's file.
fn record_place(kernel: &[u8]) -> Result<Range<usize>> {
    let file = object::read::elf::ElfFile64::<LE>::parse(kernel)?;
    let section = file.section_by_name(".payload").context("the kernel has no section .payload")?;
    let (start, length) = section.file_range().context("the kernel's section .payload is empty")?;
    ensure!(length == 40, "the kernel's section .payload has {length} bytes, not five words");
    Ok(start as usize..(start + length) as usize)
}

fn is_loaded(segment: &Segment) -> bool {
    segment.p_type(LE) == PT_LOAD
}

fn memory_end(segment: &Segment) -> u64 {
    segment.p_vaddr(LE) + segment.p_memsz(LE)
}

/// Lays out the new file: headers, then each loaded segment at an offset that agrees with its address within a page.
fn write(
    header: &FileHeader64<LE>,
    segments: &[Segment],
    kernel: &[u8],
    address: u64,
    payload: &[u8],
) -> Result<Vec<u8>> {
    let mut added = segments[0];
    added.p_type = U32::new(LE, PT_LOAD);
    added.p_flags = U32::new(LE, PF_R);
    (added.p_vaddr, added.p_paddr) = (U64::new(LE, address), U64::new(LE, address));
    (added.p_filesz, added.p_memsz) = (U64::new(LE, payload.len() as u64), U64::new(LE, payload.len() as u64));
    added.p_align = U64::new(LE, PAGE);

    let mut headers = segments.to_vec();
    let mut body = Vec::new();
    let headers_end = size_of_val(header) + (segments.len() + 1) * size_of::<Segment>();
    let body_start = (headers_end as u64).next_multiple_of(PAGE);
    for segment in headers.iter_mut().filter(|segment| is_loaded(segment)) {
        let content = segment.data(LE, kernel).ok().context("a segment lies outside of the file")?;
        segment.p_offset = U64::new(LE, place(&mut body, body_start, segment.p_vaddr(LE), content));
    }
    added.p_offset = U64::new(LE, place(&mut body, body_start, address, payload));
    move_inner(&mut headers)?;
    headers.push(added);

    let mut header = *header;
    header.e_phoff = U64::new(LE, size_of_val(&header) as u64);
    header.e_phnum = U16::new(LE, u16::try_from(headers.len())?);
    (header.e_shoff, header.e_shnum, header.e_shstrndx) = Default::default();
    let mut file = [pod::bytes_of(&header), pod::bytes_of_slice(&headers)].concat();
    file.resize(body_start as usize, 0);
    file.append(&mut body);
    Ok(file)
}

/// Appends a segment's content and returns its offset in the file.
fn place(body: &mut Vec<u8>, body_start: u64, address: u64, content: &[u8]) -> u64 {
    let offset = (body.len() as u64).next_multiple_of(PAGE) + address % PAGE;
    body.resize(offset as usize, 0);
    body.extend_from_slice(content);
    body_start + offset
}

/// Lets the segments that lie within loaded ones follow them.
fn move_inner(headers: &mut [Segment]) -> Result<()> {
    let loaded: Vec<Segment> = headers.iter().copied().filter(is_loaded).collect();
    for segment in headers.iter_mut().filter(|segment| !is_loaded(segment)) {
        let start = segment.p_vaddr(LE);
        let Some(outer) = loaded.iter().find(|outer| (outer.p_vaddr(LE)..=memory_end(outer)).contains(&start)) else {
            bail!("segment of type {:#x} at {start:#x} is not loaded", segment.p_type(LE));
        };
        segment.p_offset = U64::new(LE, outer.p_offset(LE) + start - outer.p_vaddr(LE));
    }
    Ok(())
}
