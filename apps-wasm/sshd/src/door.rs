//! Who may enter: one user, by a key or by a password. Where there is neither, nobody.

use crate::boot::BootOptions;
use crate::password::Hash;
use ssh_key::PublicKey;
use ssh_key::public::{EcdsaPublicKey, KeyData};
use std::fs;
use std::io::ErrorKind;
use std::ops::RangeInclusive;
use std::path::Path;
use sunset::PubKey;

const KEYS: &str = "authorized_keys";
const PASSWORD: &str = "password";
/// RSA keys that are strong enough, and not so large that a signature takes a machine that interprets this program long.
const RSA_BITS: RangeInclusive<u32> = 2048..=4096;
/// Larger files are not read.
const FILE_LIMIT: u64 = 1 << 20;

/// What opens the door.
pub(crate) struct Door {
    user: String,
    keys: Vec<KeyData>,
    password: Option<Hash>,
}

impl Door {
    /// Reads the files and looks at the boot options; with it comes what is wrong there.
    pub(crate) fn open(folder: &Path, user: &str, boot: &BootOptions) -> (Door, Vec<String>) {
        let mut complaints = Vec::new();
        let mut door = Door { user: user.to_owned(), keys: Vec::new(), password: None };
        let path = folder.join(KEYS);
        for (number, line) in (1..).zip(read(&path, &mut complaints).lines()) {
            let line = line.trim();
            if !line.is_empty() && !line.starts_with('#') {
                door.add_key(line, &format!("{}: line {number}", path.display()), &mut complaints);
            }
        }
        for key in &boot.keys {
            door.add_encoded_key(key, &mut complaints);
        }
        let path = folder.join(PASSWORD);
        let kept = read(&path, &mut complaints);
        let kept = Some(kept.trim()).filter(|hash| !hash.is_empty()).map(|hash| (hash, path.display().to_string()));
        let hash = boot.password.as_deref().map(|hash| (hash, "sshd.password".to_owned())).or(kept);
        match hash.map(|(hash, place)| Hash::parse(hash).map_err(|error| format!("{place}: {error}"))) {
            Some(Ok(hash)) => door.password = Some(hash),
            Some(Err(complaint)) => complaints.push(complaint),
            None => {}
        }
        (door, complaints)
    }

    /// A line of OpenSSH's format. One with options would have to be obeyed; it opens nothing instead.
    fn add_key(&mut self, line: &str, place: &str, complaints: &mut Vec<String>) {
        match PublicKey::from_openssh(line) {
            Ok(key) => self.add(&key, place, complaints),
            Err(_) => complaints.push(format!("{place}: this is no public key (options before it are not known)")),
        }
    }

    /// The middle word of such a line. It begins with the length and the name of the algorithm, so that it is enough.
    fn add_encoded_key(&mut self, encoded: &str, complaints: &mut Vec<String>) {
        let names = ["ssh-ed25519", "ecdsa-sha2-nistp256", "ssh-rsa"];
        let key = names.iter().find_map(|name| PublicKey::from_openssh(&format!("{name} {encoded}")).ok());
        match key {
            Some(key) => self.add(&key, "sshd.key", complaints),
            None => complaints.push("sshd.key: this is no public key (the middle word of one is wanted)".to_owned()),
        }
    }

    fn add(&mut self, key: &PublicKey, place: &str, complaints: &mut Vec<String>) {
        let reason = match key.key_data() {
            KeyData::Ed25519(_) | KeyData::Ecdsa(EcdsaPublicKey::NistP256(_)) => None,
            KeyData::Rsa(rsa) => match rsa.key_size() {
                bits if RSA_BITS.contains(&bits) => None,
                bits => Some(format!("RSA of {bits} bits (2048 to 4096 would do)")),
            },
            _ => Some(format!("the kind {}", key.algorithm())),
        };
        match reason {
            None => self.keys.push(key.key_data().clone()),
            Some(reason) => complaints
                .push(format!("{place}: a key of {reason} opens nothing here; make one with `ssh-keygen -t ed25519`")),
        }
    }

    /// What opens the door, for the log.
    pub(crate) fn summary(&self, folder: &Path) -> String {
        let (user, folder) = (&self.user, folder.display());
        match (self.keys.len(), &self.password) {
            (0, None) => format!(
                "nobody can log in: put a public key into {folder}/{KEYS}, or the output of `sshd --hash-password` into \
                 {folder}/{PASSWORD}"
            ),
            (count, None) => format!("{user} can log in with {count} key(s), and not by password"),
            (count, Some(_)) => format!("{user} can log in with {count} key(s) or the password"),
        }
    }

    /// The hash of the password, if one opens the door.
    pub(crate) fn password(&self) -> Option<&Hash> {
        self.password.as_ref()
    }

