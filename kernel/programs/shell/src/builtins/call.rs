//! One call of a builtin, and what its row says.

use crate::flow::Stop;
use crate::shell::Shell;
use crate::streams::Streams;
use process::ExitStatus;
use std::fmt::Display;
use std::ops::ControlFlow;

/// The status of a builtin, or that more than it ends.
pub(crate) type Outcome = ControlFlow<Stop, i32>;

/// A builtin: its row in the table.
pub(crate) struct Builtin {
    pub(crate) name: &'static str,
    /// Its arguments, in the form of a manual page.
    pub(crate) usage: &'static str,
    /// What it does, in one line.
    pub(crate) summary: &'static str,
    pub(crate) kind: Kind,
    pub(crate) run: Run,
}

/// What a builtin does.
pub(crate) type Run = fn(&mut Shell, &Call<'_>) -> Outcome;

/// What becomes of assignments before a builtin (XCU 2.14).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// They stay.
    Special,
    /// They hold for it alone.
    Regular,
}

pub(super) const OK: Outcome = Outcome::Continue(0);

/// See the module.
pub(crate) struct Call<'a> {
    pub(crate) builtin: &'a Builtin,
    /// The name first.
    pub(crate) args: &'a [String],
    pub(crate) streams: &'a Streams,
}

impl Call<'_> {
    /// The arguments without the name.
    pub(super) fn operands(&self) -> &[String] {
        self.args.get(1..).unwrap_or_default()
    }

    pub(super) fn fail(&self, message: impl Display) -> Outcome {
        self.streams.complain(format_args!("{}: {message}", self.builtin.name));
        Outcome::Continue(ExitStatus::FAILURE.code())
    }

    pub(super) fn usage(&self) -> Outcome {
        self.streams.complain(format_args!("usage: {} {}", self.builtin.name, self.builtin.usage));
        Outcome::Continue(ExitStatus::USAGE.code())
    }

    /// Prints; the status says whether it went.
    pub(super) fn print(&self, text: impl Display) -> Outcome {
        match self.streams.print(text) {
            Ok(()) => OK,
            Err(_) => Outcome::Continue(ExitStatus::FAILURE.code()),
        }
    }
}

/// `text` as a word of the shell that stands for it.
pub(crate) fn quoted(text: &str) -> String {
    let is_plain = |character: char| character.is_alphanumeric() || "_-+=:,./@%^".contains(character);
    if !text.is_empty() && text.chars().all(is_plain) {
        text.into()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}
