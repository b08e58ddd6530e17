//! Who has the next hop's address: asked before smoltcp is given a packet for it (RFC 826, RFC 4861 section 7.2).
//!
//! smoltcp asks too, but one question a second for all neighbours together, and its packet waits for ever. Asking first keeps
//! a machine that is not there from holding up those that are, and tells a program so. smoltcp hears the answers itself;
//! what is believed here is believed there at least as long.

use smoltcp::time::{Duration, Instant};
use std::collections::HashMap;
use std::net::IpAddr;

/// Questions, and the pause after each, before a neighbour is given up: as Linux does.
const QUESTIONS: u32 = 3;
const PAUSE: Duration = Duration::from_secs(1);
/// How long a neighbour that was given up is not asked for again.
const SULK: Duration = Duration::from_secs(1);
/// How long an answer is believed; smoltcp's own time is the same.
const BELIEF: Duration = Duration::from_secs(60);
/// Neighbours that are remembered or asked for.
const CAPACITY: usize = 512;

/// What is known of a neighbour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// smoltcp knows where it is.
    Known,
    /// It was asked for.
    Asked,
    /// Nobody answers.
    Failed,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Known { until: Instant },
    Asked { questions: u32, next: Instant },
    Failed { until: Instant },
}

/// The neighbours of one interface.
#[derive(Default)]
pub(super) struct Neighbourhood {
    states: HashMap<IpAddr, State>,
}

impl Neighbourhood {
    /// What is known of `address`; begins to ask where nothing is.
    pub(super) fn reach(&mut self, address: IpAddr, now: Instant) -> Reach {
        let state = self.states.get(&address).copied().filter(|state| state.holds(now));
        match state {
            Some(State::Known { .. }) => Reach::Known,
            Some(State::Asked { .. }) => Reach::Asked,
            Some(State::Failed { .. }) => Reach::Failed,
            None => {
                self.make_room(now);
                self.states.insert(address, State::Asked { questions: 0, next: now });
                Reach::Asked
            }
        }
    }

    /// smoltcp has heard where `address` is.
    pub(super) fn learn(&mut self, address: IpAddr, now: Instant) {
        if !self.states.contains_key(&address) {
            self.make_room(now);
        }
        self.states.insert(address, State::Known { until: now + BELIEF });
    }

    /// Forgets everything, as smoltcp does when addresses change.
    pub(super) fn forget(&mut self) {
        self.states.clear();
    }

    /// The addresses to ask for now.
    pub(super) fn questions(&mut self, now: Instant) -> Vec<IpAddr> {
        let mut due = Vec::new();
        for (address, state) in &mut self.states {
            match state {
                State::Asked { questions, next } if *next <= now && *questions < QUESTIONS => {
                    due.push(*address);
                    (*questions, *next) = (*questions + 1, now + PAUSE);
                }
                State::Asked { next, .. } if *next <= now => *state = State::Failed { until: now + SULK },
                _ => {}
            }
        }
        due
    }

    /// When [`questions`](Self::questions) has something to do.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let next = |state: &State| match state {
            State::Asked { next, .. } => Some(*next),
            State::Known { .. } | State::Failed { .. } => None,
        };
        self.states.values().filter_map(next).min()
    }

    /// Lets the least useful go when there are too many.
    fn make_room(&mut self, now: Instant) {
        if self.states.len() >= CAPACITY {
            self.states.retain(|_, state| state.holds(now));
        }
        if self.states.len() >= CAPACITY {
            let first = self.states.iter().min_by_key(|(_, state)| state.ends()).map(|(address, _)| *address);
            first.map(|address| self.states.remove(&address));
        }
    }
}

impl State {
    fn holds(&self, now: Instant) -> bool {
        matches!(self, State::Asked { .. }) || self.ends() > now
    }

    fn ends(&self) -> Instant {
        match self {
            State::Known { until } | State::Failed { until } => *until,
            State::Asked { next, .. } => *next,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOST: IpAddr = IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 9));

    #[test]
    fn three_questions_then_failure_then_anew() {
        let mut neighbours = Neighbourhood::default();
        let mut now = Instant::from_secs(10);
        let mut asked = 0;
        while neighbours.reach(HOST, now) == Reach::Asked {
            asked += neighbours.questions(now).len();
            now = neighbours.deadline().unwrap_or(now);
        }
        assert_eq!((asked, now, neighbours.reach(HOST, now)), (3, Instant::from_secs(13), Reach::Failed));
        now += PAUSE + SULK;
        assert_eq!(neighbours.reach(HOST, now), Reach::Asked);
        neighbours.learn(HOST, now);
        assert_eq!(neighbours.reach(HOST, now + Duration::from_secs(59)), Reach::Known);
        assert_eq!(neighbours.reach(HOST, now + BELIEF), Reach::Asked);
    }

    #[test]
    fn strangers_do_not_make_it_grow() {
        let mut neighbours = Neighbourhood::default();
        for n in 0..5000u32 {
            neighbours.learn(IpAddr::from(n.to_be_bytes()), Instant::from_secs(i64::from(n)));
            neighbours.reach(IpAddr::from((n + 100_000).to_be_bytes()), Instant::from_secs(i64::from(n)));
        }
        assert!(neighbours.states.len() <= CAPACITY);
    }
}
