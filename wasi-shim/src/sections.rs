//! A module as a list of sections, to be changed before an engine sees it.
//!
//! Only what changes is understood; the rest is copied. Custom sections are left out, engines ignore them.

use std::borrow::Cow;
use wasm_encoder::{Encode, Module, RawSection, SectionId};
use wasmparser::{BinaryReader, Parser, Result};

/// The name under which a start function is exported. No compiler makes such a name.
pub(crate) const START: &str = "\0start";

/// The order that the specification prescribes (binary format, modules).
const ORDER: [SectionId; 12] = [
    SectionId::Type,
    SectionId::Import,
    SectionId::Function,
    SectionId::Table,
    SectionId::Memory,
    SectionId::Global,
    SectionId::Export,
    SectionId::Start,
    SectionId::Element,
    SectionId::DataCount,
    SectionId::Code,
    SectionId::Data,
];

/// `$exportdesc` of a function, a memory and a global.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Exported {
    Function = 0,
    Memory = 2,
    Global = 3,
}

/// The sections of a module, by their place in [`ORDER`].
pub(crate) struct Sections<'a> {
    content: [Option<Cow<'a, [u8]>>; ORDER.len()],
}

impl<'a> Sections<'a> {
    /// Takes `wasm` apart. What the sections hold is not checked.
    pub(crate) fn parse(wasm: &'a [u8]) -> Result<Sections<'a>> {
        let mut content = [const { None }; ORDER.len()];
        for payload in Parser::new(0).parse_all(wasm) {
            let Some((id, range)) = payload?.as_section() else { continue };
            let place = ORDER.iter().position(|known| u8::from(*known) == id);
            if let Some(slot) = place.and_then(|place| content.get_mut(place)) {
                *slot = wasm.get(range).map(Cow::Borrowed);
            }
        }
        Ok(Sections { content })
    }

    /// The content of a section; nothing when it is not there.
    pub(crate) fn get(&self, id: SectionId) -> &[u8] {
        let place = place(id);
        self.content.get(place).and_then(Option::as_deref).unwrap_or_default()
    }

    /// Makes `content` the content of a section.
    pub(crate) fn set(&mut self, id: SectionId, content: Vec<u8>) {
        if let Some(slot) = self.content.get_mut(place(id)) {
            *slot = Some(Cow::Owned(content));
        }
    }

    /// Adds one entry to a section that is a vector; returns how many there were.
    pub(crate) fn add(&mut self, id: SectionId, entry: &[u8]) -> Result<u32> {
        let mut reader = BinaryReader::new(self.get(id), 0);
        let count = if reader.eof() { 0 } else { reader.read_var_u32()? };
        let entries = reader.read_bytes(reader.bytes_remaining())?;
        let mut content = Vec::with_capacity(entries.len() + entry.len() + 8);
        count.saturating_add(1).encode(&mut content);
        content.extend_from_slice(entries);
        content.extend_from_slice(entry);
        self.set(id, content);
        Ok(count)
    }

    /// Exports something of the module's.
    pub(crate) fn export(&mut self, name: &str, what: Exported, index: u32) -> Result<()> {
        let mut entry = Vec::new();
        name.encode(&mut entry);
        entry.push(what as u8);
        index.encode(&mut entry);
        self.add(SectionId::Export, &entry).map(drop)
    }

    /// Makes the start function, if there is one, an ordinary function that is exported as [`START`].
    pub(crate) fn export_start(&mut self) -> Result<()> {
        let start = self.get(SectionId::Start);
        if !start.is_empty() {
            let function = BinaryReader::new(start, 0).read_var_u32()?;
            self.export(START, Exported::Function, function)?;
            self.set(SectionId::Start, Vec::new());
        }
        Ok(())
    }

    /// The module that the sections make.
    pub(crate) fn encode(&self) -> Vec<u8> {
        let mut module = Module::new();
        for id in ORDER.iter().filter(|id| !self.get(**id).is_empty()) {
            module.section(&RawSection { id: u8::from(*id), data: self.get(*id) });
        }
        module.finish()
    }
}

fn place(id: SectionId) -> usize {
    ORDER.iter().position(|known| *known == id).unwrap_or(ORDER.len())
}

/// `wasm` with its start function exported as [`START`], so that it runs like any other function: in slices. `None`
/// when it has none.
pub(crate) fn with_start_exported(wasm: &[u8]) -> Result<Option<Vec<u8>>> {
    let mut sections = Sections::parse(wasm)?;
    if sections.get(SectionId::Start).is_empty() {
        return Ok(None);
    }
    sections.export_start()?;
    Ok(Some(sections.encode()))
}
