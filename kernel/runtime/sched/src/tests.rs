//! The scheduler on made-up CPUs and a made-up clock.

extern crate std;

use crate::{Next, Poke, SLICE_NS, STARVATION_NS, Scheduler, ThreadId, Turn, Wake};
use std::collections::HashSet;
use std::vec::Vec;

const MS: u64 = 1_000_000;

fn scheduler(cpus: usize) -> Scheduler<u32> {
    let mut scheduler = Scheduler::new();
    for _ in 0..cpus {
        let cpu = scheduler.expect_cpu();
        scheduler.join_cpu(cpu, 0);
    }
    scheduler
}

fn spawn(scheduler: &mut Scheduler<u32>, name: u32, now: u64) -> ThreadId {
    scheduler.spawn(name, now).expect("there is room").0
}

fn keep(scheduler: &mut Scheduler<u32>, cpu: usize, now: u64) -> Option<ThreadId> {
    scheduler.next(cpu, now, Turn::Keep, |_| {}).thread
}

/// Lets `cpu` run to `until`, taking its timer interrupts; returns how long each thread ran, by id.
fn run(scheduler: &mut Scheduler<u32>, cpu: usize, from: u64, until: u64) -> Vec<(Option<ThreadId>, u64)> {
    let mut log = Vec::new();
    let mut now = from;
    let mut next = scheduler.next(cpu, now, Turn::Keep, |_| {});
    while now < until {
        let then = next.timer.unwrap_or(until).clamp(now + 1, until);
        log.push((next.thread, then - now));
        now = then;
        next = scheduler.next(cpu, now, Turn::Keep, |_| {});
    }
    log
}

fn time_of(log: &[(Option<ThreadId>, u64)], id: ThreadId) -> u64 {
    log.iter().filter(|(thread, _)| *thread == Some(id)).map(|(_, time)| time).sum()
}

#[test]
fn equals_share_a_cpu_in_slices() {
    let mut scheduler = scheduler(1);
    let threads: Vec<_> = (0..4).map(|name| spawn(&mut scheduler, name, 0)).collect();
    let log = run(&mut scheduler, 0, 0, 4000 * MS);
    for id in threads {
        let share = time_of(&log, id);
        assert!((900 * MS..1100 * MS).contains(&share), "{share}");
    }
    assert!(log.iter().all(|(_, time)| *time <= SLICE_NS));
}

#[test]
fn a_ready_thread_finds_an_idle_cpu() {
    let mut scheduler = scheduler(3);
    let mut poked = HashSet::new();
    for name in 0..3 {
        let (_, poke) = scheduler.spawn(name, 0).unwrap();
        poked.insert(poke.expect("a CPU idles").0);
    }
    assert_eq!(poked.len(), 3, "one CPU each");
    let running: HashSet<_> = (0..3).map(|cpu| keep(&mut scheduler, cpu, 1).unwrap()).collect();
    assert_eq!(running.len(), 3);
}

#[test]
fn a_cpu_that_has_not_come_is_not_poked() {
    let mut scheduler = scheduler(1);
    scheduler.expect_cpu();
    scheduler.expect_cpu();
    let (first, poke) = scheduler.spawn(0, 0).unwrap();
    assert_eq!(poke, Some(Poke(0)), "the others would not hear it");
    assert_eq!(keep(&mut scheduler, 0, 0), Some(first));
    assert_eq!((scheduler.cpu_times(0, 5), scheduler.cpu_times(2, 5)), (Some((5, 0)), None));
    scheduler.join_cpu(2, MS);
    let (second, poke) = scheduler.spawn(1, MS).unwrap();
    assert_eq!(poke, Some(Poke(2)));
    assert_eq!(keep(&mut scheduler, 2, MS), Some(second));
}

