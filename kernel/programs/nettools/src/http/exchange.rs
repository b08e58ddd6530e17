//! Requests and their answers, redirections followed (RFC 9110, section 15.4).

use super::plan::{Data, Plan};
use super::url::Url;
use crate::call::{Call, Failure, failed};
use crate::hosts::find;
use std::io::{self, ErrorKind};
use std::sync::Arc;
use ureq::http::header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, COOKIE, LOCATION};
use ureq::http::{HeaderName, HeaderValue, Method, Request, Response, StatusCode};
use ureq::{Agent, Body, SendBody};
use vfs::{Kind, OpenFile, OpenOptions};

/// Redirections that are followed: a loop is longer.
const MAX_REDIRECTIONS: usize = 10;
const AGENT: &str = concat!("yolk-http/", env!("CARGO_PKG_VERSION"));

/// An answer, and the URL that gave it.
pub(super) struct Answer {
    pub(super) url: Url,
    pub(super) response: Response<Body>,
}

/// Sends what the plan says until an answer is no redirection; each answer is shown to `see`.
pub(super) fn exchange(
    call: &Call<'_>,
    plan: &Plan,
    mut see: impl FnMut(&Response<Body>) -> Result<(), Failure>,
) -> Result<Answer, Failure> {
    let agent = agent(plan);
    let mut step = Step { url: plan.url.clone(), method: plan.method.clone(), data: &plan.data };
    let mut headers = plan.headers.clone();
    for _ in 0..=MAX_REDIRECTIONS {
        let response = send(call, &agent, &step, &headers)?;
        see(&response)?;
        let next = if plan.follow { step.next(&response)? } else { None };
        let Some(next) = next else { return Ok(Answer { url: step.url, response }) };
        if next.url.authority() != step.url.authority() {
            // Another server is not told our secrets.
            headers.retain(|(name, _)| name != AUTHORIZATION && name != COOKIE);
        }
        step = next;
    }
    Err(Failure::Error(format!("{}: more than {MAX_REDIRECTIONS} redirections", plan.url)))
}

fn agent(plan: &Plan) -> Agent {
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .proxy(None)
        // One that the server is about to close would be of no use to the request that a redirection asks for.
        .max_idle_connections(0)
        .user_agent(AGENT)
        .timeout_connect(Some(plan.connect_time))
        .timeout_recv_response(plan.patience)
        .timeout_per_read(plan.patience);
    config.build().into()
}

/// One request of several.
struct Step<'a> {
    url: Url,
    method: Method,
    data: &'a Data,
}

impl<'a> Step<'a> {
    /// What a redirection asks for; `None` if it is none.
    fn next(&self, response: &Response<Body>) -> Result<Option<Step<'a>>, Failure> {
        let Some((method, data)) = next_method(response.status(), &self.method, self.data) else { return Ok(None) };
        let Some(location) = response.headers().get(LOCATION) else { return Ok(None) };
        let location = location.to_str().map_err(|_| Failure::Error(format!("{}: led to no URL", self.url)))?;
        Ok(Some(Step { url: self.url.join(location)?, method, data }))
    }
}

/// The method and the data with which a redirection is followed. As browsers do, a POST becomes a GET at 301 and 302.
fn next_method<'a>(status: StatusCode, method: &Method, data: &'a Data) -> Option<(Method, &'a Data)> {
    let plain = if *method == Method::HEAD { Method::HEAD } else { Method::GET };
    match status {
        StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND if *method == Method::POST => Some((plain, &Data::Nothing)),
        StatusCode::SEE_OTHER => Some((plain, &Data::Nothing)),
        StatusCode::MOVED_PERMANENTLY
        | StatusCode::FOUND
        | StatusCode::TEMPORARY_REDIRECT
        | StatusCode::PERMANENT_REDIRECT => Some((method.clone(), data)),
        _ => None,
    }
}

fn send(
    call: &Call<'_>,
    agent: &Agent,
    step: &Step<'_>,
    headers: &[(HeaderName, HeaderValue)],
) -> Result<Response<Body>, Failure> {
    // std says no more of a failed lookup than that it failed.
    find(call.net, step.url.host(), None)?;
    let mut request = Request::builder().method(step.method.clone()).uri(step.url.uri());
    for (name, value) in headers {
        request = request.header(name, value);
    }
    let given = |name: HeaderName| headers.iter().any(|(known, _)| *known == name);
    let outcome = match step.data {
        Data::Nothing => request.body(()).map_err(ureq::Error::from).and_then(|request| agent.run(request)),
        Data::Text(text) => {
            if !given(CONTENT_TYPE) {
                request = request.header(CONTENT_TYPE, "application/x-www-form-urlencoded");
            }
            request.body(text.as_str()).map_err(ureq::Error::from).and_then(|request| agent.run(request))
        }
        Data::File(path) => {
            let file = open(call, path)?;
            if file.kind() == Kind::Regular && !given(CONTENT_LENGTH) {
                request = request.header(CONTENT_LENGTH, file.metadata().size);
            }
            let mut reader = &*file;
            let body = SendBody::from_reader(&mut reader);
            request.body(body).map_err(ureq::Error::from).and_then(|request| agent.run(request))
        }
    };
    outcome.map_err(|error| explain(&step.url, error))
}

fn open(call: &Call<'_>, path: &str) -> Result<Arc<OpenFile>, Failure> {
    match path {
        "-" => Ok(Arc::clone(&call.context.stdin)),
        _ => call.context.open(path, &OpenOptions::read()).map_err(|error| failed(path, error)),
    }
}

/// What an error means to a user.
fn explain(url: &Url, error: ureq::Error) -> Failure {
    let reason = match error {
        ureq::Error::Io(error) => return explain_io(url, error),
        ureq::Error::Timeout(_) => "no answer in time; -w gives it more".to_owned(),
        ureq::Error::HostNotFound => "no such host".to_owned(),
        ureq::Error::ConnectionFailed => "the server cannot be reached".to_owned(),
        ureq::Error::Protocol(error) => format!("what the server says is not HTTP: {error}"),
        other => other.to_string(),
    };
    Failure::Error(format!("{url}: {reason}"))
}

/// The same for an error while content is read.
pub(super) fn explain_io(url: &Url, error: io::Error) -> Failure {
    if error.kind() == ErrorKind::UnexpectedEof {
        return Failure::Error(format!("{url}: the server closed the connection before all was said"));
    }
    // One of the client's own may hide in it.
    match error.downcast::<ureq::Error>() {
        Ok(own) => match own {
            ureq::Error::Io(error) => failed(url, error),
            other => explain(url, other),
        },
        Err(error) => failed(url, error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn redirections_keep_the_method_or_not() {
        let data = Data::Text("x".into());
        let next = |status: u16, method: Method| {
            let status = StatusCode::from_u16(status).expect("a status");
            next_method(status, &method, &data).map(|(method, data)| (method, *data != Data::Nothing))
        };
        assert_eq!(next(302, Method::POST), Some((Method::GET, false)));
        assert_eq!(next(302, Method::PUT), Some((Method::PUT, true)));
        assert_eq!(next(303, Method::PUT), Some((Method::GET, false)));
        assert_eq!(next(303, Method::HEAD), Some((Method::HEAD, false)));
        assert_eq!(next(307, Method::POST), Some((Method::POST, true)));
        assert_eq!(next(304, Method::GET), None);
        assert_eq!(next(200, Method::GET), None);
    }
}
