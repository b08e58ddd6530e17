//! `http` and `wget`: the content of a URL, and sending some to one.
//!
//! The crate `ureq` speaks the protocol. `plan` reads the command line, `exchange` follows redirections, `content` saves.

mod content;
mod exchange;
mod plan;
mod url;

use crate::call::{Call, Failure, Outcome, failed};
use content::Reports;
use exchange::{Answer, exchange};
use plan::{Plan, Target};
use process::ExitStatus;
use std::fmt::Write as _;
use std::sync::Arc;
use ureq::Body;
use ureq::http::{Method, Response, StatusCode, Version};
use vfs::{OpenFile, OpenOptions};

/// `http`.
pub(crate) fn run(call: &Call<'_>) -> Outcome {
    fetch(call, &Plan::parse(call.parser())?)
}

/// `wget`: `http` that saves to the file that the URL names.
pub(crate) fn run_wget(call: &Call<'_>) -> Outcome {
    fetch(call, &Plan::parse_wget(call.parser())?)
}

fn fetch(call: &Call<'_>, plan: &Plan) -> Outcome {
    let headers_only = plan.method == Method::HEAD;
    let Answer { url, response } =
        exchange(
            call,
            plan,
            |response| {
                if plan.include || headers_only { call.print(&head(response)) } else { Ok(()) }
            },
        )?;
    let status = response.status();
    let file = match &plan.target {
        // What an error page says is not what was asked for.
        _ if headers_only || is_failure(status) && plan.target != Target::StandardOutput => None,
        Target::StandardOutput => Some(("standard output".to_owned(), Arc::clone(&call.context.stdout))),
        Target::File(path) => Some((path.clone(), create(call, path)?)),
        Target::Named => Some((url.file_name(), create(call, &url.file_name())?)),
    };
    if let Some((name, file)) = file {
        let to_file = plan.target != Target::StandardOutput;
        let reports = if to_file && !plan.quiet { Reports::ToTerminal } else { Reports::None };
        let size = content::copy(call, &url, response.into_body(), &file, &name, reports)?;
        if to_file && !plan.quiet {
            call.remark(format_args!("{name}: {size} bytes"))?;
        }
    }
    if is_failure(status) {
        call.complain(format_args!("{url}: {status}"));
    }
    Ok(exit_status(status))
}

fn create(call: &Call<'_>, path: &str) -> Result<Arc<OpenFile>, Failure> {
    call.context.open(path, &OpenOptions::rewrite()).map_err(|error| failed(path, error))
}

fn is_failure(status: StatusCode) -> bool {
    status.is_client_error() || status.is_server_error()
}

/// As HTTPie has it: 3, 4 and 5 for the class of a status that is no success.
fn exit_status(status: StatusCode) -> ExitStatus {
    match status.as_u16() / 100 {
        // A redirection that was not to be followed.
        3 if status != StatusCode::NOT_MODIFIED => ExitStatus::Exited(3),
        4 => ExitStatus::Exited(4),
        5 => ExitStatus::Exited(5),
        _ => ExitStatus::SUCCESS,
    }
}

/// Status and headers as they came, but for the letters' case.
fn head(response: &Response<Body>) -> String {
    let version = match response.version() {
        Version::HTTP_10 => "HTTP/1.0",
        _ => "HTTP/1.1",
    };
    let mut text = format!("{version} {}\n", response.status());
    for (name, value) in response.headers() {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{name}: {}", String::from_utf8_lossy(value.as_bytes()));
    }
    text + "\n"
}