#[test]
fn a_sleeper_wakes_at_its_deadline_and_goes_before_a_hog() {
    let mut scheduler = scheduler(1);
    let sleeper = spawn(&mut scheduler, 0, 0);
    assert_eq!(keep(&mut scheduler, 0, 0), Some(sleeper));
    let hog = spawn(&mut scheduler, 1, 0);
    scheduler.block(0, Some(503 * MS));
    let next = scheduler.next(0, 0, Turn::Keep, |_| {});
    assert_eq!(next.thread, Some(hog));
    run(&mut scheduler, 0, 0, 502 * MS);
    let next = scheduler.next(0, 502 * MS, Turn::Keep, |_| {});
    assert_eq!(next, Next { thread: Some(hog), timer: Some(503 * MS) }, "the timer is armed for the sleeper");
    let next = scheduler.next(0, 503 * MS, Turn::Keep, |_| {});
    assert_eq!(next.thread, Some(sleeper));
    assert_eq!(scheduler.woken_by(sleeper), Wake::Deadline);
}

#[test]
fn an_event_pokes_the_cpu_of_a_hog() {
    let mut scheduler = scheduler(2);
    let shell = spawn(&mut scheduler, 0, 0);
    keep(&mut scheduler, 0, 0);
    scheduler.block_on_futex(0, 0x1000, None);
    let hogs = [spawn(&mut scheduler, 1, 0), spawn(&mut scheduler, 2, 0)];
    for cpu in 0..2 {
        assert!(hogs.contains(&scheduler.next(cpu, 0, Turn::Keep, |_| {}).thread.unwrap()));
        run(&mut scheduler, cpu, 0, 200 * MS);
    }
    let mut pokes = Vec::new();
    assert_eq!(scheduler.wake_futex(0x1000, 1, 200 * MS, |poke| pokes.push(poke)), 1);
    let [Poke(cpu)] = pokes[..] else { panic!("one CPU is poked: {pokes:?}") };
    assert_eq!(keep(&mut scheduler, cpu, 200 * MS), Some(shell));
    assert_eq!(scheduler.woken_by(shell), Wake::Event);
}

#[test]
fn a_hog_does_not_starve_behind_a_crowd_of_interactive_threads() {
    let mut scheduler = scheduler(1);
    let hog = spawn(&mut scheduler, 0, 0);
    run(&mut scheduler, 0, 0, 500 * MS);
    // A new interactive thread every millisecond, which runs for one: at every moment somebody goes before the hog.
    let mut now = 500 * MS;
    let mut last_run = now;
    let mut crowd_ran = 0;
    while now < 2000 * MS {
        spawn(&mut scheduler, 1, now);
        match keep(&mut scheduler, 0, now) {
            Some(id) if id == hog => last_run = now,
            Some(_) => {
                crowd_ran += 1;
                scheduler.end(0, now + MS, |_| {});
            }
            None => panic!("somebody is ready"),
        }
        now += MS;
        assert!(now - last_run <= STARVATION_NS + SLICE_NS, "starved for {} ms", (now - last_run) / MS);
    }
    assert!(crowd_ran > 1000, "the crowd goes before the hog");
}

#[test]
fn a_wake_up_takes_the_thread_out_of_the_timers() {
    let mut scheduler = scheduler(1);
    let ids: Vec<_> = (0..50).map(|name| spawn(&mut scheduler, name, 0)).collect();
    for (index, _) in ids.iter().enumerate() {
        keep(&mut scheduler, 0, 0);
        // Deadlines in a scrambled order.
        scheduler.block_on_futex(0, 0x1000 + 8 * index, Some((index as u64 * 37 % 50 + 1) * MS));
    }
    assert_eq!(keep(&mut scheduler, 0, 0), None);
    for index in (0..50).step_by(2) {
        assert_eq!(scheduler.wake_futex(0x1000 + 8 * index, 1, 0, |_| {}), 1);
    }
    for _ in 0..25 {
        assert!(keep(&mut scheduler, 0, 0).is_some());
        scheduler.end(0, 0, |_| {});
    }
    // The rest wake in the order of their deadlines.
    let mut last = 0;
    for _ in 0..25 {
        let timer = scheduler.next(0, last, Turn::Keep, |_| {}).timer.expect("a deadline is left");
        assert!(timer >= last);
        last = timer;
        let id = keep(&mut scheduler, 0, timer).expect("the deadline has come");
        assert_eq!(scheduler.woken_by(id), Wake::Deadline);
        scheduler.end(0, timer, |_| {});
        assert_eq!(keep(&mut scheduler, 0, timer), None);
    }
}