    /// Whether a password could be right.
    pub(crate) fn has_password(&self) -> bool {
        self.password.is_some()
    }

    /// Whether this is who may enter.
    pub(crate) fn is_for(&self, user: &str) -> bool {
        user == self.user
    }

    /// Whether the user may enter with this key, which the client holds or still has to prove that it holds.
    pub(crate) fn opens_to_key(&self, user: &str, key: &PubKey<'_>) -> bool {
        let key = PublicKey::try_from(key);
        self.is_for(user) && key.is_ok_and(|key| self.keys.iter().any(|known| known == key.key_data()))
    }
}

/// A small file's text; a file that is not there is an empty one.
fn read(path: &Path, complaints: &mut Vec<String>) -> String {
    let text = fs::metadata(path).and_then(|metadata| match metadata.len() {
        0..=FILE_LIMIT => fs::read_to_string(path),
        _ => Err(ErrorKind::FileTooLarge.into()),
    });
    text.unwrap_or_else(|error| {
        if error.kind() != ErrorKind::NotFound {
            complaints.push(format!("{}: {error}", path.display()));
        }
        String::new()
    })
}

#[cfg(test)]
mod tests {
    use super::Door;
    use crate::boot::BootOptions;
    use std::fs;
    use std::path::PathBuf;
    use sunset::{KeyType, SignKey};

    const HASH: &str = "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHQ$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("sshd-door-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).expect("folder");
        folder
    }

    fn key_and_line(kind: KeyType) -> (SignKey, String) {
        let key = SignKey::generate(kind, None).expect("key");
        let public = ssh_key::PublicKey::try_from(&key.pubkey()).expect("public key");
        let line = public.to_openssh().expect("line");
        (key, line)
    }

    #[test]
    fn without_a_key_or_a_password_nobody_enters() {
        let folder = folder("nobody");
        let (door, complaints) = Door::open(&folder, "root", &BootOptions::default());
        assert_eq!(complaints, [] as [String; 0]);
        let (key, _) = key_and_line(KeyType::Ed25519);
        assert!(!door.opens_to_key("root", &key.pubkey()));
        assert!(!door.has_password());
        let summary = door.summary(&folder);
        assert!(summary.contains("authorized_keys") && summary.contains("--hash-password"), "{summary}");
        fs::remove_dir_all(folder).expect("remove");
    }

    #[test]
    fn the_keys_of_the_file_and_of_the_command_line_open_it_to_the_user() {
        let folder = folder("keys");
        let (first, line) = key_and_line(KeyType::Ed25519);
        let (second, second_line) = key_and_line(KeyType::ECDSA256);
        fs::write(folder.join("authorized_keys"), format!("# mine\n\n{line} me@home, at home\r\n")).expect("write");
        let encoded = second_line.split(' ').nth(1).expect("three words").to_owned();
        let boot = BootOptions { keys: vec![encoded], password: None };
        let (door, complaints) = Door::open(&folder, "root", &boot);
        assert_eq!(complaints, [] as [String; 0]);
        for key in [&first, &second] {
            assert!(door.opens_to_key("root", &key.pubkey()));
            assert!(!door.opens_to_key("other", &key.pubkey()));
        }
        assert!(!door.opens_to_key("root", &key_and_line(KeyType::Ed25519).0.pubkey()));
        fs::remove_dir_all(folder).expect("remove");
    }

    #[test]
    fn what_is_not_understood_is_told_and_opens_nothing() {
        let folder = folder("wrong");
        let (key, line) = key_and_line(KeyType::Ed25519);
        let lines = format!("command=\"date\" {line}\nssh-ed25519 AAAA\nssh-rsa x\n");
        fs::write(folder.join("authorized_keys"), lines).expect("write");
        fs::write(folder.join("password"), "secret\n").expect("write");
        let boot = BootOptions { keys: vec!["AAAA".to_owned()], password: None };
        let (door, complaints) = Door::open(&folder, "root", &boot);
        assert_eq!(complaints.len(), 5, "{complaints:?}");
        assert!(!complaints.concat().contains("secret"));
        assert!(!door.opens_to_key("root", &key.pubkey()) && !door.has_password());
        fs::remove_dir_all(folder).expect("remove");
    }

    #[test]
    fn the_command_lines_password_comes_first() {
        let folder = folder("password");
        fs::write(folder.join("password"), HASH).expect("write");
        assert!(Door::open(&folder, "root", &BootOptions::default()).0.has_password());
        let boot = BootOptions { keys: Vec::new(), password: Some("wrong".to_owned()) };
        let (door, complaints) = Door::open(&folder, "root", &boot);
        assert!(!door.has_password() && complaints.len() == 1, "a wrong one does not fall back to another");
        fs::remove_dir_all(folder).expect("remove");
    }
}
