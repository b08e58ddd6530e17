//! How one client logs in, and what its failures cost.
//!
//! Who has failed is held: nothing of the connection is handled or answered until the time is over.

use crate::APP;
use crate::door::Door;
use crate::house::House;
use crate::throttle::WRONG_KEY;
use std::net::SocketAddr;
use std::time::Instant;
use sunset::event::{ServFirstAuth, ServPasswordAuth, ServPubkeyAuth};
use sunset::{Error, PubKey};

/// A connection ends after so many failures.
const MOST_FAILURES: u32 = 6;

/// The login of one client.
pub(super) struct Login {
    peer: Option<SocketAddr>,
    door: Door,
    deadline: Instant,
    failures: u32,
    held_until: Option<Instant>,
    /// By what the client was let in.
    method: String,
    is_done: bool,
}

impl Login {
    pub(super) fn new(peer: Option<SocketAddr>, house: &House, now: Instant) -> Login {
        // What is wrong with the files was told at the start.
        let (door, _) = Door::open(&house.options.folder, &house.options.user, &house.boot);
        let deadline = now + house.options.limits.login_time;
        Login { peer, door, deadline, failures: 0, held_until: None, method: String::new(), is_done: false }
    }

    pub(super) fn is_done(&self) -> bool {
        self.is_done
    }

    /// Until when it has to be done.
    pub(super) fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Until when this client has to wait: for what it did, for what its address did, for what a password costs all.
    pub(super) fn held_until(&self, house: &House) -> Option<Instant> {
        if self.is_done {
            return None;
        }
        let by_address = house.throttle.until(self.peer.map(|peer| peer.ip()));
        let by_all = house.next_password.filter(|_| self.door.has_password());
        [self.held_until, by_address, by_all].into_iter().flatten().max()
    }

    pub(super) fn has_failed_too_often(&self) -> bool {
        self.failures >= MOST_FAILURES
    }

    /// The method `none`, or one that is unknown: every client asks in this way which methods there are.
    pub(super) fn asks_for_methods(&self, mut attempt: ServFirstAuth<'_, '_>) -> Result<(), Error> {
        attempt.enable_password_auth(self.door.has_password())?;
        attempt.reject()
    }

    pub(super) fn offers_password(
        &mut self,
        mut attempt: ServPasswordAuth<'_, '_>,
        house: &mut House,
        now: Instant,
    ) -> Result<(), Error> {
        attempt.enable_password_auth(self.door.has_password())?;
        let user = attempt.username().unwrap_or_default();
        let opens = attempt.password().is_ok_and(|password| self.door.opens_to_password(user, password.as_bytes()));
        // The others are served at least as long as this has kept them waiting.
        let end = Instant::now();
        house.next_password = Some(end + end.saturating_duration_since(now));
        if opens {
            "password".clone_into(&mut self.method);
            return attempt.allow();
        }
        self.log(format_args!("wrong password for {user:?}"));
        self.failures += 1;
        house.throttle.failed(self.peer.map(|peer| peer.ip()), end);
        attempt.reject()
    }

    /// A key, first without and then with the proof that the client holds it.
    pub(super) fn offers_key(&mut self, mut attempt: ServPubkeyAuth<'_, '_>, now: Instant) -> Result<(), Error> {
        attempt.enable_password_auth(self.door.has_password())?;
        let user = attempt.username().unwrap_or_default();
        let key = attempt.pubkey()?;
        if self.door.opens_to_key(user, &key) {
            self.method = name(&key);
            return attempt.allow();
        }
        self.log(format_args!("{} does not open for {user:?}", name(&key)));
        self.failures += 1;
        self.held_until = Some(now + WRONG_KEY);
        attempt.reject()
    }

    pub(super) fn succeeded(&mut self, house: &mut House) {
        self.is_done = true;
        house.throttle.succeeded(self.peer.map(|peer| peer.ip()));
        self.log(format_args!("logged in by {}", self.method));
    }

    /// Tells in the log why a session did not start; whether it did.
    pub(super) fn tell(&self, started: Option<Result<(), String>>) -> bool {
        match started {
            Some(Ok(())) => true,
            Some(Err(error)) => {
                self.log(format_args!("no session: {error}"));
                false
            }
            None => false,
        }
    }

    fn log(&self, what: impl std::fmt::Display) {
        match self.peer {
            Some(peer) => APP.complain(format_args!("{peer}: {what}")),
            None => APP.complain(what),
        }
    }
}

fn name(key: &PubKey<'_>) -> String {
    let print = key.fingerprint();
    print.map_or("a key of an unknown kind".to_owned(), |print| format!("key {print}"))
}
