//! What runs in a session: a shell or a command, on a terminal or on pipes. Nothing here waits.
//!
//! On Yolk it is started and followed through the file `/dev/session` (`yolk`); on the host it is a process (`host`).
//! Both have one face, the type [`Shell`]. Dropping it kills what still runs.

#[cfg(unix)]
mod host;
#[cfg(target_os = "wasi")]
mod yolk;

#[cfg(unix)]
pub(crate) use host::{Shell, own_program, set_mode};
#[cfg(target_os = "wasi")]
pub(crate) use yolk::{Shell, own_program, set_mode};

/// What to start.
pub(crate) struct Start<'a> {
    /// A command line for the shell; `None`: the shell, interactive.
    pub(crate) command: Option<&'a str>,
    /// Variables on top of the usual environment.
    pub(crate) environment: &'a [(String, String)],
    /// The size of the terminal, if there shall be one.
    pub(crate) terminal: Option<Size>,
}

/// The size of a terminal, in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Size {
    pub(crate) columns: u16,
    pub(crate) rows: u16,
}

impl Size {
    /// The size that a client tells; what makes no sense is the usual size instead.
    pub(crate) fn told(columns: u32, rows: u32) -> Size {
        let or = |value: u32, usual| u16::try_from(value).ok().filter(|value| *value > 0).unwrap_or(usual);
        Size { columns: or(columns, 80), rows: or(rows, 24) }
    }
}

/// What comes out of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Output {
    /// So many bytes of standard output, or of what the terminal shows; none at the end of it.
    Out(usize),
    /// So many bytes of standard error.
    Error(usize),
    /// The end, with the status as shells tell it; nothing comes after it.
    Ended(u8),
    /// Nothing now.
    Nothing,
}
