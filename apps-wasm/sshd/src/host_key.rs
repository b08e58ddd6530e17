//! The server's own key: made at the first start, kept in the folder, in OpenSSH's format.

use crate::APP;
use crate::shell;
use cli::Stop;
use ssh_key::private::{Ed25519Keypair, KeypairData};
use ssh_key::{HashAlg, LineEnding, PrivateKey};
use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::Path;
use sunset::{KeyType, SignKey};

const NAME: &str = "host_ed25519_key";

/// The key in the folder, or a new one.
///
/// A new one that cannot be kept serves until the server ends, and the log says so.
pub(crate) fn load_or_make(folder: &Path) -> Result<SignKey, Stop> {
    let path = folder.join(NAME);
    match fs::read_to_string(&path) {
        Ok(text) => {
            let key = PrivateKey::from_openssh(&text).map_err(|error| Stop::failed(path.display(), error))?;
            SignKey::try_from(key).map_err(|_| Stop::failed(path.display(), "only ssh-ed25519 without passphrase"))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let key = SignKey::generate(KeyType::Ed25519, None).map_err(|error| Stop::failed("random", error))?;
            match keep(&key, &path) {
                Ok(()) => APP.complain(format_args!("{}: made a new host key", path.display())),
                Err(error) => {
                    APP.complain(format_args!("{}: {error}: the host key lasts until the end", path.display()))
                }
            }
            Ok(key)
        }
        Err(error) => Err(Stop::failed(path.display(), error)),
    }
}

/// Writes the key into a file that only its owner reads, before there is anything in it to read.
fn keep(key: &SignKey, path: &Path) -> io::Result<()> {
    let SignKey::Ed25519(key) = key else { return Err(ErrorKind::Unsupported.into()) };
    let pair = KeypairData::from(Ed25519Keypair::from(key));
    let text = PrivateKey::new(pair, "yolk").and_then(|key| key.to_openssh(LineEnding::LF));
    let text = text.map_err(io::Error::other)?;
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let new = path.with_extension("new");
    let mut file = File::create(&new)?;
    shell::set_mode(&new, 0o600)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(&new, path)
}

/// As OpenSSH shows it.
pub(crate) fn fingerprint(key: &SignKey) -> String {
    let public = ssh_key::PublicKey::try_from(&key.pubkey());
    public.map_or("of an unknown kind".to_owned(), |key| key.fingerprint(HashAlg::Sha256).to_string())
}

#[cfg(test)]
mod tests {
    use super::{NAME, fingerprint, load_or_make};
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_key_is_made_once_and_is_its_owners_alone() {
        let folder = std::env::temp_dir().join(format!("sshd-host-key-{}", std::process::id()));
        let first = load_or_make(&folder).expect("a key");
        let file = folder.join(NAME);
        assert_eq!(fs::metadata(&file).expect("the file").permissions().mode() & 0o777, 0o600);
        let second = load_or_make(&folder).expect("the key");
        assert_eq!(fingerprint(&first), fingerprint(&second));
        assert!(fingerprint(&first).starts_with("SHA256:"));
        fs::write(&file, "no key").expect("write");
        assert!(load_or_make(&folder).is_err(), "a broken key is not replaced");
        fs::remove_dir_all(&folder).expect("remove");
    }
}
