//! Options by letter (POSIX XBD 12.2, utility syntax guidelines).
//!
//! A specification lists letters, each with a colon behind it if it takes a value. `#` allows `-12` as a short form of
//! `-n 12`. A `+` in front ends options at the first operand, for commands that run others; elsewhere they may stand
//! anywhere before `--`. The specification `*` turns all of this off: every argument is an operand.

/// The options and operands of a call.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Options {
    letters: Vec<(char, Option<String>)>,
    pub(super) operands: Vec<String>,
}

impl Options {
    /// Takes arguments apart; an error says what is wrong with them.
    pub(super) fn parse(specification: &str, arguments: &[String]) -> Result<Options, String> {
        let mut options = Options::default();
        if specification == "*" {
            options.operands = arguments.to_vec();
            return Ok(options);
        }
        let mut rest = arguments.iter();
        while let Some(argument) = rest.next() {
            match argument.strip_prefix('-') {
                Some("-") => break,
                Some(number) if specification.contains('#') && number.parse::<u64>().is_ok() => {
                    options.letters.push(('n', Some(number.into())));
                }
                Some(letters) if !letters.is_empty() => options.take(specification, letters, &mut rest)?,
                _ => {
                    options.operands.push(argument.clone());
                    if specification.starts_with('+') {
                        break;
                    }
                }
            }
        }
        options.operands.extend(rest.cloned());
        Ok(options)
    }

    /// Letters behind one `-`; a value is the rest of them, or the next argument.
    fn take<'a>(
        &mut self,
        specification: &str,
        letters: &str,
        rest: &mut impl Iterator<Item = &'a String>,
    ) -> Result<(), String> {
        let mut letters = letters.chars();
        while let Some(letter) = letters.next() {
            let position = specification.find(letter).filter(|_| !"+:#*".contains(letter));
            let position = position.ok_or_else(|| format!("there is no option -{letter}"))?;
            if !specification.get(position + letter.len_utf8()..).unwrap_or_default().starts_with(':') {
                self.letters.push((letter, None));
                continue;
            }
            let value = match letters.as_str() {
                "" => rest.next().cloned().ok_or_else(|| format!("option -{letter} wants a value"))?,
                value => value.into(),
            };
            self.letters.push((letter, Some(value)));
            break;
        }
        Ok(())
    }

    pub(super) fn has(&self, letter: char) -> bool {
        self.letters.iter().any(|(given, _)| *given == letter)
    }

    /// The value of the last `letter`.
    pub(super) fn value(&self, letter: char) -> Option<&str> {
        self.letters.iter().rev().find(|(given, _)| *given == letter)?.1.as_deref()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(specification: &str, arguments: &[&str]) -> Result<(String, Vec<String>), String> {
        let arguments: Vec<String> = arguments.iter().map(|argument| (*argument).into()).collect();
        let options = Options::parse(specification, &arguments)?;
        let letter = |(letter, value): &(char, Option<String>)| match value {
            Some(value) => format!("{letter}={value} "),
            None => format!("{letter} "),
        };
        Ok((options.letters.iter().map(letter).collect(), options.operands))
    }

    #[test]
    fn letters_values_and_operands() {
        let (letters, operands) = parse("aln:", &["-la", "x", "-n5", "-n", "6", "-", "--", "-a"]).unwrap();
        assert_eq!(letters, "l a n=5 n=6 ");
        assert_eq!(operands, ["x", "-", "-a"]);
    }

    #[test]
    fn numbers_commands_and_raw_arguments() {
        assert_eq!(parse("n:#", &["-12", "x"]).unwrap().0, "n=12 ");
        assert_eq!(parse("+p", &["-p", "ls", "-p"]).unwrap(), ("p ".into(), vec!["ls".into(), "-p".into()]));
        assert_eq!(parse("*", &["-n", "--"]).unwrap().1, ["-n", "--"]);
    }

    #[test]
    fn mistakes_are_named() {
        assert_eq!(parse("a", &["-b"]).unwrap_err(), "there is no option -b");
        assert_eq!(parse("n:", &["-n"]).unwrap_err(), "option -n wants a value");
        assert_eq!(parse("n:", &["-:"]).unwrap_err(), "there is no option -:");
        assert!(parse("a", &["--all"]).is_err());
    }
}
