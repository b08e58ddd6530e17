//! The event loop: promises' jobs, timers, and operations that other threads or processes carry out.
//!
//! A turn runs all jobs, then one timer, as in HTML 8.1.7.3. A promise that was rejected and has no handler when the jobs are
//! done ends the script, as in Node.js. With nothing to run the thread sleeps, in one wait on whatever may come.

use crate::limits::Limits;
use crate::state::State;
use crate::timers::Timers;
use boa_engine::builtins::promise::PromiseState;
use boa_engine::job::{BoxedFuture, GenericJob, Job, JobExecutor, NativeAsyncJob, PromiseJob, TimeoutJob};
use boa_engine::object::builtins::{JsFunction, JsPromise};
use boa_engine::{Context, JsError, JsResult, JsValue};
use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::pin::Pin;
use std::rc::Rc;
use std::task::Poll;
use std::time::{Duration, Instant};
use wait::Waiter;

/// Something that goes on elsewhere, for a promise.
pub(crate) trait Operation {
    /// Goes on as far as it can; registers `waiter` with what it waits for. Whether it is done.
    fn poll(&mut self, waiter: &Waiter) -> bool;

    /// Settles the promise, once it is done.
    fn finish(self: Box<Self>, context: &mut Context) -> JsResult<()>;

    /// The number by which it can be forgotten.
    fn id(&self) -> Option<u32> {
        None
    }
}

/// Why the loop ended before everything was done.
#[derive(Debug)]
pub(crate) enum Failure {
    /// A job or a timer has thrown.
    Thrown(JsError),
    /// A promise was rejected with this value, and nobody has handled it.
    Rejected(JsValue),
}

/// How long the loop goes on.
pub(crate) enum Until<'a> {
    /// Nothing is left to do.
    Done,
    /// Nothing is left to do now: timers and operations may be pending.
    Idle,
    /// A promise is settled, or nothing is left to do.
    Settled(&'a JsPromise),
}

/// See the module.
#[derive(Default)]
pub(crate) struct Events {
    jobs: RefCell<VecDeque<PromiseJob>>,
    generic: RefCell<VecDeque<GenericJob>>,
    futures: RefCell<VecDeque<NativeAsyncJob>>,
    timers: RefCell<Timers>,
    /// The engine's own timers: of `Atomics.waitAsync`.
    timeouts: RefCell<Vec<(Instant, TimeoutJob)>>,
    operations: RefCell<Vec<Box<dyn Operation>>>,
    rejected: RefCell<Vec<JsPromise>>,
    /// The timer that runs now, for an interval that clears itself.
    running: Cell<u32>,
}

impl Events {
    /// Of `context`, if it was made with one.
    pub(crate) fn of(context: &Context) -> JsResult<Rc<Events>> {
        let events = context.downcast_job_executor::<Events>();
        events.ok_or_else(|| boa_engine::JsNativeError::error().with_message("the engine has no event loop").into())
    }

    /// Calls `callback` after `delay`, and again and again `every`; returns the timer's number.
    pub(crate) fn set_timer(
        &self,
        callback: JsFunction,
        arguments: Vec<JsValue>,
        delay: Duration,
        every: Option<Duration>,
    ) -> u32 {
        self.timers.borrow_mut().set(callback, arguments, delay, every)
    }

    pub(crate) fn clear_timer(&self, id: u32) {
        self.timers.borrow_mut().clear(id);
        if self.running.get() == id {
            self.running.set(0);
        }
    }

    pub(crate) fn start(&self, operation: Box<dyn Operation>) {
        self.operations.borrow_mut().push(operation);
    }

    /// Drops an operation by its number; its promise stays as it is.
    pub(crate) fn forget(&self, id: u32) {
        self.operations.borrow_mut().retain(|operation| operation.id() != Some(id));
    }

    /// A promise was rejected without a handler.
    pub(crate) fn note_rejection(&self, promise: JsPromise) {
        self.rejected.borrow_mut().push(promise);
    }

    /// Somebody handles it after all.
    pub(crate) fn note_handler(&self, promise: &JsPromise) {
        self.rejected.borrow_mut().retain(|other| !boa_engine::JsObject::equals(other, promise));
    }

