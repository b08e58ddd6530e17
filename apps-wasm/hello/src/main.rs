//! Greets: the smallest app, and a start for an own one.

#![forbid(unsafe_code)]

use std::env;

const HELP: &str = "\
usage: hello [NAME...]

Greets everyone named, or the world.
";

fn main() {
    let names: Vec<String> = env::args_os().skip(1).map(|name| name.to_string_lossy().into_owned()).collect();
    if names.iter().any(|name| name == "-h" || name == "--help") {
        print!("{HELP}");
    } else {
        print!("{}", greeting(&names));
    }
}

/// One line for each name.
fn greeting(names: &[String]) -> String {
    if names.is_empty() {
        return "Hello, world!\n".to_string();
    }
    names.iter().map(|name| format!("Hello, {name}!\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::greeting;

    #[test]
    fn everyone_is_greeted() {
        assert_eq!(greeting(&["a".to_string(), "b c".to_string()]), "Hello, a!\nHello, b c!\n");
    }

    #[test]
    fn without_names_the_world_is() {
        assert_eq!(greeting(&[]), "Hello, world!\n");
    }
}
