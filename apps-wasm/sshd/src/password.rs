//! Hashes of passwords: argon2, as PHC strings.

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use cli::Stop;
use std::io::{self, IsTerminal, Write};
use zeroize::Zeroizing;

/// The memory of a new hash, in KiB, and how often it is filled if nobody says otherwise: what OWASP's Password Storage Cheat
/// Sheet asks of argon2id at least, in its form with the least memory. The hash says its cost, so that others work too.
const MEMORY_KIB: u32 = 7 * 1024;
pub(crate) const USUAL_PASSES: u32 = 5;
/// The most that a hash may cost, in KiB and in KiB times passes: each attempt to log in costs as much.
const MOST_MEMORY_KIB: u32 = 128 * 1024;
const MOST_WORK_KIB: u64 = 1024 * 1024;
/// A password is not longer than this.
const LONGEST: usize = 1024;

/// The hash of the password that opens the door.
pub(crate) struct Hash(PasswordHash);

impl Hash {
    /// Reads a PHC string.
    ///
    /// # Errors
    /// What is wrong with it, for the log.
    pub(crate) fn parse(text: &str) -> Result<Hash, String> {
        let advice = "make one with `sshd --hash-password`";
        let hash = PasswordHash::new(text.trim()).map_err(|error| format!("this is no hash ({error}): {advice}"))?;
        let params = Params::try_from(&hash).map_err(|_| format!("this is no hash of argon2: {advice}"))?;
        Algorithm::try_from(hash.algorithm.as_str()).map_err(|_| format!("this is no hash of argon2: {advice}"))?;
        if hash.salt.is_none() || hash.hash.is_none() {
            return Err(format!("the hash is cut off: {advice}"));
        }
        if params.m_cost() > MOST_MEMORY_KIB || u64::from(params.m_cost()) * u64::from(params.t_cost()) > MOST_WORK_KIB
        {
            return Err(format!(
                "the hash costs more than a login should (m={}, t={})",
                params.m_cost(),
                params.t_cost()
            ));
        }
        Ok(Hash(hash))
    }

    /// As it was read.
    pub(crate) fn text(&self) -> String {
        self.0.to_string()
    }

    /// Whether this is the password. It takes long, and as long for a wrong one as for the right one.
    pub(crate) fn is_of(&self, password: &[u8]) -> bool {
        password.len() <= LONGEST && Argon2::default().verify_password(password, &self.0).is_ok()
    }
}

/// Reads a password from standard input and prints its hash.
pub(crate) fn print_hash(passes: u32) -> Result<(), Stop> {
    if io::stdin().is_terminal() {
        io::stderr().write_all(b"password (it is shown): ")?;
    }
    let mut line = Zeroizing::new(String::new());
    io::stdin().read_line(&mut line).map_err(|error| Stop::failed("standard input", error))?;
    let hash = hash(line.trim_end_matches(['\n', '\r']).as_bytes(), passes).map_err(Stop::Failed)?;
    writeln!(io::stdout(), "{hash}")?;
    Ok(())
}

fn hash(password: &[u8], passes: u32) -> Result<String, String> {
    if password.is_empty() || password.len() > LONGEST {
        return Err(format!("a password has 1 to {LONGEST} bytes"));
    }
    let params = Params::new(MEMORY_KIB, passes, 1, None).map_err(|error| error.to_string())?;
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    let hash: PasswordHash = argon2.hash_password(password).map_err(|error| error.to_string())?;
    Ok(hash.to_string())
}

#[cfg(test)]
mod tests {
    use super::{Hash, hash};

    #[test]
    fn a_hash_knows_its_password_and_no_other() {
        let text = hash(b"open sesame", 1).expect("hash");
        let parsed = Hash::parse(&format!("{text}\n")).unwrap_or_else(|error| panic!("{error}"));
        assert!(parsed.is_of(b"open sesame"));
        for wrong in [&b""[..], b"open sesam", b"open sesame ", &[b'x'; 5000]] {
            assert!(!parsed.is_of(wrong));
        }
        assert_ne!(hash(b"open sesame", 1).expect("hash"), text, "the salt is new each time");
        assert!(hash(b"", 1).is_err());
    }

    #[test]
    fn what_is_no_hash_opens_nothing() {
        let salted = "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ";
        let hash = "$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
        assert!(Hash::parse(&format!("{salted}{hash}")).is_ok());
        let huge = format!("$argon2id$v=19$m=4000000,t=1,p=1$c29tZXNhbHQ{hash}");
        let long = format!("$argon2id$v=19$m=64,t=400000,p=1$c29tZXNhbHQ{hash}");
        for wrong in ["", "secret", "$argon2id$", salted, "$5$salt$hash", &huge, &long] {
            assert!(Hash::parse(wrong).is_err(), "{wrong}");
        }
    }
}
