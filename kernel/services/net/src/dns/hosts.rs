//! `/etc/hosts`: an address and its names a line, `#` begins a comment.

use super::message::Name;
use std::net::IpAddr;

/// The addresses of `name` in the text of the file, in its order.
pub(super) fn find(text: &str, name: &Name) -> Vec<IpAddr> {
    let mut found = Vec::new();
    for (address, mut names) in entries(text) {
        if names.any(|word| Name::parse(word).as_ref() == Some(name)) && !found.contains(&address) {
            found.push(address);
        }
    }
    found
}

/// The names of `address` in the text of the file, in its order.
pub(super) fn names(text: &str, address: IpAddr) -> Vec<String> {
    let lines = entries(text).filter(|(known, _)| *known == address);
    lines.flat_map(|(_, names)| names).filter(|word| Name::parse(word).is_some()).map(str::to_owned).collect()
}

fn entries(text: &str) -> impl Iterator<Item = (IpAddr, impl Iterator<Item = &str>)> {
    text.lines().filter_map(|line| {
        let line = line.split('#').next().unwrap_or_default();
        let mut words = line.split_ascii_whitespace();
        Some((words.next()?.parse().ok()?, words))
    })
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
        assert_eq!(names(text, [10, 0, 0, 1].into()), ["server", "Alias"]);
        assert!(names(text, [6, 6, 6, 6].into()).is_empty());
    }
}
