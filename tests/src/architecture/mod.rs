//! The rules that keep the architecture's picture true, as checks that a test runs.
//!
//! [`layers`] looks at the crates, as `cargo metadata` shows them: edges point down and never in a circle, and only the
//! crates that wrap hardware may be unsafe. [`modules`] reads the sources of one crate and [`uses`] finds what each module
//! uses of the others: those edges, too, never form a circle. A finding is one line that names the place.

pub mod cycle;
pub mod layers;
pub mod modules;
pub mod uses;
