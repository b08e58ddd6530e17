//! What `http`'s and `wget`'s command lines say.

use super::url::Url;
use crate::call::Failure;
use lexopt::{Arg, Parser, ValueExt};
use std::time::Duration;
use ureq::http::{HeaderName, HeaderValue, Method};

/// How long connecting may take where nobody said.
const CONNECT_TIME: Duration = Duration::from_secs(30);

/// What is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Data {
    Nothing,
    Text(String),
    /// A file, or standard input (`-`).
    File(String),
}

/// Where the content goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Target {
    StandardOutput,
    File(String),
    /// The file that the URL names.
    Named,
}

#[derive(Debug)]
pub(super) struct Plan {
    pub(super) url: Url,
    pub(super) method: Method,
    pub(super) headers: Vec<(HeaderName, HeaderValue)>,
    pub(super) data: Data,
    pub(super) target: Target,
    /// Whether status and headers are printed.
    pub(super) include: bool,
    pub(super) follow: bool,
    pub(super) quiet: bool,
    /// How long connecting and each answer may take.
    pub(super) connect_time: Duration,
    pub(super) patience: Option<Duration>,
}

/// A plan as far as it is read.
struct Draft {
    method: Option<Method>,
    operands: Vec<String>,
    plan: Plan,
}

impl Plan {
    fn empty(target: Target) -> Result<Plan, Failure> {
        Ok(Plan {
            url: Url::parse("localhost")?,
            method: Method::GET,
            headers: Vec::new(),
            data: Data::Nothing,
            target,
            include: false,
            follow: true,
            quiet: false,
            connect_time: CONNECT_TIME,
            patience: None,
        })
    }

    /// `http`'s.
    pub(super) fn parse(mut parser: Parser) -> Result<Plan, Failure> {
        let plan = Plan::empty(Target::StandardOutput)?;
        let mut draft = Draft { method: None, operands: Vec::new(), plan };
        while let Some(argument) = parser.next()? {
            let plan = &mut draft.plan;
            match argument {
                Arg::Short('X') | Arg::Long("request") => draft.method = Some(method(&parser.value()?.string()?)?),
                Arg::Short('I') | Arg::Long("head") => draft.method = Some(Method::HEAD),
                Arg::Short('H') | Arg::Long("header") => plan.headers.push(header(&parser.value()?.string()?)?),
                Arg::Short('d') | Arg::Long("data") => plan.set_data(Data::Text(parser.value()?.string()?))?,
                Arg::Long("data-file") => plan.set_data(Data::File(parser.value()?.string()?))?,
                Arg::Short('o') | Arg::Long("output") => plan.target = Target::File(parser.value()?.string()?),
                Arg::Short('O') => plan.target = Target::Named,
                Arg::Short('i') | Arg::Long("include") => plan.include = true,
                Arg::Long("no-redirect") => plan.follow = false,
                Arg::Short('s' | 'q') => plan.quiet = true,
                Arg::Short('w') => plan.set_patience(&parser.value()?.string()?)?,
                Arg::Value(value) => draft.operands.push(value.string()?),
                other => return Err(other.unexpected().into()),
            }
        }
        draft.finish()
    }

    /// `wget`'s.
    pub(super) fn parse_wget(mut parser: Parser) -> Result<Plan, Failure> {
        let plan = Plan::empty(Target::Named)?;
        let mut draft = Draft { method: None, operands: Vec::new(), plan };
        while let Some(argument) = parser.next()? {
            match argument {
                Arg::Short('O') => {
                    let path = parser.value()?.string()?;
                    draft.plan.target = if path == "-" { Target::StandardOutput } else { Target::File(path) };
                }
                Arg::Short('q') => draft.plan.quiet = true,
                Arg::Short('T') => draft.plan.set_patience(&parser.value()?.string()?)?,
                Arg::Value(value) => draft.operands.push(value.string()?),
                other => return Err(other.unexpected().into()),
            }
        }
        draft.finish()
    }

