//! `sh`: the shell as a program.
//!
//! Interactive at a terminal; else it runs a command, a file, or what it reads. Its status is that of the last command.

use crate::builtins::Options;
use crate::files;
use crate::input::Input;
use crate::shell::{NOT_FOUND, Shell};
use editor::Editor;
use editor::Redirected;
use process::{Context, ExitStatus, Programs};
use std::sync::Arc;

/// What a shell is called by.
pub(crate) const NAME: &str = "sh";
pub(crate) const USAGE: &str = "[-eux] [-c COMMAND | FILE] [ARGUMENT...]";
pub(crate) const SUMMARY: &str = "the shell: run commands from the terminal, a file or a string";
pub(crate) const DETAILS: &str = "\
  -c COMMAND  run COMMAND instead of a file; the arguments are $0, $1 ...
  -e          stop at the first command that fails
  -u          stop at the first variable that is not set
  -x          show each command before it runs
In a script: words quoted by '' \"\" \\, variables $NAME $1 $? $# $@, patterns * ? [a-z], pipes |,
lists ; && || &, redirections < > >> 2> 2>&1, here-documents << END, comments #, and in words
  $(COMMANDS)  what they print      $((1 + N * 2))   a number      ${#NAME}         its length
  ${NAME:-WORD} ${NAME:=WORD}  a default, kept with =      ${NAME:+WORD} ${NAME:?MESSAGE}  if it is set; or else
  ${NAME#PATTERN} ${NAME%PATTERN}  without its start or end; doubled, with as much of it as matches
Commands of commands:
  if LIST; then LIST; elif LIST; then LIST; else LIST; fi      { LIST; }      ( LIST )
  while LIST; do LIST; done      until LIST; do LIST; done     for NAME in WORD...; do LIST; done
  case WORD in PATTERN | PATTERN) LIST ;; esac                 NAME() { LIST; }
  break, continue and return leave loops and functions; local sets their variables; test and [ ask for
  conditions; read takes a line of input apart; eval runs text as a script
Keys: arrows, ^A ^E ^K ^U ^W ^Y ^L, ^R searches the history, Tab completes, ^C interrupts, ^D ends.";

/// What the arguments ask for.
#[derive(Default)]
struct Request<'a> {
    options: Vec<Options<'a>>,
    command: Option<&'a str>,
    /// A file, or with a command `$0`; then arguments.
    operands: &'a [String],
}

/// Runs a shell in the process of `context`.
pub(crate) fn main(context: &Context, programs: Arc<Programs>) -> ExitStatus {
    let Some(request) = parse(context.arguments()) else {
        context.fail(format_args!("usage: {NAME} {USAGE}"));
        return ExitStatus::USAGE;
    };
    let parameters = match request.operands {
        [] => vec![context.name().to_string()],
        operands => operands.to_vec(),
    };
    let mut shell = Shell::new(context, programs, parameters);
    request.options.iter().for_each(|options| options.apply(&mut shell.state));
    match (request.command, request.operands.first()) {
        (Some(command), _) => drop(shell.run(command)),
        (None, Some(path)) => match files::read_script(shell.vfs(), &shell.cwd(), path) {
            Ok(script) => drop(shell.run(&script)),
            Err(error) => {
                context.fail(format_args!("{path}: {error}"));
                return ExitStatus::Exited(NOT_FOUND);
            }
        },
        (None, None) => run_interactively(context, &mut shell),
    }
    ExitStatus::Exited(shell.state.status)
}

fn run_interactively(context: &Context, shell: &mut Shell) {
    if context.stdin.as_terminal().is_none() {
        return shell.run_input(Input::Stream(Arc::clone(&context.stdin)));
    }
    let terminal = &context.stdin;
    shell.terminal = Some(Arc::clone(terminal));
    let _redirected = Redirected::new(Arc::clone(terminal), shell.interrupt.handler());
    let path = shell.history_path();
    let (vfs, cwd) = (Arc::clone(shell.vfs()), shell.cwd());
    shell.state.history.load(&vfs, &cwd, &path);
    let editor = Editor::new(Arc::clone(terminal), Arc::clone(&context.stdout));
    shell.run_input(Input::Terminal(Box::new(editor)));
}

fn parse(arguments: &[String]) -> Option<Request<'_>> {
    let mut request = Request::default();
    let mut rest = arguments;
    while let Some((argument, tail)) = rest.split_first() {
        match argument.as_str() {
            "-c" => {
                let (command, operands) = tail.split_first()?;
                return Some(Request { command: Some(command), operands, ..request });
            }
            "--" => return Some(Request { operands: tail, ..request }),
            option if option.starts_with('-') => request.options.push(Options::parse(option)?),
            _ => break,
        }
        rest = tail;
    }
    Some(Request { operands: rest, ..request })
}
