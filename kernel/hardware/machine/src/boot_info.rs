//! What the boot loader says: memory, command line, modules, ACPI. One view of two formats.
//!
//! multiboot2: Multiboot2 specification 1.6, section 3.6, by the crate of that name. PVH: Xen's
//! `hvm_start_info` (xen/include/public/arch-x86/hvm/start_info.h), version 1.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;
use core::ops::Range;
use interfaces::{Channel, PixelFormat};
use multiboot2::{BootInformation, BootInformationHeader, FramebufferField, FramebufferType, MemoryAreaType};

const MULTIBOOT2_MAGIC: u32 = 0x36D7_6289;
const PVH_MAGIC: u32 = 0x336E_C578;
/// E820 types (ACPI specification 6.5, table 15.2).
const E820_RAM: u32 = 1;
const E820_ACPI: u32 = 3;
const E820_NVS: u32 = 4;

/// What a range of physical memory is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RegionKind {
    /// RAM that is free to use, but for what is reserved.
    Usable,
    /// RAM that holds firmware tables.
    Firmware,
}

/// A file that the loader placed in memory.
#[derive(Clone, Debug)]
pub struct Module {
    /// The loader's text for it: by this project's convention the path that it shall have.
    pub command_line: String,
    /// Its content.
    pub content: &'static [u8],
}

/// A picture that the loader set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PictureInfo {
    /// The physical address of its upper left pixel.
    pub address: u64,
    /// Bytes from one row to the next.
    pub pitch: usize,
    /// Pixels in a row.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// How a pixel is stored.
    pub format: PixelFormat,
}

#[repr(C)]
struct PvhStartInfo {
    magic: u32,
    version: u32,
    flags: u32,
    module_count: u32,
    modules: u64,
    command_line: u64,
    rsdp: u64,
    memory_map: u64,
    memory_map_entries: u32,
    reserved: u32,
}

#[repr(C)]
struct PvhModule {
    start: u64,
    size: u64,
    command_line: u64,
    reserved: u64,
}

#[repr(C)]
struct PvhMemoryRegion {
    start: u64,
    size: u64,
    kind: u32,
    reserved: u32,
}

enum Format {
    Multiboot2(BootInformation<'static>),
    Pvh(&'static PvhStartInfo),
}

/// The loader's information where the loader put it: some of it on page 0, which will not stay mapped.
pub struct LoaderInfo {
    format: Format,
}

/// The same, copied to the heap.
#[derive(Debug)]
pub struct BootInfo {
    /// The kernel command line.
    pub command_line: String,
    /// The physical address of ACPI's root pointer.
    pub rsdp: Option<usize>,
    /// The files that the loader placed in memory.
    pub modules: Vec<Module>,
    /// Every range of RAM.
    pub regions: Vec<(Range<u64>, RegionKind)>,
    /// Ranges that usable regions contain and the heap must not have.
    pub reserved: Vec<Range<usize>>,
    /// The picture that the loader set up, if the screen shows one.
    pub picture: Option<PictureInfo>,
}

impl BootInfo {
    /// Copies what `loader` says. There is a heap.
    #[must_use]
    pub fn new(loader: &LoaderInfo) -> BootInfo {
        let mut info = BootInfo {
            command_line: loader.command_line().to_owned(),
            rsdp: loader.rsdp(),
            modules: Vec::new(),
            regions: Vec::new(),
            reserved: Vec::new(),
            picture: loader.picture(),
        };
        loader.for_each_module(|module| {
            info.modules.push(Module { command_line: module.0.to_owned(), content: module.1 });
        });
        loader.for_each_region(|region, kind| info.regions.push((region, kind)));
        loader.for_each_reserved(|range| info.reserved.push(range));
        info
    }
}

/// Reads a NUL-terminated text at `address`; empty where it is null or not UTF-8.
///
/// # Safety
/// `address` is zero or that of a NUL-terminated string which stays valid.
unsafe fn text_at(address: u64) -> &'static str {
    if address == 0 {
        return "";
    }
    // SAFETY: the caller's contract.
    unsafe { core::ffi::CStr::from_ptr(address as *const core::ffi::c_char) }.to_str().unwrap_or("")
}

/// A table at `address`; empty where it is null.
///
/// # Safety
/// `address` is zero or that of `count` values of `T` which stay valid.
unsafe fn table_at<T>(address: u64, count: u32) -> &'static [T] {
    if address == 0 {
        return &[];
    }
    // SAFETY: the caller's contract.
    unsafe { core::slice::from_raw_parts(address as *const T, count as usize) }
}

impl LoaderInfo {
    /// Reads the information at physical address `info`; `None` where `magic` names no format that is known here.
    ///
    /// # Safety
    /// Both values are those with which the loader entered the image; the first 4 GiB are mapped one to one.
    #[must_use]
    pub unsafe fn load(info: usize, magic: u32) -> Option<LoaderInfo> {
        let format = match magic {
            MULTIBOOT2_MAGIC => {
                // SAFETY: the magic number says that the loader placed this structure there.
                let information = unsafe { BootInformation::load(info as *const BootInformationHeader) };
                Format::Multiboot2(information.ok()?)
            }
            PVH_MAGIC => {
                // SAFETY: the PVH entry point was used, so that the structure is there; its own magic is checked next.
                let start = unsafe { &*(info as *const PvhStartInfo) };
                if start.magic != PVH_MAGIC {
                    return None;
                }
                Format::Pvh(start)
            }
            _ => return None,
        };
        Some(LoaderInfo { format })
    }

