//! `test` and `[`: whether something is true, by the number of arguments (POSIX XCU, test).

use super::{Call, Failure, Outcome};
use process::ExitStatus;
use std::cmp::Ordering;
use vfs::{Follow, Kind, Metadata};

pub(super) const DETAILS: &str = "\
  STRING, -n STRING, -z STRING    it is not empty; it is empty
  A = B, A != B                   texts are equal; are not
  A -eq B, -ne -lt -le -gt -ge    numbers compare like this
  -e FILE, -f -d -h -p -c -S      it is there; is a file, directory, link, pipe, device, socket
  -s FILE, -r -w -x               it is not empty; may be read, written, executed
  -t DESCRIPTOR                   a terminal is open there
  ! EXPRESSION, ( EXPRESSION )    the opposite; the same. For more there are && and || of the shell.";

pub(super) fn run(call: &Call) -> Outcome {
    answer(call, call.operands())
}

pub(super) fn run_in_brackets(call: &Call) -> Outcome {
    match call.operands() {
        [expression @ .., closer] if closer == "]" => answer(call, expression),
        _ => Err(Failure::Usage("] is missing at the end".into())),
    }
}

fn answer(call: &Call, expression: &[String]) -> Outcome {
    let expression: Vec<&str> = expression.iter().map(String::as_str).collect();
    let holds = holds(call, &expression).map_err(Failure::Usage)?;
    Ok(if holds { ExitStatus::SUCCESS } else { ExitStatus::FAILURE })
}

fn holds(call: &Call, expression: &[&str]) -> Result<bool, String> {
    match *expression {
        [] => Ok(false),
        [text] => Ok(!text.is_empty()),
        [left, operator, right] if is_comparison(operator) => compare(left, operator, right),
        ["!", ref rest @ ..] if rest.len() <= 3 => holds(call, rest).map(|holds| !holds),
        ["(", ref inner @ .., ")"] if matches!(inner.len(), 1 | 2) => holds(call, inner),
        [operator, operand] => is(call, operator, operand),
        [_, operator, _] => Err(format!("{operator} compares nothing")),
        _ => Err("too many arguments; && and || of the shell join expressions".into()),
    }
}

fn is(call: &Call, operator: &str, operand: &str) -> Result<bool, String> {
    let file = |has: fn(&Metadata) -> bool| Ok(call.metadata(operand, Follow::Yes).is_ok_and(|file| has(&file)));
    match operator {
        "-n" => Ok(!operand.is_empty()),
        "-z" => Ok(operand.is_empty()),
        "-e" => file(|_| true),
        "-f" => file(|file| file.kind == Kind::Regular),
        "-d" => file(|file| file.kind == Kind::Directory),
        "-p" => file(|file| file.kind == Kind::Fifo),
        "-c" => file(|file| file.kind == Kind::CharDevice),
        "-S" => file(|file| matches!(file.kind, Kind::StreamSocket | Kind::DatagramSocket)),
        "-h" | "-L" => Ok(call.metadata(operand, Follow::No).is_ok_and(|link| link.kind == Kind::Symlink)),
        "-s" => file(|file| file.size > 0),
        "-r" => file(|file| file.mode & 0o444 != 0),
        "-w" => file(|file| file.mode & 0o222 != 0),
        "-x" => file(|file| file.mode & 0o111 != 0),
        "-t" => {
            let descriptor = i32::try_from(number(operand)?).unwrap_or(-1);
            let file = call.context.process.files().get(descriptor);
            Ok(file.is_ok_and(|file| file.as_terminal().is_some()))
        }
        _ => Err(format!("{operator} asks nothing of {operand}")),
    }
}

fn is_comparison(operator: &str) -> bool {
    matches!(operator, "=" | "!=" | "-eq" | "-ne" | "-lt" | "-le" | "-gt" | "-ge")
}

fn compare(left: &str, operator: &str, right: &str) -> Result<bool, String> {
    match operator {
        "=" => return Ok(left == right),
        "!=" => return Ok(left != right),
        _ => {}
    }
    let order = number(left)?.cmp(&number(right)?);
    Ok(match operator {
        "-eq" => order == Ordering::Equal,
        "-ne" => order != Ordering::Equal,
        "-lt" => order == Ordering::Less,
        "-le" => order != Ordering::Greater,
        "-gt" => order == Ordering::Greater,
        _ => order != Ordering::Less,
    })
}

fn number(text: &str) -> Result<i64, String> {
    text.trim().parse().map_err(|_| format!("{text} is not a number"))
}
