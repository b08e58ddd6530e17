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
    /// `video=WIDTHxHEIGHT`: the screen's size; `video=text` (or `off`): no pixels, the console is in VGA's text mode.
    pub(crate) video: Video,
    /// `verbose`: the screen begins with the kernel's log.
    pub(crate) verbose: bool,
}

/// What the screen shall show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Video {
    /// Pixels, of a size that the kernel chooses.
    #[default]
    Default,
    /// Pixels of this size.
    Size(usize, usize),
    /// Text.
    Text,
}

impl Video {
    /// `None` for what makes no sense.
    fn parse(value: &str) -> Option<Video> {
        if matches!(value, "text" | "off") {
            return Some(Video::Text);
        }
        let (width, height) = value.split_once('x')?;
        let length = |text: &str| text.parse().ok().filter(|length| (1..=MAX_LENGTH).contains(length));
        Some(Video::Size(length(width)?, length(height)?))
    }
}

/// More pixels than this in a row or column has no display.
const MAX_LENGTH: usize = 16384;

impl Options {
    pub(crate) fn parse(command_line: &str) -> Options {
        let mut options = Options::default();
        for word in command_line.split_ascii_whitespace() {
            options.verbose |= word == "verbose";
            match word.split_once('=') {
                Some(("autorun", path)) => options.autorun = Some(path.to_owned()),
                Some(("link", "ttyS1")) => options.link = true,
                Some(("keymap", name)) => options.keymap = Some(name.to_owned()),
                Some(("video", value)) => match Video::parse(value) {
                    Some(video) => options.video = video,
                    None => machine::log!("video={value}: neither WIDTHxHEIGHT nor text; taking the default"),
                },
                _ => {}
            }
        }
        options
    }
}
