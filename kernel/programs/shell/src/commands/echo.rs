//! `echo`: its arguments.

use super::escapes::{self, Octal, Rest};
use super::{Call, Outcome};

/// What is written at the end.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    LineFeed,
    Nothing,
}

/// Whether backslashes mean something.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Escapes {
    Plain,
    Interpreted,
}

pub(super) fn run(call: &Call) -> Outcome {
    let (mut end, mut escapes) = (End::LineFeed, Escapes::Plain);
    let mut words = call.operands();
    // Only what consists of these letters is an option; anything else is text.
    while let Some((first, rest)) = words.split_first() {
        match first.strip_prefix('-') {
            Some(letters) if !letters.is_empty() && letters.chars().all(|letter| "neE".contains(letter)) => {
                for letter in letters.chars() {
                    match letter {
                        'n' => end = End::Nothing,
                        'e' => escapes = Escapes::Interpreted,
                        _ => escapes = Escapes::Plain,
                    }
                }
            }
            _ => break,
        }
        words = rest;
    }
    let mut text = words.join(" ").into_bytes();
    if escapes == Escapes::Interpreted {
        let (interpreted, rest) = escapes::interpret(&text, Octal::BehindZero);
        text = interpreted;
        end = if rest == Rest::Unwanted { End::Nothing } else { end };
    }
    if end == End::LineFeed {
        text.push(b'\n');
    }
    // In one piece, so that lines of different commands do not mix.
    call.context.stdout.write_all(&text)?;
    call.status()
}
