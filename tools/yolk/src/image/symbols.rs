//! The symbol table that the kernel's backtraces look names up in.
//!
//! Shape, all numbers little endian: `u32` count; `count` times `u32` address and `u32` offset of the name from the start
//! of the table, sorted by address; the names, each ended by NUL. Names are demangled here, where time and memory are cheap.

use std::collections::{BTreeMap, HashMap};

use anyhow::{Context, Result};
use object::read::elf::ElfFile64;
use object::{Object, ObjectSymbol, SymbolKind};

/// Longest name in bytes: generic names grow without limit, and a backtrace line should fit a screen.
const NAME_LIMIT: usize = 160;

/// The table of all functions in the kernel.
pub(crate) fn table(kernel: &[u8]) -> Result<Vec<u8>> {
    let kernel: ElfFile64<'_> = ElfFile64::parse(kernel).context("the kernel is not an ELF file")?;
    // Of several names of one address the first in the alphabet stands, for the same image from the same kernel.
    let mut functions: BTreeMap<u32, String> = BTreeMap::new();
    for symbol in kernel.symbols().filter(|symbol| symbol.kind() == SymbolKind::Text && symbol.is_definition()) {
        let address = u32::try_from(symbol.address()).context("a function lies above 4 GiB")?;
        let name = readable(symbol.name().context("a symbol's name is not UTF-8")?);
        let chosen = functions.entry(address).or_insert_with(|| name.clone());
        if name < *chosen {
            *chosen = name;
        }
    }
    encode(&functions)
}

/// The demangled name without its hash, cut to the limit.
fn readable(mangled: &str) -> String {
    let mut name = format!("{:#}", rustc_demangle::demangle(mangled));
    let end = (0..=NAME_LIMIT.min(name.len())).rev().find(|&end| name.is_char_boundary(end)).unwrap_or(0);
    name.truncate(end);
    name
}

fn encode(functions: &BTreeMap<u32, String>) -> Result<Vec<u8>> {
    let mut index = u32::try_from(functions.len())?.to_le_bytes().to_vec();
    let names_start = index.len() + functions.len() * 8;
    let mut names = Vec::new();
    // Instances of one generic function share their name.
    let mut known: HashMap<&str, u32> = HashMap::new();
    for (address, name) in functions {
        let offset = match known.get(name.as_str()) {
            Some(offset) => *offset,
            None => {
                let offset = u32::try_from(names_start + names.len())?;
                names.extend_from_slice(name.as_bytes());
                names.push(0);
                known.insert(name, offset);
                offset
            }
        };
        index.extend_from_slice(&address.to_le_bytes());
        index.extend_from_slice(&offset.to_le_bytes());
    }
    index.append(&mut names);
    Ok(index)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_demangled_without_hash_and_cut() {
        assert_eq!(readable("_ZN4core3fmt5Write9write_str17h0123456789abcdefE"), "core::fmt::Write::write_str");
        assert_eq!(readable("memcpy"), "memcpy");
        assert_eq!(readable(&"ä".repeat(200)).len(), NAME_LIMIT);
    }

    #[test]
    fn entries_are_sorted_and_share_names() {
        let functions = BTreeMap::from([(0x30, "b".into()), (0x10, "a".into()), (0x20, "b".into())]);
        let table = encode(&functions).expect("encodes");
        let words: Vec<u32> =
            table[..28].chunks(4).map(|word| u32::from_le_bytes(word.try_into().expect("four bytes"))).collect();
        assert_eq!(words, [3, 0x10, 28, 0x20, 30, 0x30, 30]);
        assert_eq!(&table[28..], b"a\0b\0");
    }
}
