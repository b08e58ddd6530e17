//! Waits that end by an event, a deadline, a kill.

use crate::{Cancel, WaitError, WaitList, enter, sleep, wait_for};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::task::Poll;
use std::time::{Duration, Instant};

const LONG: Duration = Duration::from_secs(3600);

/// A flag that threads can wait for.
#[derive(Default)]
struct Flag {
    set: AtomicBool,
    waiters: WaitList,
}

impl Flag {
    fn set(&self) {
        self.set.store(true, Ordering::SeqCst);
        self.waiters.wake_all();
    }

    fn wait(&self, deadline: Option<Instant>) -> Result<(), WaitError> {
        wait_for(deadline, |waiter| {
            self.waiters.register(waiter);
            if self.set.load(Ordering::SeqCst) { Poll::Ready(()) } else { Poll::Pending }
        })
    }
}

#[test]
fn an_event_wakes_every_waiter() {
    let flag = Arc::new(Flag::default());
    let (waiting, ready) = channel();
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let (flag, waiting) = (Arc::clone(&flag), waiting.clone());
            std::thread::spawn(move || {
                waiting.send(()).unwrap();
                flag.wait(None)
            })
        })
        .collect();
    threads.iter().for_each(|_| ready.recv().unwrap());
    flag.set();
    for thread in threads {
        assert_eq!(thread.join().unwrap(), Ok(()));
    }
}

#[test]
fn a_deadline_ends_a_wait_and_an_event_wins_over_it() {
    let flag = Flag::default();
    let begin = Instant::now();
    assert_eq!(flag.wait(Some(begin + Duration::from_millis(20))), Err(WaitError::TimedOut));
    assert!(begin.elapsed() >= Duration::from_millis(20));
    flag.set();
    assert_eq!(flag.wait(Some(begin)), Ok(()), "the event is there, though the deadline has passed");
}

#[test]
fn a_kill_ends_every_wait_of_its_threads() {
    let cancel = Arc::new(Cancel::new());
    let (waiting, ready) = channel();
    let thread = std::thread::spawn({
        let cancel = Arc::clone(&cancel);
        move || {
            enter(Some(cancel));
            waiting.send(()).unwrap();
            let slept = sleep(LONG);
            (slept, Flag::default().wait(None))
        }
    });
    ready.recv().unwrap();
    cancel.cancel();
    assert_eq!(thread.join().unwrap(), (Err(WaitError::Cancelled), Err(WaitError::Cancelled)));
}

#[test]
fn no_wake_up_is_lost_between_asking_and_sleeping() {
    let count = Arc::new((AtomicUsize::new(0), WaitList::new()));
    let producer = std::thread::spawn({
        let count = Arc::clone(&count);
        move || {
            for _ in 0..10_000 {
                count.0.fetch_add(1, Ordering::SeqCst);
                count.1.wake_all();
            }
        }
    });
    let mut seen = 0;
    while seen < 10_000 {
        let limit = Instant::now() + LONG;
        let news = wait_for(Some(limit), |waiter| {
            count.1.register(waiter);
            let now = count.0.load(Ordering::SeqCst);
            if now > seen { Poll::Ready(now) } else { Poll::Pending }
        });
        seen = news.expect("the producer goes on");
    }
    producer.join().unwrap();
}

#[test]
fn a_list_forgets_threads_that_ended() {
    let list = Arc::new(WaitList::new());
    let register = |list: &WaitList| {
        let timed_out = wait_for::<()>(Some(Instant::now()), |waiter| {
            list.register(waiter);
            Poll::Pending
        });
        assert_eq!(timed_out, Err(WaitError::TimedOut));
    };
    for _ in 0..100 {
        let list = Arc::clone(&list);
        std::thread::spawn(move || register(&list)).join().unwrap();
    }
    register(&list);
    assert_eq!(list.len(), 1, "only the living thread is left");
}
