//! The kernel command line: words joined by spaces, `name` or `name=value`. Unknown words are left alone.

/// What the command line asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    /// `autorun=PATH`: a script to run instead of the shells; the machine is left when it ends.
    pub(crate) autorun: Option<String>,
    /// `link=ttyS1`: the script's streams go over the link on the second serial line.
    pub(crate) link: bool,
    /// `keymap=NAME`: the keyboard's layout.
    pub(crate) keymap: Option<String>,
}

impl Options {
    pub(crate) fn parse(command_line: &str) -> Options {
        let mut options = Options::default();
        for word in command_line.split_ascii_whitespace() {
            match word.split_once('=') {
                Some(("autorun", path)) => options.autorun = Some(path.to_owned()),
                Some(("link", "ttyS1")) => options.link = true,
                Some(("keymap", name)) => options.keymap = Some(name.to_owned()),
                _ => {}
            }
        }
        options
    }
}
