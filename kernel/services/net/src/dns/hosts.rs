//! `/etc/hosts`: an address and its names a line, `#` begins a comment.

use super::message::Name;
use std::net::IpAddr;

/// The addresses of `name` in the text of the file, in its order.
pub(super) fn find(text: &str, name: &Name) -> Vec<IpAddr> {
    let mut found = Vec::new();
    for line in text.lines() {
        let line = line.split('#').next().unwrap_or_default();
        let mut words = line.split_ascii_whitespace();
        let Some(address) = words.next().and_then(|word| word.parse::<IpAddr>().ok()) else { continue };
        if words.any(|word| Name::parse(word).as_ref() == Some(name)) && !found.contains(&address) {
            found.push(address);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_stand_on_several_lines() {
        let text = "127.0.0.1 localhost\n# 6.6.6.6 server\n10.0.0.1\tserver Alias # the first\nnonsense server\nfd00::1 server\n";
        let find = |name: &str| find(text, &Name::parse(name).expect("a name"));
        assert_eq!(find("server"), [IpAddr::from([10, 0, 0, 1]), "fd00::1".parse::<IpAddr>().expect("an address")]);
        assert_eq!(find("alias"), [IpAddr::from([10, 0, 0, 1])]);
        assert!(find("first").is_empty());
    }
}
