//! The page tables: physical = virtual, each page with the least rights that it needs.
//!
//! RAM is writable and not executable, the image's text is executable and not writable, page 0 and guard pages are not
//! mapped, devices are mapped on request. Source: Intel SDM vol. 3, section 4.5 (4-level paging).

use crate::boot_info::{BootInfo, LoaderInfo, RegionKind};
use crate::lock::IrqLock;
use crate::{dma, heap, layout};
use bitflags::bitflags;
use core::alloc::Layout;
use core::ops::Range;
use x86::controlregs;

const PAGE: usize = 4096;
const LARGE_PAGE: usize = 2 << 20;
const GIB_4: u64 = 4 << 30;
const ADDRESS_MASK: u64 = 0x000F_FFFF_FFFF_F000;

bitflags! {
    /// Bits of a page-table entry.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct Entry: u64 {
        /// The page is mapped.
        const PRESENT = 1;
        /// It can be written.
        const WRITABLE = 1 << 1;
        /// Write-through.
        const WRITE_THROUGH = 1 << 3;
        /// Not cached: for devices.
        const UNCACHED = 1 << 4;
        /// A large page, not a table.
        const LARGE = 1 << 7;
        /// It cannot be executed.
        const NO_EXECUTE = 1 << 63;
    }
}

const READ_WRITE: Entry = Entry::PRESENT.union(Entry::WRITABLE).union(Entry::NO_EXECUTE);
const READ_ONLY: Entry = Entry::PRESENT.union(Entry::NO_EXECUTE);
const EXECUTABLE: Entry = Entry::PRESENT;
const DEVICE: Entry = READ_WRITE.union(Entry::UNCACHED).union(Entry::WRITE_THROUGH);
/// Writes are gathered: the type that [`init_memory_types`] gives to write-through without cache-disable.
const PICTURE: Entry = READ_WRITE.union(Entry::WRITE_THROUGH);
/// The page attribute table as after a reset (Intel SDM vol. 3, section 12.12.4), but with write-combining (1) for
/// write-through (4) in entries 1 and 5.
const MEMORY_TYPES: u64 = 0x0007_0106_0007_0106;
/// What entries that lead to further tables carry: rights are decided at the last level.
const TABLE: u64 = Entry::PRESENT.union(Entry::WRITABLE).bits();

type Table = [u64; 512];

struct Tables {
    root: *mut Table,
}

// SAFETY: the tables are reached only under the lock below.
unsafe impl Send for Tables {}

static TABLES: IrqLock<Tables> = IrqLock::new(Tables { root: core::ptr::null_mut() });

fn new_table() -> *mut Table {
    let table = heap::allocate(Layout::new::<TablePage>());
    assert!(!table.is_null(), "no memory for page tables");
    // SAFETY: freshly allocated, of this size.
    unsafe { table.write_bytes(0, PAGE) };
    table.cast()
}

