//! Editing one line.

use crate::background::Background;
use crate::columns;
use crate::history::History;
use crate::key::{self, Key};
use crate::line::{Line, Span};
use crate::raw::RawTerminal;
use crate::view::View;
use interfaces::Result;
use std::sync::Arc;
use vfs::OpenFile;

/// A column's width in a list of candidates is that of the longest one and this.
const LIST_GAP: usize = 2;
/// The longest line, in bytes.
const MAX_LINE: usize = 512 * 1024;
const BELL: &str = "\x07";

/// What the user has entered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A line, without its end.
    Line(String),
    /// ^C.
    Interrupted,
    /// ^D on an empty line.
    End,
}

/// What a word can become.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// How a list shows it.
    pub name: String,
    /// What replaces the word, quoted where it has to be.
    pub text: String,
    /// What comes behind the word when this is the only candidate.
    pub end: &'static str,
}

/// Knows what the word before the cursor can become.
pub trait Completer {
    /// Where the word at the end of `text` begins, and its candidates.
    fn complete(&self, text: &str) -> (usize, Vec<Candidate>);
}

/// The editor of one terminal.
pub struct Editor {
    input: Arc<OpenFile>,
    output: Arc<OpenFile>,
    /// What was deleted last, for ^Y.
    killed: String,
    /// The line that goes on with the next call.
    kept: Option<Kept>,
}

/// A line that was taken from the terminal while it was edited.
struct Kept {
    line: Line,
    recalled: usize,
    draft: String,
}

impl Editor {
    /// The editor of the terminal `input`, which shows on `output`.
    #[must_use]
    pub fn new(input: Arc<OpenFile>, output: Arc<OpenFile>) -> Editor {
        Editor { input, output, killed: String::new(), kept: None }
    }

    /// Takes over the terminal: from here on keys come as they are pressed, ^C among them.
    #[must_use]
    pub fn take_terminal(&self) -> RawTerminal {
        RawTerminal::new(Arc::clone(&self.input), Arc::clone(&self.output))
    }

    /// Lets the user edit a line on the terminal, which is given back then.
    ///
    /// # Errors
    /// EIO when the terminal is gone, ECANCELED when the process is killed.
    pub fn read_line(
        &mut self,
        terminal: RawTerminal,
        prompt: &str,
        history: &History,
        completer: &dyn Completer,
    ) -> Result<Entry> {
        let mut session = self.session(terminal, prompt, history);
        loop {
            if let Some(entry) = session.step(completer)? {
                return Ok(entry);
            }
        }
    }

    /// As [`Editor::read_line`] until `background` has something to do: then the line is taken from the terminal, and comes
    /// back with the next call; `None`.
    ///
    /// # Errors
    /// As [`Editor::read_line`].
    pub fn read_line_besides(
        &mut self,
        terminal: RawTerminal,
        prompt: &str,
        history: &History,
        names: &(impl Completer + Background),
    ) -> Result<Option<Entry>> {
        let mut session = self.session(terminal, prompt, history);
        loop {
            session.draw_when_idle()?;
            if !session.terminal.wait_for_key(names)? {
                session.terminal.write(&session.view.erase())?;
                let Session { line, recalled, draft, .. } = session;
                self.kept = Some(Kept { line, recalled, draft });
                return Ok(None);
            }
            if let Some(entry) = session.step(names)? {
                return Ok(Some(entry));
            }
        }
    }

    fn session<'a>(&'a mut self, terminal: RawTerminal, prompt: &'a str, history: &'a History) -> Session<'a> {
        let fresh = || Kept { line: Line::default(), recalled: history.len(), draft: String::new() };
        let Kept { line, recalled, draft } = self.kept.take().unwrap_or_else(fresh);
        let (view, killed) = (View::new(terminal.columns()), &mut self.killed);
        Session { view, terminal, prompt, line, history, recalled, draft, killed }
    }
}

/// Whether the line is entered.
enum Step {
    GoOn,
    Done(Entry),
}

/// The editing of one line.
struct Session<'a> {
    terminal: RawTerminal,
    view: View,
    prompt: &'a str,
    line: Line,
    history: &'a History,
    /// Which line of the history is shown; its length for none.
    recalled: usize,
    /// What was typed before a line of the history was shown.
    draft: String,
    killed: &'a mut String,
}

