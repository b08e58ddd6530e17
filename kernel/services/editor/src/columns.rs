//! Names side by side, as `ls` and completion list them.

use unicode_width::UnicodeWidthStr;

/// Arranges `names` in columns of equal width, read downwards, on lines of at most `width`; each line ends in a line
/// feed.
pub fn arrange(names: &[&str], width: usize, gap: usize) -> String {
    let longest = names.iter().map(|name| name.width()).max().unwrap_or(0);
    let column_width = longest + gap;
    let columns = ((width + gap).saturating_sub(1) / column_width.max(1)).max(1);
    let rows = names.len().div_ceil(columns);
    let mut text = String::new();
    for row in 0..rows {
        let mut names_of_row = names.iter().skip(row).step_by(rows).peekable();
        while let Some(name) = names_of_row.next() {
            text += name;
            if names_of_row.peek().is_some() {
                text.extend(std::iter::repeat_n(' ', column_width - name.width()));
            }
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::arrange;

    #[test]
    fn columns_fill_downwards() {
        assert_eq!(arrange(&["a", "bb", "c", "d", "e"], 9, 2), "a   d\nbb  e\nc\n");
        assert_eq!(arrange(&["a", "b"], 80, 2), "a  b\n");
        assert_eq!(arrange(&["日本", "x"], 80, 2), "日本  x\n");
        assert_eq!(arrange(&["longer than the line", "b"], 5, 2), "longer than the line\nb\n");
        assert_eq!(arrange(&[], 80, 2), "");
    }
}
