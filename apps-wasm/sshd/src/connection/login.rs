//! How one client logs in, and what its failures cost.
//!
//! Who has failed is held: nothing of the connection is handled or answered until the time is over. That goes for this
//! client alone; of others from its address only passwords have to wait, so that no stranger can keep the owner's key out.

use crate::APP;
use crate::check::{Check, Verdict};
use crate::door::Door;
use crate::house::House;
use crate::throttle::WRONG_KEY;
use sockets::Watch;
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::rc::Rc;
use std::time::Instant;
use sunset::event::{ServFirstAuth, ServPasswordAuth, ServPubkeyAuth};
use sunset::{Error, PubKey};
use zeroize::Zeroizing;

/// A connection ends after so many failures.
const MOST_FAILURES: u32 = 6;

/// The login of one client.
pub(super) struct Login {
    peer: Option<SocketAddr>,
    door: Door,
    deadline: Instant,
    failures: u32,
    held_until: Option<Instant>,
    /// What was offered and not answered yet.
    password: Option<Password>,
    /// By what the client was let in.
    method: String,
    is_done: bool,
}

/// A password on its way to an answer.
enum Password {
    /// For its turn.
    Waits {
        is_for_user: bool,
        password: Zeroizing<Vec<u8>>,
    },
    IsChecked {
        is_for_user: bool,
        check: Check,
        _seat: Rc<()>,
    },
}

impl Login {
    pub(super) fn new(peer: Option<SocketAddr>, house: &House, now: Instant) -> Login {
        // What is wrong with the files was told at the start.
        let (door, _) = Door::open(&house.options.folder, &house.options.user, &house.boot);
        let deadline = now + house.options.limits.login_time;
        Login {
            peer,
            door,
            deadline,
            failures: 0,
            held_until: None,
            password: None,
            method: String::new(),
            is_done: false,
        }
    }

    pub(super) fn is_done(&self) -> bool {
        self.is_done
    }

    /// Until when it has to be done.
    pub(super) fn deadline(&self) -> Instant {
        self.deadline
    }

    /// Whether nothing may be handled or answered now.
    pub(super) fn is_held(&self, now: Instant) -> bool {
        !self.is_done && (self.password.is_some() || self.held_until.is_some_and(|held| held > now))
    }

    /// When to come again: when the time is over that a failure costs, when a password may be checked, or at the end.
    pub(super) fn next_step(&self, house: &House, now: Instant) -> Instant {
        let next = match &self.password {
            Some(Password::Waits { .. }) if house.is_checker_free() => Some(self.turn(house).unwrap_or(now)),
            Some(_) => None,
            None => self.held_until.filter(|held| *held > now),
        };
        next.map_or(self.deadline, |next| next.min(self.deadline))
    }

    /// Until when the passwords of this client's address have to wait.
    fn turn(&self, house: &House) -> Option<Instant> {
        house.throttle.until(self.peer.map(|peer| peer.ip()))
    }

    /// Adds what to wait for.
    pub(super) fn watch<'a>(&'a self, watches: &mut Vec<Watch<'a>>) {
        if let Some(Password::IsChecked { check, .. }) = &self.password {
            check.watch(watches);
        }
    }

    pub(super) fn has_failed_too_often(&self) -> bool {
        self.failures >= MOST_FAILURES
    }

    /// The method `none`, or one that is unknown: every client asks in this way which methods there are.
    pub(super) fn asks_for_methods(&self, mut attempt: ServFirstAuth<'_, '_>) -> Result<(), Error> {
        attempt.enable_password_auth(self.door.has_password())?;
        attempt.reject()
    }

    /// A password, which is answered later: see [`Login::answer`].
    pub(super) fn offers_password(&mut self, mut attempt: ServPasswordAuth<'_, '_>) -> Result<(), Error> {
        attempt.enable_password_auth(self.door.has_password())?;
        let is_for_user = self.door.is_for(attempt.username().unwrap_or_default());
        let password = Zeroizing::new(attempt.raw_password()?.as_ref().to_vec());
        self.password = Some(Password::Waits { is_for_user, password });
        attempt.defer();
        Ok(())
    }

    /// Goes on with the password that the client has offered; the answer, once.
    pub(super) fn answer(&mut self, house: &mut House, now: Instant) -> Option<bool> {
        let verdict = match self.password.take()? {
            Password::Waits { is_for_user, password } => {
                let is_turn = self.turn(house).is_none_or(|turn| turn <= now);
                let Some(seat) = house.free_checker().filter(|_| is_turn) else {
                    self.password = Some(Password::Waits { is_for_user, password });
                    return None;
                };
                let hash = self.door.password();
                let check = hash.map_or(Err(ErrorKind::NotFound.into()), |hash| Check::start(hash, &password));
                match check {
                    Ok(check) => {
                        self.password = Some(Password::IsChecked { is_for_user, check, _seat: seat });
                        return None;
                    }
                    Err(error) => Verdict::Unknown(error.to_string()),
                }
            }
            Password::IsChecked { is_for_user, mut check, _seat } => match check.verdict() {
                // A wrong user's password was looked at, too, so that nobody learns from the time it takes.
                Some(Verdict::Right) if !is_for_user => Verdict::Wrong,
                Some(verdict) => verdict,
                None => {
                    self.password = Some(Password::IsChecked { is_for_user, check, _seat });
                    return None;
                }
            },
        };
        Some(self.judge(&verdict, house, now))
    }

    fn judge(&mut self, verdict: &Verdict, house: &mut House, now: Instant) -> bool {
        match verdict {
            Verdict::Right => {
                "password".clone_into(&mut self.method);
                return true;
            }
            Verdict::Wrong => self.log("wrong password"),
            Verdict::Unknown(reason) => self.log(format_args!("the password cannot be checked: {reason}")),
        }
        self.failures += 1;
        house.throttle.failed(self.peer.map(|peer| peer.ip()), now);
        self.held_until = self.turn(house);
        false
    }

    /// What was refused without a question: a wrong signature, a key or a method of an unknown kind.
    pub(super) fn was_refused(&mut self, now: Instant) {
        self.log("refused: a wrong signature, or a key or a method of an unknown kind");
        self.failures += 1;
        self.held_until = Some(now + WRONG_KEY);
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