impl Session<'_> {
    /// Heeds one key; what was entered, if it ends the line.
    fn step(&mut self, completer: &dyn Completer) -> Result<Option<Entry>> {
        self.draw_when_idle()?;
        let key = self.read_key()?;
        let step = if key == Key::Control('r') { self.search()? } else { self.press(key, completer)? };
        let Step::Done(entry) = step else { return Ok(None) };
        self.line.move_right(Span::All);
        self.draw()?;
        match entry {
            Entry::Interrupted => self.terminal.write("^C\n")?,
            _ => self.terminal.write(&self.view.leave())?,
        }
        Ok(Some(entry))
    }

    fn press(&mut self, key: Key, completer: &dyn Completer) -> Result<Step> {
        match key {
            Key::Enter => return Ok(Step::Done(Entry::Line(self.line.text().into()))),
            Key::Control('c') => return Ok(Step::Done(Entry::Interrupted)),
            Key::Control('d') if self.line.text().is_empty() => return Ok(Step::Done(Entry::End)),
            Key::Tab => self.complete(completer)?,
            Key::Control('l') => {
                self.view = View::new(self.terminal.columns());
                self.terminal.write("\x1b[H\x1b[2J")?;
            }
            Key::Control('v') => {
                let byte = self.terminal.next_byte()?;
                self.insert(&char::from(byte).to_string())?;
            }
            Key::Control('y') => self.insert(&self.killed.clone())?,
            Key::Up | Key::Control('p') => self.recall(self.recalled.checked_sub(1)),
            Key::Down | Key::Control('n') => self.recall(Some(self.recalled + 1)),
            Key::Character(character) => self.insert(character.encode_utf8(&mut [0; 4]))?,
            _ => self.edit(key),
        }
        Ok(Step::GoOn)
    }

    /// Inserts what was typed, as long as a line may be that long.
    fn insert(&mut self, text: &str) -> Result<()> {
        if self.line.text().len() + text.len() > MAX_LINE {
            return self.terminal.write(BELL);
        }
        self.line.insert(text);
        Ok(())
    }

    /// The keys that move and delete.
    fn edit(&mut self, key: Key) {
        let line = &mut self.line;
        match key {
            Key::Left | Key::Control('b') => line.move_left(Span::Character),
            Key::Right | Key::Control('f') => line.move_right(Span::Character),
            Key::WordLeft | Key::Meta('b') => line.move_left(Span::Word),
            Key::WordRight | Key::Meta('f') => line.move_right(Span::Word),
            Key::Home | Key::Control('a') => line.move_left(Span::All),
            Key::End | Key::Control('e') => line.move_right(Span::All),
            Key::Backspace => drop(line.delete_left(Span::Character)),
            Key::Delete | Key::Control('d') => drop(line.delete_right(Span::Character)),
            Key::Control('u') => *self.killed = line.delete_left(Span::All),
            Key::Control('k') => *self.killed = line.delete_right(Span::All),
            Key::Control('w') => *self.killed = line.delete_left(Span::BigWord),
            Key::MetaBackspace => *self.killed = line.delete_left(Span::Word),
            Key::Meta('d') => *self.killed = line.delete_right(Span::Word),
            _ => {}
        }
    }

    /// Shows a line of the history, or behind its end what was typed before.
    fn recall(&mut self, index: Option<usize>) {
        let Some(index) = index.filter(|index| *index <= self.history.len()) else { return };
        if self.recalled == self.history.len() {
            self.draft = self.line.text().into();
        }
        self.line = Line::new(self.history.get(index).unwrap_or(&self.draft));
        self.recalled = index;
    }

    /// ^R: looks for what is typed next in older and older lines.
    fn search(&mut self) -> Result<Step> {
        let before = self.line.clone();
        let mut wanted = String::new();
        let mut found = self.history.len();
        loop {
            let prompt = format!("(search) '{wanted}': ");
            let output = self.view.show(&prompt, self.line.text(), self.line.before_cursor().len());
            self.terminal.write(&output)?;
            // The limit below which the next line is looked for.
            let below = match self.read_key()? {
                Key::Control('r') => found,
                Key::Character(character) => {
                    wanted.push(character);
                    (found + 1).min(self.history.len())
                }
                Key::Backspace => {
                    wanted.pop();
                    self.history.len()
                }
                Key::Control('c' | 'g') => {
                    self.line = before;
                    return Ok(Step::GoOn);
                }
                Key::Enter => return Ok(Step::Done(Entry::Line(self.line.text().into()))),
                key => {
                    self.edit(key);
                    return Ok(Step::GoOn);
                }
            };
            let is_match = |index: &usize| self.history.get(*index).is_some_and(|line| line.contains(&wanted));
            if let Some(index) = (0..below).rev().find(is_match).filter(|_| !wanted.is_empty()) {
                found = index;
                self.line = Line::new(self.history.get(index).unwrap_or_default());
            }
        }
    }

    /// Tab: as much as is certain is filled in; when that is nothing, the candidates are listed.
    fn complete(&mut self, completer: &dyn Completer) -> Result<()> {
        let typed = self.line.before_cursor();
        let (start, candidates) = completer.complete(typed);
        let word_len = typed.len().saturating_sub(start);
        let certain = common_start(&candidates);
        match candidates.as_slice() {
            [] => self.terminal.write(BELL),
            [only] => {
                self.line.replace_before_cursor(start, &format!("{certain}{}", only.end));
                Ok(())
            }
            _ if certain.len() > word_len => {
                self.line.replace_before_cursor(start, certain);
                Ok(())
            }
            _ => {
                let names: Vec<&str> = candidates.iter().map(|candidate| candidate.name.as_str()).collect();
                let listing = columns::arrange(&names, self.terminal.columns(), LIST_GAP);
                self.draw()?;
                let leave = self.view.leave();
                self.terminal.write(&format!("{leave}{listing}"))
            }
        }
    }

    fn read_key(&mut self) -> Result<Key> {
        key::read(&mut || self.terminal.next_byte())
    }

    /// Draws, unless more keys have come already: a paste is drawn once.
    fn draw_when_idle(&mut self) -> Result<()> {
        if self.terminal.has_more() { Ok(()) } else { self.draw() }
    }

    fn draw(&mut self) -> Result<()> {
        let output = self.view.show(self.prompt, self.line.text(), self.line.before_cursor().len());
        self.terminal.write(&output)
    }
}

/// What all candidates begin with; no backslash that has lost what it quotes.
fn common_start(candidates: &[Candidate]) -> &str {
    let Some((first, rest)) = candidates.split_first() else { return "" };
    let first = first.text.as_str();
    let same = |other: &Candidate| {
        let equal = first.char_indices().zip(other.text.chars()).find(|((_, a), b)| a != b);
        equal.map_or(first.len().min(other.text.len()), |((at, _), _)| at)
    };
    let common = first.get(..rest.iter().map(same).min().unwrap_or(first.len())).unwrap_or_default();
    let backslashes = common.bytes().rev().take_while(|byte| *byte == b'\\').count();
    if backslashes % 2 == 1 { common.strip_suffix('\\').unwrap_or(common) } else { common }
}
