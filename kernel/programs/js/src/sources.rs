//! The texts that were run, by their names, to show lines of them in errors.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

/// The longest text that is kept: of longer ones no lines are shown.
const MAX_KEPT: usize = 1 << 20;
/// Texts that are kept: a session has one for each line.
const MAX_TEXTS: usize = 1000;

/// See the module.
#[derive(Debug, Default)]
pub(crate) struct Sources(RefCell<BTreeMap<String, Rc<str>>>);

impl Sources {
    pub(crate) fn add(&self, name: &str, text: &str) {
        let mut texts = self.0.borrow_mut();
        if text.len() <= MAX_KEPT && texts.len() < MAX_TEXTS {
            texts.insert(name.to_owned(), text.into());
        }
    }

    /// Line `number` (from 1) of the text called `name`.
    pub(crate) fn line(&self, name: &str, number: usize) -> Option<String> {
        let texts = self.0.borrow();
        let line = texts.get(name)?.lines().nth(number.checked_sub(1)?)?;
        Some(line.to_owned())
    }
}