    /// Forgets everything that is still to come.
    pub(crate) fn clear(&self) {
        self.jobs.borrow_mut().clear();
        self.generic.borrow_mut().clear();
        self.futures.borrow_mut().clear();
        *self.timers.borrow_mut() = Timers::default();
        self.timeouts.borrow_mut().clear();
        self.operations.borrow_mut().clear();
        self.rejected.borrow_mut().clear();
    }

    /// Whether something is still to come.
    pub(crate) fn is_pending(&self) -> bool {
        self.next_timer().is_some() || !self.operations.borrow().is_empty()
    }

    /// When the next timer is due.
    pub(crate) fn next_timer(&self) -> Option<Instant> {
        let timeout = self.timeouts.borrow().iter().map(|(due, _)| *due).min();
        self.timers.borrow().next().into_iter().chain(timeout).min()
    }

    /// Whether an operation is done; wakes `waiter` when one is.
    pub(crate) fn is_ready(&self, waiter: &Waiter) -> bool {
        self.operations.borrow_mut().iter_mut().any(|operation| operation.poll(waiter))
    }

    /// Runs until there is nothing more to do, as `until` says, or the script is to stop.
    pub(crate) fn run(&self, context: &mut Context, limits: &Limits, until: &Until<'_>) -> Result<(), Failure> {
        let context = RefCell::new(context);
        let mut futures: Vec<BoxedFuture<'_>> = Vec::new();
        loop {
            self.run_jobs_now(&context, &mut futures)?;
            if limits.stopped().is_some() {
                return Ok(());
            }
            self.check_rejections()?;
            if let Until::Settled(promise) = until
                && promise.state() != PromiseState::Pending
            {
                return Ok(());
            }
            if self.run_timeout(&context)? || self.run_timer(&context)? {
                continue;
            }
            if let (Until::Idle, true) = (until, futures.is_empty()) {
                self.finish_operations(&context)?;
                if self.jobs.borrow().is_empty() {
                    return Ok(());
                }
                continue;
            }
            // A future waits for one of these; with none of them, for ever.
            if !self.is_pending() {
                return Ok(());
            }
            self.wait(&context, &mut futures, limits)?;
        }
    }