    fn command_line(&self) -> &str {
        match &self.format {
            Format::Multiboot2(info) => info.command_line_tag().and_then(|tag| tag.cmdline().ok()).unwrap_or(""),
            // SAFETY: the loader's pointer, in memory that is reserved.
            Format::Pvh(start) => unsafe { text_at(start.command_line) },
        }
    }

    fn rsdp(&self) -> Option<usize> {
        match &self.format {
            Format::Multiboot2(info) => {
                // The tag carries a copy of the structure, behind its 8-byte header.
                let new = info.rsdp_v2_tag().map(|tag| core::ptr::from_ref(tag).cast::<u8>() as usize + 8);
                new.or_else(|| info.rsdp_v1_tag().map(|tag| core::ptr::from_ref(tag).cast::<u8>() as usize + 8))
            }
            Format::Pvh(start) => (start.rsdp != 0).then_some(start.rsdp as usize),
        }
    }

    fn picture(&self) -> Option<PictureInfo> {
        let Format::Multiboot2(info) = &self.format else { return None };
        let tag = info.framebuffer_tag()?.ok()?;
        let FramebufferType::RGB { red, green, blue } = tag.buffer_type().ok()? else { return None };
        let channel = |field: FramebufferField| Channel { position: field.position, size: field.size };
        let format = PixelFormat {
            bytes: usize::from(tag.bpp()).div_ceil(8),
            red: channel(red),
            green: channel(green),
            blue: channel(blue),
        };
        Some(PictureInfo {
            address: tag.address(),
            pitch: tag.pitch() as usize,
            width: tag.width() as usize,
            height: tag.height() as usize,
            format,
        })
    }

    /// Calls `visit` with every range of RAM.
    pub fn for_each_region(&self, mut visit: impl FnMut(Range<u64>, RegionKind)) {
        match &self.format {
            Format::Multiboot2(info) => {
                for area in info.memory_map_tag().into_iter().flat_map(|tag| tag.memory_areas()) {
                    let kind = match area.typ() {
                        MemoryAreaType::Available => RegionKind::Usable,
                        MemoryAreaType::AcpiAvailable | MemoryAreaType::ReservedHibernate => RegionKind::Firmware,
                        _ => continue,
                    };
                    visit(area.start_address()..area.end_address(), kind);
                }
            }
            Format::Pvh(start) => {
                // SAFETY: the loader's table, in memory that is reserved.
                for region in unsafe { table_at::<PvhMemoryRegion>(start.memory_map, start.memory_map_entries) } {
                    let kind = match region.kind {
                        E820_RAM => RegionKind::Usable,
                        E820_ACPI | E820_NVS => RegionKind::Firmware,
                        _ => continue,
                    };
                    visit(region.start..region.start.saturating_add(region.size), kind);
                }
            }
        }
    }

    /// Calls `visit` with every module's command line and content.
    fn for_each_module(&self, mut visit: impl FnMut((&str, &'static [u8]))) {
        match &self.format {
            Format::Multiboot2(info) => {
                for tag in info.module_tags() {
                    let (start, end) = (tag.start_address() as usize, tag.end_address() as usize);
                    // SAFETY: the loader placed the module there, and `for_each_reserved` keeps it off the heap.
                    let content = unsafe { core::slice::from_raw_parts(start as *const u8, end.saturating_sub(start)) };
                    visit((tag.cmdline().unwrap_or(""), content));
                }
            }
            Format::Pvh(start) => {
                // SAFETY: the loader's table, in memory that is reserved.
                for module in unsafe { table_at::<PvhModule>(start.modules, start.module_count) } {
                    // SAFETY: the loader placed the module there, and `for_each_reserved` keeps it off the heap.
                    let content =
                        unsafe { core::slice::from_raw_parts(module.start as *const u8, module.size as usize) };
                    // SAFETY: the loader's pointer.
                    visit((unsafe { text_at(module.command_line) }, content));
                }
            }
        }
    }

    /// Calls `visit` with every range that usable regions contain and the heap must not have: the image, the loader's
    /// information and its modules.
    pub fn for_each_reserved(&self, mut visit: impl FnMut(Range<usize>)) {
        visit(crate::layout::image());
        visit(crate::layout::appended_pages());
        match &self.format {
            Format::Multiboot2(info) => visit(info.start_address()..info.end_address()),
            Format::Pvh(start) => {
                visit(span(core::ptr::from_ref(*start) as u64, size_of::<PvhStartInfo>()));
                visit(span(start.memory_map, start.memory_map_entries as usize * size_of::<PvhMemoryRegion>()));
                visit(span(start.modules, start.module_count as usize * size_of::<PvhModule>()));
                visit(span(start.command_line, self.command_line().len() + 1));
            }
        }
        self.for_each_module(|module| visit(span(module.1.as_ptr() as u64, module.1.len())));
    }
}

fn span(start: u64, length: usize) -> Range<usize> {
    start as usize..start as usize + length
}
