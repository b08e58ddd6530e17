//! The kernel's command line, for machines whose files nobody can change before they start: `sshd.key=`, `sshd.password=`.

use crate::APP;
use std::fs;
use std::path::Path;

/// What the command line says, unchecked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct BootOptions {
    /// Public keys in base64, without the word before and the comment behind.
    pub(crate) keys: Vec<String>,
    /// The hash of a password.
    pub(crate) password: Option<String>,
}

impl BootOptions {
    /// Reads the file; one that cannot be read is told of and says nothing.
    pub(crate) fn read(path: &Path) -> BootOptions {
        let text = fs::read_to_string(path).unwrap_or_else(|error| {
            APP.complain(format_args!("{}: {error}", path.display()));
            String::new()
        });
        BootOptions::parse(&text)
    }

    fn parse(text: &str) -> BootOptions {
        let mut options = BootOptions::default();
        for word in text.split_ascii_whitespace() {
            match word.split_once('=') {
                Some(("sshd.key", key)) => options.keys.push(key.to_owned()),
                Some(("sshd.password", hash)) => options.password = Some(hash.to_owned()),
                _ => {}
            }
        }
        options
    }
}

#[cfg(test)]
mod tests {
    use super::BootOptions;

    #[test]
    fn words_of_the_command_line() {
        let options =
            BootOptions::parse("quiet sshd.key=AAAA= keymap=de sshd.key=BBBB sshd.password=$argon2id$m=1,t=2\n");
        assert_eq!(options.keys, ["AAAA=", "BBBB"]);
        assert_eq!(options.password.as_deref(), Some("$argon2id$m=1,t=2"));
        assert_eq!(BootOptions::parse("sshd.keys=x sshd.key"), BootOptions::default());
    }
}