    fn set_data(&mut self, data: Data) -> Result<(), Failure> {
        if self.data != Data::Nothing {
            return Err(Failure::Usage("the data can be given once".into()));
        }
        self.data = data;
        Ok(())
    }

    fn set_patience(&mut self, text: &str) -> Result<(), Failure> {
        let parsed = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
        let time = parsed.filter(|time| !time.is_zero());
        let time = time.ok_or_else(|| Failure::Usage(format!("{text}: not a number of seconds above 0")))?;
        (self.connect_time, self.patience) = (time, Some(time));
        Ok(())
    }
}

impl Draft {
    /// Takes the operands: a URL, perhaps with a method before it, as in `http PUT URL`.
    fn finish(self) -> Result<Plan, Failure> {
        let Draft { method: mut chosen, operands, mut plan } = self;
        let url = match &operands[..] {
            [url] => url,
            [word, url] if chosen.is_none() && word.bytes().all(|byte| byte.is_ascii_uppercase()) => {
                chosen = Some(method(word)?);
                url
            }
            [] => return Err(Failure::Usage("a URL is missing".into())),
            [_, word, ..] => return Err(Failure::Usage(format!("{word}: one URL at a time"))),
        };
        plan.url = Url::parse(url)?;
        let usual = if plan.data == Data::Nothing { Method::GET } else { Method::POST };
        plan.method = chosen.unwrap_or(usual);
        Ok(plan)
    }
}

fn method(text: &str) -> Result<Method, Failure> {
    let known = text.parse().ok().filter(|method| *method != Method::CONNECT);
    known.ok_or_else(|| Failure::Usage(format!("{text}: not a method; GET, HEAD, POST, PUT, DELETE are some")))
}

/// `Name: value`.
fn header(text: &str) -> Result<(HeaderName, HeaderValue), Failure> {
    let wrong = || Failure::Usage(format!("{text}: not a header; write \"Name: value\""));
    let (name, value) = text.split_once(':').ok_or_else(wrong)?;
    let name: HeaderName = name.trim().parse().map_err(|_| wrong())?;
    Ok((name, value.trim().parse().map_err(|_| wrong())?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(words: &[&str]) -> Result<Plan, String> {
        Plan::parse(Parser::from_args(words)).map_err(|failure| format!("{failure:?}"))
    }

    #[test]
    fn the_method_follows_from_the_data_unless_it_is_given() {
        let method = |words: &[&str]| plan(words).map(|plan| plan.method);
        assert_eq!(method(&["host"]), Ok(Method::GET));
        assert_eq!(method(&["-d", "x=1", "host"]), Ok(Method::POST));
        assert_eq!(method(&["PUT", "host", "--data-file", "f"]), Ok(Method::PUT));
        assert_eq!(method(&["-I", "host"]), Ok(Method::HEAD));
        assert_eq!(method(&["-X", "DELETE", "host"]), Ok(Method::DELETE));
    }

    #[test]
    fn the_rest_is_read() {
        let plan = plan(&["-iso", "file", "-H", "Accept: text/html", "-w", "2.5", "host/x"]).expect("a plan");
        assert!(plan.include && plan.quiet && plan.follow);
        assert_eq!(plan.target, Target::File("file".into()));
        assert_eq!((plan.headers.len(), plan.patience), (1, Some(Duration::from_millis(2500))));
        let saved = Plan::parse_wget(Parser::from_args(["host/a.txt"])).expect("a plan");
        assert_eq!((saved.target, saved.url.file_name().as_str()), (Target::Named, "a.txt"));
    }

    #[test]
    fn nonsense_is_refused() {
        let all: [&[&str]; 10] = [
            &[],
            &["a", "b"],
            &["a", "b", "c"],
            &["-X", "a b", "host"],
            &["-X", "CONNECT", "host"],
            &["-H", "no colon", "host"],
            &["-H", "X: a\nb: c", "host"],
            &["-d", "a", "-d", "b", "host"],
            &["-w", "0", "host"],
            &["--nothing", "host"],
        ];
        for words in all {
            assert!(plan(words).is_err(), "{words:?}");
        }
    }
}
