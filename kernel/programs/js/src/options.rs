//! The command line of `js`.

/// What is to be run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    /// A file.
    File(String),
    /// A text of the command line, whose value is shown or not.
    Text(String, Show),
    /// What standard input gives: a session at a terminal, else a script.
    Input,
}

/// Whether the value of a script is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Show {
    Nothing,
    Value,
}

/// Which grammar a text follows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Goal {
    /// The one that it parses as.
    #[default]
    Either,
    Module,
}

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Options {
    pub(crate) source: Source,
    pub(crate) goal: Goal,
    pub(crate) memory_bytes: Option<usize>,
    pub(crate) max_loops: Option<u64>,
    /// What the script is given.
    pub(crate) arguments: Vec<String>,
}

/// Reads the words behind the program's name.
pub(crate) fn parse(words: &[String]) -> Result<Options, String> {
    let mut options = Options {
        source: Source::Input,
        goal: Goal::Either,
        memory_bytes: None,
        max_loops: None,
        arguments: Vec::new(),
    };
    let mut words = words.iter();
    while let Some(word) = words.next() {
        let (option, inline) = match word.split_once('=') {
            Some((option, value)) if option.starts_with("--") => (option, Some(value.to_owned())),
            _ => (word.as_str(), None),
        };
        let mut value = || inline.clone().or_else(|| words.next().cloned()).ok_or(format!("{option} needs a value"));
        match option {
            "--mem" => options.memory_bytes = Some(size(&value()?)?),
            "--max-loops" => {
                let text = value()?;
                let number = text.parse().map_err(|_| format!("--max-loops wants a number, not {text}"))?;
                options.max_loops = Some(number);
            }
            "--module" => options.goal = Goal::Module,
            "-e" => options.source = Source::Text(value()?, Show::Nothing),
            "-p" => options.source = Source::Text(value()?, Show::Value),
            "--" => {
                options.arguments.extend(words.by_ref().cloned());
                if options.source == Source::Input && !options.arguments.is_empty() {
                    options.source = Source::File(options.arguments.remove(0));
                }
            }
            // By convention the name of standard input.
            "-" => options.arguments.extend(words.by_ref().cloned()),
            _ if option.starts_with('-') && matches!(options.source, Source::Input) => {
                return Err(format!("unknown option {option}; try: help js"));
            }
            _ => {
                if options.source == Source::Input {
                    options.source = Source::File(word.clone());
                } else {
                    options.arguments.push(word.clone());
                }
                options.arguments.extend(words.by_ref().cloned());
            }
        }
    }
    Ok(options)
}

fn size(value: &str) -> Result<usize, String> {
    let (digits, shift) = match value.char_indices().next_back() {
        Some((end, 'k' | 'K')) => (value.get(..end), 10),
        Some((end, 'm' | 'M')) => (value.get(..end), 20),
        Some((end, 'g' | 'G')) => (value.get(..end), 30),
        _ => (Some(value), 0),
    };
    let number: Option<usize> = digits.and_then(|digits| digits.parse().ok());
    number
        .and_then(|number| number.checked_mul(1 << shift))
        .ok_or(format!("--mem wants a number of bytes, or one with K, M or G, not {value}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Options, String> {
        parse(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn what_comes_behind_the_file_is_the_scripts() {
        let options = read("--mem 4M --max-loops=7 a.js -e --mem x").expect("parses");
        assert_eq!(options.source, Source::File("a.js".into()));
        assert_eq!(options.arguments, ["-e", "--mem", "x"]);
        assert_eq!((options.memory_bytes, options.max_loops), (Some(4 << 20), Some(7)));
        assert_eq!(read("-e 1 a b").expect("parses").arguments, ["a", "b"]);
        assert_eq!(read("-- -x.js y").expect("parses").source, Source::File("-x.js".into()));
    }

    #[test]
    fn nonsense_is_refused() {
        for line in ["--nonsense", "-e", "--mem", "--mem 4X", "--max-loops -1"] {
            assert!(read(line).is_err(), "{line}");
        }
    }
}