    /// Runs jobs until there are none.
    fn run_jobs_now<'a>(
        &self,
        context: &'a RefCell<&mut Context>,
        futures: &mut Vec<BoxedFuture<'a>>,
    ) -> Result<(), Failure> {
        loop {
            let started: Vec<_> = self.futures.borrow_mut().drain(..).collect();
            for job in started {
                let mut future: BoxedFuture<'a> = Box::pin(job.call(context));
                // Most are done at once.
                if !poll_once(&mut future, std::task::Waker::noop())? {
                    futures.push(future);
                }
            }
            let job = self.jobs.borrow_mut().pop_front();
            if let Some(job) = job {
                job.call(&mut context.borrow_mut()).map_err(Failure::Thrown)?;
                continue;
            }
            let job = self.generic.borrow_mut().pop_front();
            match job {
                Some(job) => job.call(&mut context.borrow_mut()).map_err(Failure::Thrown)?,
                None if self.futures.borrow().is_empty() => break,
                None => continue,
            };
        }
        context.borrow_mut().clear_kept_objects();
        Ok(())
    }

    fn check_rejections(&self) -> Result<(), Failure> {
        let first = self.rejected.borrow_mut().drain(..).next();
        match first.map(|promise| promise.state()) {
            Some(PromiseState::Rejected(reason)) => Err(Failure::Rejected(reason)),
            _ => Ok(()),
        }
    }

    /// Runs one of the engine's own timers, if one is due; says whether one was.
    fn run_timeout(&self, context: &RefCell<&mut Context>) -> Result<bool, Failure> {
        let mut timeouts = self.timeouts.borrow_mut();
        timeouts.retain(|(_, job)| !job.cancelled());
        let now = Instant::now();
        let Some(at) = timeouts.iter().position(|(due, _)| *due <= now) else { return Ok(false) };
        let (_, job) = timeouts.swap_remove(at);
        drop(timeouts);
        job.call(&mut context.borrow_mut()).map(|_| true).map_err(Failure::Thrown)
    }

    /// Runs the next timer, if it is due; says whether one was.
    fn run_timer(&self, context: &RefCell<&mut Context>) -> Result<bool, Failure> {
        let Some(timer) = self.timers.borrow_mut().take_due() else { return Ok(false) };
        self.running.set(timer.id);
        let result = timer.callback.call(&JsValue::undefined(), &timer.arguments, &mut context.borrow_mut());
        // Cleared by its own callback, the number is gone.
        if let (Some(every), true) = (timer.every, self.running.replace(0) == timer.id) {
            self.timers.borrow_mut().insert(timer, every);
        }
        result.map(|_| true).map_err(Failure::Thrown)
    }

    /// Sleeps until there is something to do, and finishes operations that are done.
    fn wait<'a>(
        &self,
        context: &'a RefCell<&mut Context>,
        futures: &mut Vec<BoxedFuture<'a>>,
        limits: &Limits,
    ) -> Result<(), Failure> {
        let deadline = self.next_timer();
        let mut outcome = Ok(());
        let waited = wait::wait_for(deadline, |waiter| {
            limits.register(waiter);
            let mut is_done = limits.stopped().is_some();
            let waker = waiter.waker();
            futures.retain_mut(|future| match poll_once(future, &waker) {
                Ok(done) => {
                    is_done |= done;
                    !done
                }
                Err(failure) => {
                    outcome = Err(failure);
                    is_done = true;
                    false
                }
            });
            is_done |= self.is_ready(waiter);
            is_done |= !self.jobs.borrow().is_empty();
            if is_done { Poll::Ready(()) } else { Poll::Pending }
        });
        // A deadline is a timer's; a kill is noticed by the caller.
        let _ended = waited;
        outcome?;
        self.finish_operations(context)
    }

    fn finish_operations(&self, context: &RefCell<&mut Context>) -> Result<(), Failure> {
        let mut done = Vec::new();
        let finished = wait::wait_for(None, |waiter| {
            let mut operations = self.operations.borrow_mut();
            let (ready, rest): (Vec<_>, Vec<_>) = operations
                .drain(..)
                .map(|mut operation| (operation.poll(waiter), operation))
                .partition(|(is_done, _)| *is_done);
            operations.extend(rest.into_iter().map(|(_, operation)| operation));
            done.extend(ready.into_iter().map(|(_, operation)| operation));
            Poll::Ready(())
        });
        // Killed: the caller notices.
        let _killed = finished;
        for operation in done {
            operation.finish(&mut context.borrow_mut()).map_err(Failure::Thrown)?;
        }
        Ok(())
    }
}

/// Whether it is done.
fn poll_once(future: &mut BoxedFuture<'_>, waker: &std::task::Waker) -> Result<bool, Failure> {
    let future: Pin<&mut _> = future.as_mut();
    match future.poll(&mut std::task::Context::from_waker(waker)) {
        Poll::Ready(Ok(_)) => Ok(true),
        Poll::Ready(Err(error)) => Err(Failure::Thrown(error)),
        Poll::Pending => Ok(false),
    }
}

impl JobExecutor for Events {
    fn enqueue_job(self: Rc<Self>, job: Job, _context: &mut Context) {
        match job {
            Job::PromiseJob(job) => self.jobs.borrow_mut().push_back(job),
            Job::GenericJob(job) => self.generic.borrow_mut().push_back(job),
            Job::AsyncJob(job) => self.futures.borrow_mut().push_back(job),
            Job::TimeoutJob(job) => {
                let now = Instant::now();
                let due = now.checked_add(Duration::from_millis(job.timeout().as_millis())).unwrap_or(now);
                self.timeouts.borrow_mut().push((due, job));
            }
            // Intervals are set by `set_timer`, and to clean up behind finalizers is optional (ECMA-262, 9.9.4.1).
            _ => {}
        }
    }

    fn run_jobs(self: Rc<Self>, context: &mut Context) -> JsResult<()> {
        let limits = Rc::clone(&State::of(context)?.limits);
        match self.run(context, &limits, &Until::Done) {
            Ok(()) => Ok(()),
            Err(Failure::Thrown(error)) => Err(error),
            Err(Failure::Rejected(reason)) => Err(JsError::from_opaque(reason)),
        }
    }
}