#[test]
fn futexes_wake_in_order_and_only_at_their_address() {
    let mut scheduler = scheduler(1);
    let ids: Vec<_> = (0..6).map(|name| spawn(&mut scheduler, name, 0)).collect();
    for index in 0..6 {
        assert_eq!(keep(&mut scheduler, 0, 0), Some(ids[index]));
        scheduler.block_on_futex(0, 0x2000 + index % 2 * 4, None);
        scheduler.next(0, 0, Turn::Keep, |_| {});
        if let Some(running) = scheduler.running(0) {
            assert_eq!(running, ids[index + 1]);
        }
    }
    assert_eq!(scheduler.wake_futex(0x2004, usize::MAX, 0, |_| {}), 3);
    let mut order = Vec::new();
    for _ in 0..3 {
        order.push(keep(&mut scheduler, 0, 0).unwrap());
        scheduler.end(0, 0, |_| {});
    }
    assert_eq!(order, [ids[1], ids[3], ids[5]]);
    assert_eq!(keep(&mut scheduler, 0, 0), None);
    assert_eq!(scheduler.wake_futex(0x2004, 1, 0, |_| {}), 0);
    assert_eq!(scheduler.wake_futex(0x2000, 1, 0, |_| {}), 1);
}

#[test]
fn joining_waits_for_the_end() {
    let mut scheduler = scheduler(2);
    let worker = spawn(&mut scheduler, 0, 0);
    assert_eq!(keep(&mut scheduler, 0, 0), Some(worker));
    let waiter = spawn(&mut scheduler, 1, 0);
    assert_eq!(keep(&mut scheduler, 1, 0), Some(waiter));
    assert!(scheduler.join(1, worker));
    assert_eq!(keep(&mut scheduler, 1, 0), None);
    let mut poked = 0;
    scheduler.end(0, MS, |_| poked += 1);
    assert_eq!(poked, 1);
    assert_eq!(scheduler.reap(worker), None, "its CPU has not left it");
    assert!(keep(&mut scheduler, 1, MS) == Some(waiter) || keep(&mut scheduler, 0, MS) == Some(waiter));
    keep(&mut scheduler, 0, MS);
    assert_eq!(scheduler.reap(worker), Some(0));
    assert!(!scheduler.join(1, worker), "it is gone");
}

#[test]
fn ids_are_not_used_again_soon() {
    let mut scheduler = scheduler(1);
    let mut seen = HashSet::new();
    for name in 0..1000 {
        let id = spawn(&mut scheduler, name, 0);
        assert!(seen.insert(id.number()) && id.number() != 0);
        assert_eq!(ThreadId::from_number(id.number()), Some(id));
        keep(&mut scheduler, 0, 0);
        scheduler.end(0, 0, |_| {});
        keep(&mut scheduler, 0, 0);
        assert_eq!(scheduler.reap(id), Some(name));
        assert_eq!(scheduler.thread_count(), 0);
    }
}

#[test]
fn times_add_up() {
    let mut scheduler = scheduler(1);
    let id = spawn(&mut scheduler, 0, 5 * MS);
    keep(&mut scheduler, 0, 5 * MS);
    assert_eq!(scheduler.cpu_time_ns(id, 8 * MS), Some(3 * MS));
    scheduler.block(0, Some(20 * MS));
    keep(&mut scheduler, 0, 9 * MS);
    assert_eq!(scheduler.cpu_times(0, 15 * MS), Some((4 * MS, 11 * MS)));
    assert_eq!(scheduler.cpu_time_ns(id, 15 * MS), Some(4 * MS));
}
