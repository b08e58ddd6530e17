//! Function names, from a module's name section (WebAssembly specification, appendix on custom sections).

use crate::outcome::Frame;
use std::collections::BTreeMap;
use wasmparser::{KnownCustom, Name, NameSectionReader, Parser, Payload};

/// The functions of a backtrace, with names as far as `wasm` gives them.
pub(crate) fn frames(wasm: &[u8], functions: &[u32]) -> Vec<Frame> {
    let names = function_names(wasm, functions);
    functions.iter().map(|function| Frame { function: *function, name: names.get(function).cloned() }).collect()
}

fn function_names(wasm: &[u8], wanted: &[u32]) -> BTreeMap<u32, String> {
    let sections = Parser::new(0).parse_all(wasm).map_while(Result::ok).filter_map(|payload| match payload {
        Payload::CustomSection(section) => Some(section),
        _ => None,
    });
    let mut names = BTreeMap::new();
    for section in sections {
        if let KnownCustom::Name(subsections) = section.as_known() {
            collect(subsections, wanted, &mut names);
        }
    }
    names
}

fn collect(subsections: NameSectionReader<'_>, wanted: &[u32], names: &mut BTreeMap<u32, String>) {
    for subsection in subsections.map_while(Result::ok) {
        let Name::Function(functions) = subsection else { continue };
        for function in functions.into_iter().map_while(Result::ok) {
            if wanted.contains(&function.index) {
                // In the short form, without the hash.
                names.insert(function.index, format!("{:#}", rustc_demangle::demangle(function.name)));
            }
        }
    }
}