#[repr(align(4096))]
struct TablePage(#[allow(dead_code, reason = "it stands for size and alignment")] Table);

impl Tables {
    /// The entry for `address` at `level` (1: 4 KiB pages, 2: 2 MiB pages), making the tables above it and splitting a
    /// large page where it is in the way.
    fn entry(&mut self, address: usize, level: u32) -> *mut u64 {
        let mut table = self.root;
        for depth in (level..4).rev() {
            let slot = slot(table, address, depth + 1);
            // SAFETY: `slot` points into a table of ours.
            let value = unsafe { slot.read() };
            let next = if value & Entry::PRESENT.bits() == 0 {
                new_table()
            } else if value & Entry::LARGE.bits() != 0 {
                split(value)
            } else {
                table = (value & ADDRESS_MASK) as *mut Table;
                continue;
            };
            // SAFETY: as above. A split maps the same addresses with the same rights as before.
            unsafe { slot.write_volatile(next as u64 | TABLE) };
            table = next;
        }
        slot(table, address, level)
    }

    /// Maps `range` one to one with the rights `flags`, in large pages where they fit.
    fn map(&mut self, range: Range<usize>, flags: Entry) {
        let mut at = range.start & !(PAGE - 1);
        let end = range.end.next_multiple_of(PAGE);
        while at < end {
            let large = at.is_multiple_of(LARGE_PAGE) && end - at >= LARGE_PAGE;
            let (entry, extra, step) = if large {
                (self.entry_of_large(at), Entry::LARGE, LARGE_PAGE)
            } else {
                (Some(self.entry(at, 1)), Entry::empty(), PAGE)
            };
            match entry {
                // SAFETY: the entry lies in a table of ours.
                Some(entry) => unsafe { entry.write_volatile(at as u64 | (flags | extra).bits()) },
                // The large page is split already: go on in small steps.
                None => {
                    for page in (at..at + LARGE_PAGE).step_by(PAGE) {
                        // SAFETY: as above.
                        unsafe { self.entry(page, 1).write_volatile(page as u64 | flags.bits()) };
                    }
                }
            }
            at += step;
        }
    }

    /// The level-2 entry for `address`, unless a table of small pages stands there.
    fn entry_of_large(&mut self, address: usize) -> Option<*mut u64> {
        let entry = self.entry(address, 2);
        // SAFETY: the entry lies in a table of ours.
        let value = unsafe { entry.read() };
        let is_table = value & Entry::PRESENT.bits() != 0 && value & Entry::LARGE.bits() == 0;
        (!is_table).then_some(entry)
    }
}

fn slot(table: *mut Table, address: usize, level: u32) -> *mut u64 {
    let index = address >> (12 + 9 * (level - 1)) & 511;
    // SAFETY: the index is below 512, the length of a table.
    unsafe { table.cast::<u64>().add(index) }
}

/// A table of small pages that maps what the large page `value` mapped.
fn split(value: u64) -> *mut Table {
    let table = new_table();
    let flags = value & !ADDRESS_MASK & !Entry::LARGE.bits();
    for index in 0..512 {
        let small = ((value & ADDRESS_MASK) + (index * PAGE) as u64) | flags;
        // SAFETY: the index is below the table's length.
        let entry = unsafe { table.cast::<u64>().add(index) };
        // SAFETY: the table is new, nobody else knows it.
        unsafe { entry.write(small) };
    }
    table
}

/// Gives the RAM below 4 GiB to the heap; returns what the loader said, copied there. The loader's own structures are not to
/// be read afterwards: some of them will not stay mapped.
#[must_use]
pub fn add_low_memory(loader: LoaderInfo) -> BootInfo {
    loader.for_each_region(|region, kind| {
        if kind == RegionKind::Usable {
            let reserved = |visit: &mut dyn FnMut(Range<usize>)| loader.for_each_reserved(visit);
            // SAFETY: mapped by the entry stub's tables, which who loaded the value vouched for; free but for what is left
            // out; and given once, as the value is used up.
            unsafe { add_unreserved(reserved, region.start.min(GIB_4)..region.end.min(GIB_4)) };
        }
    });
    BootInfo::new(&loader)
}

/// Builds the page tables, switches to them, and gives the heap the RAM above 4 GiB.
///
/// # Panics
/// When called a second time.
pub fn init(info: &BootInfo) {
    assert!(TABLES.lock().root.is_null(), "the page tables are built once");
    TABLES.lock().root = new_table();
    let mut tables = TABLES.lock();
    for (region, _) in &info.regions {
        tables.map(region.start as usize..region.end as usize, READ_WRITE);
    }
    // The BIOS data area, the trampoline page and the text screen, but not page 0.
    tables.map(PAGE..0xA0000, READ_WRITE);
    tables.map(0xA0000..0xC0000, DEVICE);
    tables.map(0xC0000..0x10_0000, READ_ONLY);
    tables.map(layout::text(), EXECUTABLE);
    tables.map(layout::rodata(), READ_ONLY);
    tables.map(layout::data(), READ_WRITE);
    tables.map(layout::appended_pages(), READ_ONLY);
    // SAFETY: page 0 is never used: an access through a null pointer must fault.
    unsafe { tables.entry(0, 1).write_volatile(0) };
    let guard = layout::boot_stack().start;
    // SAFETY: the lowest page of the boot stack becomes its guard.
    unsafe { tables.entry(guard, 1).write_volatile(0) };
    // SAFETY: the tables map the code that runs, its stack and its data where they are.
    unsafe { controlregs::cr3_write(tables.root as u64) };
    drop(tables);
    if info.regions.iter().any(|(region, kind)| *kind == RegionKind::Usable && region.end > GIB_4) {
        dma::reserve_low_memory();
    }
    for (region, kind) in &info.regions {
        if *kind == RegionKind::Usable {
            let reserved = |visit: &mut dyn FnMut(Range<usize>)| info.reserved.iter().cloned().for_each(visit);
            // SAFETY: mapped by the new tables.
            unsafe { add_unreserved(reserved, region.start.max(GIB_4)..region.end.max(GIB_4)) };
        }
    }
}

/// Gives `region` to the heap, without what is reserved and without the first MiB.
///
/// # Safety
/// The region is mapped, and free but for what `for_each_reserved` visits.
unsafe fn add_unreserved(for_each_reserved: impl Fn(&mut dyn FnMut(Range<usize>)), region: Range<u64>) {
    let mut at = (region.start as usize).max(1 << 20).next_multiple_of(PAGE);
    let end = region.end as usize & !(PAGE - 1);
    while at < end {
        // The first reserved range that ends behind `at`.
        let mut next = end..end;
        for_each_reserved(&mut |reserved| {
            if reserved.end > at && reserved.start < next.start {
                next = reserved;
            }
        });
        if next.start > at {
            // SAFETY: the caller's contract; nothing reserved lies between.
            unsafe { heap::add(at..next.start & !(PAGE - 1)) };
        }
        at = next.end.next_multiple_of(PAGE).max(at + PAGE);
    }
}

/// The physical address of the root table, for processors that start.
#[must_use]
pub fn root() -> usize {
    TABLES.lock().root as usize
}

/// Maps the registers of a device, uncached. Mapping the same range again does no harm.
pub fn map_device(range: Range<usize>) {
    TABLES.lock().map(range, DEVICE);
}

/// Sets the memory types that page-table entries choose from, on the CPU that runs this code.
pub(crate) fn init_memory_types() {
    // SAFETY: every x86-64 CPU has the MSR; no page uses the entries that change.
    unsafe { x86::msr::wrmsr(x86::msr::IA32_PAT, MEMORY_TYPES) };
}

/// Maps the memory of a picture: writes to it are gathered, and not cached.
pub fn map_picture(range: Range<usize>) {
    TABLES.lock().map(range, PICTURE);
}

/// Makes firmware tables readable that the memory map does not list as RAM.
pub fn map_firmware(range: Range<usize>) {
    let mut tables = TABLES.lock();
    let start = range.start & !(PAGE - 1);
    for page in (start..range.end).step_by(PAGE) {
        let entry = tables.entry(page, 1);
        // SAFETY: the entry lies in a table of ours, which is locked.
        let mapped = unsafe { entry.read() } & Entry::PRESENT.bits() != 0;
        if page != 0 && !mapped {
            // SAFETY: as above; a page that is mapped keeps its rights.
            unsafe { entry.write_volatile(page as u64 | READ_ONLY.bits()) };
        }
    }
}

/// Makes the trampoline page executable, and not writable, while processors start; or takes that back.
pub fn set_trampoline(page: usize, executable: bool) {
    let flags = if executable { EXECUTABLE } else { READ_WRITE };
    TABLES.lock().map(page..page + PAGE, flags);
    flush(page);
}

/// Unmaps the page at `address`, before it serves as a guard. Other CPUs may still have it cached: `shootdown` tells them.
pub(crate) fn unmap_guard(address: usize) {
    // SAFETY: the page belongs to the caller, who does not access it while it is a guard.
    unsafe { TABLES.lock().entry(address, 1).write_volatile(0) };
    flush(address);
}

/// Maps a guard page again. No CPU can have cached the absence of a page.
pub(crate) fn map_guard(address: usize) {
    // SAFETY: the page belongs to the caller.
    unsafe { TABLES.lock().entry(address, 1).write_volatile(address as u64 | READ_WRITE.bits()) };
}

fn flush(address: usize) {
    // SAFETY: dropping a cached translation is always allowed.
    unsafe { x86::tlb::flush(address) };
}
