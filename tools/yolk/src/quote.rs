//! Quotes words for the guest's shell, so that each arrives as it is.

/// One word for the shell: as it is where nothing in it is special, else in single quotes.
pub fn word(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,+@%".contains(c);
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    // A single quote ends the quotes, stands for itself behind a backslash, and opens them again.
    format!("'{}'", text.replace('\'', r"'\''"))
}

/// A command line of quoted words.
pub fn line<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    words.into_iter().map(word).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn special_words_are_quoted() {
        assert_eq!(line(["run", "/app/a.wasm", "K=v"]), "run /app/a.wasm K=v");
        assert_eq!(line(["", "a b", "it's", "$HOME", "*", "ä"]), r"'' 'a b' 'it'\''s' '$HOME' '*' 'ä'");
    }
}
