//! How entries of an object are laid out: in one line, in several, or in columns; by Node.js' rules.

/// Columns that lines are filled to.
const WIDTH: usize = 80;
/// Levels within an object that still go on one line with it.
const COMPACT: usize = 3;
/// From how many entries on an array is shown in columns.
const COLUMNS_FROM: usize = 7;
const MAX_COLUMNS: usize = 15;

/// Where entries stand.
pub(super) struct Frame<'a> {
    /// What comes before the brace.
    pub(super) prefix: &'a str,
    pub(super) braces: [&'a str; 2],
    pub(super) indent: usize,
    /// Levels of objects within this one.
    pub(super) inner_levels: usize,
}

/// Whether columns are flush right: those of numbers.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Align {
    Left,
    Right,
}

impl Frame<'_> {
    /// Joins entries.
    pub(super) fn join(&self, entries: &[String]) -> String {
        let [open, close] = self.braces;
        let before = if self.prefix.is_empty() { String::new() } else { format!("{} ", self.prefix) };
        if entries.is_empty() {
            return format!("{before}{open}{close}");
        }
        if self.inner_levels < COMPACT && self.fits(entries) {
            return format!("{before}{open} {} {close}", entries.join(", "));
        }
        self.break_lines(entries)
    }

    /// One entry a line.
    pub(super) fn break_lines(&self, entries: &[String]) -> String {
        let [open, close] = self.braces;
        let before = if self.prefix.is_empty() { String::new() } else { format!("{} ", self.prefix) };
        let margin = " ".repeat(self.indent);
        format!("{before}{open}\n{margin}  {}\n{margin}{close}", entries.join(&format!(",\n{margin}  ")))
    }

    fn fits(&self, entries: &[String]) -> bool {
        let start = entries.len() + self.indent + self.braces[0].len() + self.prefix.len() + 10;
        let total: usize = entries.iter().map(|entry| width(entry)).sum();
        total + entries.len() + start <= WIDTH && !entries.iter().any(|entry| entry.contains('\n'))
    }
}

/// Puts an array's entries in columns, where they are many and short; `None` where they are not.
pub(super) fn columns(entries: &[String], indent: usize, align: Align) -> Option<Vec<String>> {
    if entries.len() < COLUMNS_FROM || entries.iter().any(|entry| entry.contains('\n')) {
        return None;
    }
    let widths: Vec<usize> = entries.iter().map(|entry| width(entry)).collect();
    let longest = widths.iter().max()? + 2;
    let total: usize = widths.iter().map(|width| width + 2).sum();
    if longest * 3 + indent >= WIDTH || (total / longest <= 5 && longest - 2 > 6) {
        return None;
    }
    let count = column_count(entries.len(), longest, total, indent);
    if count <= 1 {
        return None;
    }
    let column_width = |column: usize| widths.iter().skip(column).step_by(count).max().map_or(0, |width| width + 2);
    let column_widths: Vec<usize> = (0..count).map(column_width).collect();
    let line = |row: &[String]| {
        let mut line = String::new();
        for (index, (entry, width_of_column)) in row.iter().zip(&column_widths).enumerate() {
            let is_last = index + 1 == row.len();
            let (text, room) = if is_last { (entry.clone(), 2) } else { (format!("{entry}, "), 0) };
            let padding = " ".repeat(width_of_column.saturating_sub(width(&text) + room));
            match align {
                Align::Right => line += &format!("{padding}{text}"),
                Align::Left if is_last => line += &text,
                Align::Left => line += &format!("{text}{padding}"),
            }
        }
        line
    };
    Some(entries.chunks(count).map(line).collect())
}

/// As many as make the whole about two and a half times as wide as high.
fn column_count(entries: usize, longest: usize, total: usize, indent: usize) -> usize {
    #[expect(clippy::cast_precision_loss, reason = "a few thousand at most")]
    let (entries_f, longest_f, total_f) = (entries as f64, longest as f64, total as f64);
    let bias = (longest_f - total_f / entries_f).max(0.0).sqrt();
    let biased = (longest_f - 3.0 - bias).max(1.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small and positive")]
    let ideal = ((2.5 * biased * entries_f).sqrt() / biased).round() as usize;
    ideal.min(WIDTH.saturating_sub(indent) / longest).min(COMPACT * 4).min(MAX_COLUMNS)
}

/// Characters of `text` without the sequences that colour it.
pub(super) fn width(text: &str) -> usize {
    let mut count = 0;
    let mut in_sequence = false;
    for character in text.chars() {
        match character {
            '\x1b' => in_sequence = true,
            'm' if in_sequence => in_sequence = false,
            _ if in_sequence => {}
            _ => count += 1,
        }
    }
    count
}
