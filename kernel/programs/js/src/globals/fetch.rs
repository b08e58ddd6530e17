//! What `fetch` is made of: requests over HTTP, each on a thread of its own.

use super::arguments::{byte_array, bytes, number, plain_object, text};
use super::native::Native;
use crate::events::{Events, Operation};
use crate::state::State;
use boa_engine::builtins::promise::ResolvingFunctions;
use boa_engine::object::builtins::{JsArray, JsPromise};
use boa_engine::{Context, JsNativeError, JsResult, JsValue, js_string};
use std::cell::Cell;
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;
use ureq::http::Request;
use ureq::{Agent, ResponseExt};
use wait::{WaitList, Waiter};

pub(super) const NATIVES: &[Native] = &[("send", 5, send), ("sendNow", 5, send_now), ("cancel", 1, cancel)];

/// How long connecting, and then each step, may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(30);
const STEP_TIMEOUT: Duration = Duration::from_secs(120);
/// Redirections that are followed.
const MAX_REDIRECTS: u32 = 20;
/// The longest answer, beside what the script's memory allows.
const MAX_ANSWER: usize = 64 << 20;
/// Stack of the thread of a request.
const STACK_SIZE: usize = 256 << 10;
/// Requests at one time: each has a thread.
const MAX_REQUESTS: usize = 64;

/// What is asked for.
#[derive(Clone)]
struct Wanted {
    method: String,
    url: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
    follow: bool,
    limit_bytes: usize,
}

/// What has come.
struct Answer {
    status: u16,
    reason: String,
    url: String,
    redirected: bool,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

/// Where a request's thread leaves what has come.
#[derive(Default)]
struct Slot {
    result: Mutex<Option<Result<Answer, String>>>,
    arrived: WaitList,
}

impl Slot {
    fn put(&self, result: Result<Answer, String>) {
        *self.result.lock().unwrap_or_else(PoisonError::into_inner) = Some(result);
        self.arrived.wake_all();
    }

    /// Whether something has come; wakes `waiter` when it does.
    fn poll(&self, waiter: &Waiter) -> bool {
        self.arrived.register(waiter);
        self.result.lock().unwrap_or_else(PoisonError::into_inner).is_some()
    }

