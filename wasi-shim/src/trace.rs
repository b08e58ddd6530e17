//! A module that keeps a record of its own calls, for a backtrace.
//!
//! The engine does not say where a guest trapped. So the run is repeated (see `on_wasmi::replay`) with a copy of the
//! module in which each function writes its index to a stack of its own: a memory that is added, and a global that
//! says how high the stack is. A function notes the height at its entry in a local and sets the global back to it
//! behind each call, so that it does not matter how the callee came back.

use crate::sections::{Exported, Sections};
use wasm_encoder::{Encode, Instruction, MemArg, MemArgTarget, SectionId};
use wasmparser::{
    BinaryReader, CodeSectionReader, FunctionBody, FunctionSectionReader, Operator, Result, TypeSectionReader,
};

/// The export names of the stack and its height, in bytes. No compiler makes such names.
pub(crate) const STACK: &str = "\0stack";
pub(crate) const HEIGHT: &str = "\0height";

/// Bytes of the stack, a page; higher frames wrap around and overwrite the lowest.
pub(crate) const STACK_BYTES: u32 = 1 << 16;
/// Bytes of a frame: the index of a function.
pub(crate) const FRAME_BYTES: u32 = 4;

/// `wasm`, which is valid and imports only functions, as such a module. Its start function is exported, too.
pub(crate) fn traced(wasm: &[u8]) -> Result<Vec<u8>> {
    let mut sections = Sections::parse(wasm)?;
    let types = function_types(&sections)?;
    let imported = if sections.get(SectionId::Import).is_empty() {
        0
    } else {
        BinaryReader::new(sections.get(SectionId::Import), 0).read_var_u32()?
    };
    sections.export_start()?;
    // One page, and never more.
    let memory = sections.add(SectionId::Memory, &[1, 1, 1])?;
    let mut zero = vec![I32, 1];
    Instruction::I32Const(0).encode(&mut zero);
    Instruction::End.encode(&mut zero);
    let height = sections.add(SectionId::Global, &zero)?;
    sections.export(STACK, Exported::Memory, memory)?;
    sections.export(HEIGHT, Exported::Global, height)?;

    let bodies = CodeSectionReader::new(BinaryReader::new(sections.get(SectionId::Code), 0))?;
    let mut code = Vec::with_capacity(sections.get(SectionId::Code).len() * 2);
    bodies.count().encode(&mut code);
    for ((index, body), params) in (imported..).zip(bodies).zip(types) {
        traced_body(&body?, index, params, &Stack { memory, height })?.encode(&mut code);
    }
    sections.set(SectionId::Code, code);
    Ok(sections.encode())
}

/// How many parameters each function of the module has.
fn function_types(sections: &Sections<'_>) -> Result<Vec<u32>> {
    if sections.get(SectionId::Code).is_empty() {
        return Ok(Vec::new());
    }
    let types = TypeSectionReader::new(BinaryReader::new(sections.get(SectionId::Type), 0))?;
    let params: Vec<usize> =
        types.into_iter_err_on_gc_types().map(|ty| ty.map(|ty| ty.params().len())).collect::<Result<_>>()?;
    let functions = FunctionSectionReader::new(BinaryReader::new(sections.get(SectionId::Function), 0))?;
    let params_of = |ty: u32| usize::try_from(ty).ok().and_then(|ty| params.get(ty)).copied().unwrap_or_default();
    functions.into_iter().map(|ty| Ok(u32::try_from(params_of(ty?)).unwrap_or_default())).collect()
}

/// `$i32` of the binary format.
const I32: u8 = 0x7f;

/// Where the record is kept.
struct Stack {
    memory: u32,
    height: u32,
}

fn traced_body(body: &FunctionBody<'_>, index: u32, params: u32, stack: &Stack) -> Result<Vec<u8>> {
    let source = body.as_bytes();
    let from = body.range().start;
    let copy = |start: usize, end: usize| source.get(start - from..end - from).unwrap_or_default();

    // One local more than there are.
    let mut locals = body.get_locals_reader()?;
    let mut local = params;
    for _ in 0..locals.get_count() {
        local = local.saturating_add(locals.read()?.0);
    }
    let mut head = body.get_binary_reader();
    let groups = head.read_var_u32()?;
    let mut traced = Vec::with_capacity(source.len() * 2);
    (groups.saturating_add(1)).encode(&mut traced);
    traced.extend_from_slice(copy(head.original_position(), locals.original_position()));
    1_u32.encode(&mut traced);
    traced.push(I32);

    emit(&mut traced, &entry(index, local, stack));
    let mut operators = body.get_operators_reader()?;
    let mut copied = operators.original_position();
    while !operators.eof() {
        let (operator, start) = operators.read_with_offset()?;
        let (end, added): (usize, &[Instruction<'_>]) = match operator {
            Operator::Call { .. } | Operator::CallIndirect { .. } | Operator::CallRef { .. } => {
                (operators.original_position(), &[Instruction::LocalGet(local), Instruction::GlobalSet(stack.height)])
            }
            // The frame goes before the callee comes.
            Operator::ReturnCall { .. } | Operator::ReturnCallIndirect { .. } | Operator::ReturnCallRef { .. } => {
                (start, &leave(local, stack))
            }
            _ => continue,
        };
        traced.extend_from_slice(copy(copied, end));
        emit(&mut traced, added);
        copied = end;
    }
    traced.extend_from_slice(copy(copied, body.range().end));
    Ok(traced)
}

/// Pushes the frame; `local` is the height above it.
fn entry(index: u32, local: u32, stack: &Stack) -> [Instruction<'static>; 11] {
    let slot = MemArg { offset: 0, align: 2, target: MemArgTarget::Memory(stack.memory), ordering: None };
    [
        Instruction::GlobalGet(stack.height),
        Instruction::LocalTee(local),
        Instruction::I32Const((STACK_BYTES - FRAME_BYTES).cast_signed()),
        Instruction::I32And,
        Instruction::I32Const(index.cast_signed()),
        Instruction::I32Store(slot),
        Instruction::LocalGet(local),
        Instruction::I32Const(FRAME_BYTES.cast_signed()),
        Instruction::I32Add,
        Instruction::LocalTee(local),
        Instruction::GlobalSet(stack.height),
    ]
}

/// Pops the frame.
fn leave(local: u32, stack: &Stack) -> [Instruction<'static>; 4] {
    [
        Instruction::LocalGet(local),
        Instruction::I32Const(FRAME_BYTES.cast_signed()),
        Instruction::I32Sub,
        Instruction::GlobalSet(stack.height),
    ]
}

fn emit(code: &mut Vec<u8>, instructions: &[Instruction<'_>]) {
    for instruction in instructions {
        instruction.encode(code);
    }
}

/// The frames of a stack of this height, the innermost first, at most `limit`.
pub(crate) fn frames(stack: &[u8], height: u32, limit: usize) -> Vec<u32> {
    let held = (height / FRAME_BYTES).min(STACK_BYTES / FRAME_BYTES);
    let frame = |depth: u32| {
        let at = height.checked_sub(FRAME_BYTES.checked_mul(depth)?)? % STACK_BYTES;
        let bytes = stack.get(usize::try_from(at).ok()?..)?.first_chunk()?;
        Some(u32::from_le_bytes(*bytes))
    };
    (1..=held).take(limit).map_while(frame).collect()
}
