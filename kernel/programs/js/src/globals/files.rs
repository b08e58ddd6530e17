//! What `fs` is made of: each call does one thing to the vfs and throws the kernel's error.

use super::arguments::{byte_array, bytes, flag, number, plain_object, system_error, text};
use super::native::Native;
use crate::state::State;
use boa_engine::object::builtins::JsArray;
use boa_engine::{Context, JsResult, JsValue, js_string};
use interfaces::{Errno, Result};
use std::rc::Rc;
use vfs::{Follow, Kind, Metadata, OpenFile, OpenOptions, Scope};

/// Bytes that are read at a time.
const CHUNK: usize = 64 << 10;

pub(super) const NATIVES: &[Native] = &[
    ("read", 1, read),
    ("write", 3, write),
    ("entries", 1, entries),
    ("stat", 2, stat),
    ("mkdir", 1, |_, arguments, context| {
        change("mkdir", arguments, context, |state, path| {
            state.vfs().create_directory(&state.cwd(), path, Scope::Anywhere, 0o755)
        })
    }),
    ("rmdir", 1, |_, arguments, context| {
        change("rmdir", arguments, context, |state, path| {
            state.vfs().remove_directory(&state.cwd(), path, Scope::Anywhere)
        })
    }),
    ("unlink", 1, |_, arguments, context| {
        change("unlink", arguments, context, |state, path| state.vfs().unlink(&state.cwd(), path, Scope::Anywhere))
    }),
    ("rename", 2, rename),
    ("symlink", 2, symlink),
    ("readlink", 1, readlink),
    ("realpath", 1, realpath),
    ("truncate", 2, truncate),
];

/// Does `action` to the path of the first argument.
fn change(
    call: &str,
    arguments: &[JsValue],
    context: &mut Context,
    action: impl FnOnce(&State, &str) -> Result<()>,
) -> JsResult<JsValue> {
    let (state, path) = (State::of(context)?, text(arguments, 0, "a path")?);
    state.uncounted(|| action(&state, &path)).map_err(|error| system_error(error, call, &path, context))?;
    Ok(JsValue::undefined())
}

fn open(state: &State, path: &str, options: &OpenOptions) -> Result<std::sync::Arc<OpenFile>> {
    state.vfs().open(&state.cwd(), path, Scope::Anywhere, options)
}

fn read(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let (state, path) = (State::of(context)?, text(arguments, 0, "a path")?);
    let file =
        open(&state, &path, &OpenOptions::read()).map_err(|error| system_error(error, "open", &path, context))?;
    let content = read_whole(&file, &state).map_err(|error| system_error(error, "read", &path, context))?;
    byte_array(&content, context)
}

/// Reads to the end, as much as a script may have.
fn read_whole(file: &OpenFile, state: &State) -> Result<Vec<u8>> {
    let (mut content, mut chunk) = (Vec::new(), vec![0; CHUNK]);
    loop {
        let count = state.read_some(file, &mut chunk)?;
        if count == 0 {
            return Ok(content);
        }
        if content.len() + count > state.limits.memory_bytes() {
            return Err(Errno::EFBIG);
        }
        content.try_reserve(count).map_err(|_| Errno::ENOMEM)?;
        content.extend_from_slice(chunk.get(..count).unwrap_or_default());
    }
}

/// `write(path, data, append)`.
fn write(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let (state, path) = (State::of(context)?, text(arguments, 0, "a path")?);
    let data = bytes(&arguments.get(1).cloned().unwrap_or_default(), context)?;
    let options = if flag(arguments, 2) { OpenOptions::append() } else { OpenOptions::rewrite() };
    let written = state.uncounted(|| open(&state, &path, &options)?.write_all(&data));
    written.map_err(|error| system_error(error, "write", &path, context))?;
    Ok(JsValue::undefined())
}

/// Names and kinds, sorted by name.
fn entries(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let (state, path) = (State::of(context)?, text(arguments, 0, "a path")?);
    let options = OpenOptions { directory: true, ..OpenOptions::read() };
    let listed = open(&state, &path, &options).and_then(|directory| directory.read_dir(0, usize::MAX));
    let mut listed = listed.map_err(|error| system_error(error, "scandir", &path, context))?;
    listed.retain(|entry| entry.name != "." && entry.name != "..");
    listed.sort_by(|a, b| a.name.cmp(&b.name));
    let list = JsArray::new(context)?;
    for entry in listed {
        let pair: [JsValue; 2] = [js_string!(entry.name).into(), js_string!(kind_name(entry.kind)).into()];
        list.push(JsArray::from_iter(pair, context), context)?;
    }
    Ok(list.into())
}

fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Regular => "file",
        Kind::Directory => "directory",
        Kind::Symlink => "symlink",
        Kind::CharDevice => "device",
        Kind::Fifo => "fifo",
        Kind::StreamSocket | Kind::DatagramSocket => "socket",
    }
}

/// `stat(path, follow)`.
fn stat(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let (state, path) = (State::of(context)?, text(arguments, 0, "a path")?);
    let follow = if flag(arguments, 1) { Follow::Yes } else { Follow::No };
    let metadata = state.vfs().metadata(&state.cwd(), &path, Scope::Anywhere, follow);
    let metadata = metadata.map_err(|error| system_error(error, "stat", &path, context))?;
    described(&metadata, context)
}

fn described(metadata: &Metadata, context: &mut Context) -> JsResult<JsValue> {
    #[expect(clippy::cast_precision_loss, reason = "JavaScript's numbers")]
    let number = |value: u64| JsValue::from(value as f64);
    #[expect(clippy::cast_precision_loss, reason = "JavaScript's numbers")]
    let milliseconds = |nanoseconds: u64| JsValue::from(nanoseconds as f64 / 1e6);
    let properties = vec![
        ("dev", number(metadata.device)),
        ("ino", number(metadata.inode)),
        ("mode", i32::from(metadata.mode).into()),
        ("nlink", number(metadata.links)),
        ("size", number(metadata.size)),
        ("atimeMs", milliseconds(metadata.accessed_ns)),
        ("mtimeMs", milliseconds(metadata.modified_ns)),
        ("ctimeMs", milliseconds(metadata.changed_ns)),
        ("kind", js_string!(kind_name(metadata.kind)).into()),
    ];
    plain_object(properties, context)
}

fn rename(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let (state, from, to) = two(arguments, context)?;
    let rename = || state.vfs().rename(&state.cwd(), &from, &state.cwd(), &to, Scope::Anywhere);
    let renamed = state.uncounted(rename);
    renamed.map_err(|error| system_error(error, "rename", &from, context))?;
    Ok(JsValue::undefined())
}

fn symlink(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let (state, target, path) = two(arguments, context)?;
    let made = state.uncounted(|| state.vfs().create_symlink(&target, &state.cwd(), &path, Scope::Anywhere));
    made.map_err(|error| system_error(error, "symlink", &path, context))?;
    Ok(JsValue::undefined())
}

fn two(arguments: &[JsValue], context: &Context) -> JsResult<(Rc<State>, String, String)> {
    Ok((State::of(context)?, text(arguments, 0, "a path")?, text(arguments, 1, "a path")?))
}

fn readlink(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let (state, path) = (State::of(context)?, text(arguments, 0, "a path")?);
    let target = state.vfs().read_link(&state.cwd(), &path, Scope::Anywhere);
    let target = target.map_err(|error| system_error(error, "readlink", &path, context))?;
    Ok(js_string!(target).into())
}

fn realpath(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let (state, path) = (State::of(context)?, text(arguments, 0, "a path")?);
    let resolved = state.vfs().resolve(&state.cwd(), &path, Scope::Anywhere, Follow::Yes).and_then(|location| {
        if location.is_directory() { state.vfs().path_of(&location) } else { Err(Errno::ENOTDIR) }
    });
    match resolved {
        Ok(real) => Ok(js_string!(real).into()),
        Err(Errno::ENOTDIR) => Ok(js_string!(crate::modules::absolute(&state.directory(), &path)).into()),
        Err(error) => Err(system_error(error, "realpath", &path, context)),
    }
}

fn truncate(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let (state, path) = (State::of(context)?, text(arguments, 0, "a path")?);
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "negative sizes are 0, as in POSIX's wrappers"
    )]
    let size = number(arguments, 1, context)?.unwrap_or(0.0) as u64;
    let options = OpenOptions { write: true, ..OpenOptions::read() };
    let done = state.uncounted(|| open(&state, &path, &options)?.set_size(size));
    done.map_err(|error| system_error(error, "truncate", &path, context))?;
    Ok(JsValue::undefined())
}