    fn take(&self) -> Result<Answer, String> {
        let result = self.result.lock().unwrap_or_else(PoisonError::into_inner).take();
        result.unwrap_or_else(|| Err("nothing has come".to_owned()))
    }
}

/// Makes the request.
fn perform(wanted: Wanted) -> Result<Answer, String> {
    let agent: Agent = Agent::config_builder()
        .http_status_as_error(false)
        .allow_non_standard_methods(true)
        .proxy(None)
        .max_redirects(if wanted.follow { MAX_REDIRECTS } else { 0 })
        .max_redirects_will_error(wanted.follow)
        .timeout_connect(Some(CONNECT_TIMEOUT))
        .timeout_recv_response(Some(STEP_TIMEOUT))
        .timeout_recv_body(Some(STEP_TIMEOUT))
        .user_agent("yolk-js")
        .build()
        .into();
    let mut request = Request::builder().method(wanted.method.as_str()).uri(wanted.url.as_str());
    for (name, value) in &wanted.headers {
        request = request.header(name, value);
    }
    let error = |error: &dyn std::fmt::Display| format!("fetch {}: {error}", wanted.url);
    let mut response = if wanted.body.is_empty() {
        agent.run(request.body(()).map_err(|e| error(&e))?).map_err(|e| error(&e))?
    } else {
        agent.run(request.body(wanted.body.as_slice()).map_err(|e| error(&e))?).map_err(|e| error(&e))?
    };
    let url = response.get_uri().to_string();
    let headers = response.headers().iter();
    let headers =
        headers.map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
    let headers = headers.collect();
    let limit = u64::try_from(wanted.limit_bytes).unwrap_or(u64::MAX);
    let body = response.body_mut().with_config().limit(limit).read_to_vec().map_err(|e| error(&e))?;
    let status = response.status();
    Ok(Answer {
        status: status.as_u16(),
        reason: status.canonical_reason().unwrap_or_default().to_owned(),
        // Of the address that was asked for the part behind # stays here.
        redirected: Some(url.as_str()) != wanted.url.split('#').next(),
        url,
        headers,
        body,
    })
}

/// The thread of a request: it leaves a result whatever happens to it.
struct Errand {
    slot: Arc<Slot>,
    result: Option<Result<Answer, String>>,
    under_way: Arc<AtomicUsize>,
}

impl Errand {
    fn end(mut self, result: Result<Answer, String>) {
        self.result = Some(result);
    }
}

impl Drop for Errand {
    fn drop(&mut self) {
        // Before the result: who has it may start another request.
        self.under_way.fetch_sub(1, Ordering::SeqCst);
        let result = self.result.take();
        self.slot.put(result.unwrap_or_else(|| Err("fetch: the request was given up, for want of memory".to_owned())));
    }
}

/// Starts a request on a thread of its own.
fn start(wanted: &Wanted, state: &State, requests: &Requests) -> JsResult<Arc<Slot>> {
    if requests.under_way.fetch_add(1, Ordering::SeqCst) >= MAX_REQUESTS {
        requests.under_way.fetch_sub(1, Ordering::SeqCst);
        let message = format!("fetch: {MAX_REQUESTS} requests are under way; wait for some of them");
        return Err(JsNativeError::error().with_message(message).into());
    }
    let slot = Arc::new(Slot::default());
    let started = state.uncounted(|| {
        let errand = Errand { slot: Arc::clone(&slot), result: None, under_way: Arc::clone(&requests.under_way) };
        let (wanted, process) = (wanted.clone(), Arc::clone(&state.process));
        let thread = std::thread::Builder::new().name("fetch".to_owned()).stack_size(STACK_SIZE);
        thread.spawn(move || {
            process::enter(Some(process));
            errand.end(perform(wanted));
        })
    });
    started.map_err(|error| JsNativeError::error().with_message(format!("fetch: no thread: {error}")))?;
    Ok(slot)
}

/// `(method, url, headers, body, redirect)`.
fn wanted(arguments: &[JsValue], context: &mut Context) -> JsResult<Wanted> {
    let state = State::of(context)?;
    let mut headers = Vec::new();
    if let Some(list) = arguments.get(2).and_then(JsValue::as_object) {
        let list = JsArray::from_object(list)?;
        for index in (0..list.length(context)?).step_by(2) {
            let pair = [list.get(index, context)?, list.get(index + 1, context)?];
            headers.push((text(&pair, 0, "a header's name")?, text(&pair, 1, "a header")?));
        }
    }
    Ok(Wanted {
        method: text(arguments, 0, "the method")?,
        url: text(arguments, 1, "the address")?,
        headers,
        body: bytes(&arguments.get(3).cloned().unwrap_or_default(), context)?,
        follow: text(arguments, 4, "redirect")? == "follow",
        limit_bytes: MAX_ANSWER.min(state.limits.memory_bytes() / 4),
    })
}

/// What a script gets.
fn told(slot: &Slot, context: &mut Context) -> JsResult<JsValue> {
    let state = State::of(context)?;
    let result = slot.take();
    let told = match &result {
        Ok(answer) => shown(answer, context),
        Err(message) => Err(JsNativeError::typ().with_message(message.clone()).into()),
    };
    // The request's thread has made it.
    state.uncounted(|| drop(result));
    told
}

fn shown(answer: &Answer, context: &mut Context) -> JsResult<JsValue> {
    let flat = answer.headers.iter().flat_map(|(name, value)| [name, value]);
    let headers: Vec<JsValue> = flat.map(|word| js_string!(word.as_str()).into()).collect();
    let headers = JsArray::from_iter(headers, context);
    let properties = vec![
        ("status", i32::from(answer.status).into()),
        ("statusText", js_string!(answer.reason.as_str()).into()),
        ("url", js_string!(answer.url.as_str()).into()),
        ("redirected", answer.redirected.into()),
        ("headers", headers.into()),
        ("body", byte_array(&answer.body, context)?),
    ];
    plain_object(properties, context)
}

/// The number of the last request, and how many have a thread: also those that nobody waits for any more.
#[derive(Default)]
struct Requests {
    last: Cell<u32>,
    under_way: Arc<AtomicUsize>,
}

fn requests(context: &mut Context) -> Rc<Requests> {
    if let Some(requests) = context.get_data::<Rc<Requests>>() {
        return Rc::clone(requests);
    }
    let requests = Rc::new(Requests::default());
    context.insert_data(Rc::clone(&requests));
    requests
}

/// A request and the promise of its answer.
struct Pending {
    id: u32,
    slot: Arc<Slot>,
    promise: ResolvingFunctions,
}

impl Operation for Pending {
    fn poll(&mut self, waiter: &Waiter) -> bool {
        self.slot.poll(waiter)
    }

    fn finish(self: Box<Self>, context: &mut Context) -> JsResult<()> {
        let undefined = JsValue::undefined();
        match told(&self.slot, context) {
            Ok(answer) => self.promise.resolve.call(&undefined, &[answer], context)?,
            Err(error) => {
                let reason = error.into_opaque(context)?;
                self.promise.reject.call(&undefined, &[reason], context)?
            }
        };
        Ok(())
    }

    fn id(&self) -> Option<u32> {
        Some(self.id)
    }
}

/// Starts a request: its number and the promise of its answer.
fn send(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let wanted = wanted(arguments, context)?;
    let requests = requests(context);
    let slot = start(&wanted, &*State::of(context)?, &requests)?;
    let id = requests.last.get().wrapping_add(1);
    requests.last.set(id);
    let (promise, functions) = JsPromise::new_pending(context);
    Events::of(context)?.start(Box::new(Pending { id, slot, promise: functions }));
    plain_object(vec![("id", id.into()), ("promise", promise.into())], context)
}

/// Forgets a request. What it still gets is dropped with its thread.
fn cancel(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a number that `send` gave")]
    let id = number(arguments, 0, context)?.unwrap_or(0.0) as u32;
    Events::of(context)?.forget(id);
    Ok(JsValue::undefined())
}

/// Makes a request and waits for it.
fn send_now(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let wanted = wanted(arguments, context)?;
    let state = State::of(context)?;
    let slot = start(&wanted, &state, &requests(context))?;
    let waited = wait::wait_for(None, |waiter| {
        state.limits.register(waiter);
        if slot.poll(waiter) || state.limits.stopped().is_some() { Poll::Ready(()) } else { Poll::Pending }
    });
    if waited.is_err() || state.limits.stopped().is_some() {
        guard::ask_next();
        return Err(JsNativeError::error().with_message("the script was stopped").into());
    }
    told(&slot, context)
}
