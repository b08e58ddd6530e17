//! The grammar: texts and their trees.

use super::*;

fn bare(text: &str) -> Part {
    Part::Text(text.into(), Quoting::Bare)
}

fn quoted(text: &str) -> Part {
    Part::Text(text.into(), Quoting::Quoted)
}

/// The words of a script that is one command.
fn words(text: &str) -> Vec<Vec<Part>> {
    let script = parse(text).unwrap();
    let [list] = script.lists.as_slice() else { panic!("{script:?}") };
    let [command] = list.first.commands.as_slice() else { panic!("{script:?}") };
    command.words.iter().map(|word| word.parts.clone()).collect()
}

#[test]
fn words_keep_their_quoting() {
    assert_eq!(
        words("a 'b c' \"d\" e\\ f"),
        [vec![bare("a")], vec![quoted("b c")], vec![quoted("d")], vec![bare("e"), quoted(" "), bare("f")],]
    );
    assert_eq!(words("a''b"), [vec![bare("a"), quoted(""), bare("b")]]);
    assert_eq!(words("x\t\\\n y # z"), [vec![bare("x")], vec![bare("y")]]);
}

#[test]
fn variables_end_where_names_do() {
    let variable = |name: &str, quoting| Part::Variable(name.into(), quoting);
    assert_eq!(words("$a.b"), [vec![variable("a", Quoting::Bare), bare(".b")]]);
    assert_eq!(words("\"${a}b\""), [vec![quoted(""), variable("a", Quoting::Quoted), quoted("b")]]);
    assert_eq!(words("$12"), [vec![variable("1", Quoting::Bare), bare("2")]]);
    assert_eq!(words("'$a' $"), [vec![quoted("$a")], vec![bare("$")]]);
}

#[test]
fn lists_pipelines_and_modes() {
    let script = parse("a | b && c || d & e; f\ng").unwrap();
    let texts: Vec<_> = script.lists.iter().map(|list| (list.text.as_str(), list.mode)).collect();
    assert_eq!(
        texts,
        [
            ("a | b && c || d", Mode::Background),
            ("e", Mode::Foreground),
            ("f", Mode::Foreground),
            ("g", Mode::Foreground),
        ]
    );
    assert_eq!(script.lists[0].first.commands.len(), 2);
    assert_eq!(
        script.lists[0].rest.iter().map(|(connector, _)| *connector).collect::<Vec<_>>(),
        [Connector::And, Connector::Or,]
    );
    assert!(parse("! a").unwrap().lists[0].first.negated);
    assert_eq!(parse(" \n# nothing\n").unwrap(), Script::default());
}

#[test]
fn assignments_and_redirections() {
    let script = parse("A=1 B=$x cmd C=3 <in 2>>log >&2 3>three").unwrap();
    let command = &script.lists[0].first.commands[0];
    assert_eq!(command.assignments.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["A", "B"]);
    assert_eq!(command.words.len(), 2);
    let word = |text: &str| Word { parts: vec![bare(text)] };
    assert_eq!(
        command.redirections,
        [
            Redirection { fd: 0, target: Target::Read(word("in")) },
            Redirection { fd: 2, target: Target::Append(word("log")) },
            Redirection { fd: 1, target: Target::Duplicate(2) },
            Redirection { fd: 3, target: Target::Write(word("three")) },
        ]
    );
    assert_eq!(words("a2>x").len(), 1, "a number inside a word is no descriptor");
}

#[test]
fn what_more_text_could_complete() {
    for text in ["'a", "\"a", "\"a\\", "a\\", "${a", "a |", "a &&", "a ||\n", "!"] {
        assert!(matches!(parse(text), Err(SyntaxError::Incomplete(_))), "{text:?}: {:?}", parse(text));
    }
    for text in ["|", "a ; ; b", "&", "a > > b", "a >", "a 10> b", "a >& x", "a << b", ")", "${}", "${a b}", "a & && b"]
    {
        assert!(matches!(parse(text), Err(SyntaxError::Invalid(_))), "{text:?}: {:?}", parse(text));
    }
}

#[test]
fn the_last_word_of_a_line() {
    let last = |text: &str| {
        let LastWord { start, word, role } = last_word(text);
        let text = |part: &Part| match part {
            Part::Text(text, _) | Part::Variable(text, _) => text.clone(),
        };
        let word: String = word.parts.iter().map(text).collect();
        (start, word, role)
    };
    assert_eq!(last(""), (0, String::new(), Role::Command));
    assert_eq!(last("l"), (0, "l".into(), Role::Command));
    assert_eq!(last("ls "), (3, String::new(), Role::Argument));
    assert_eq!(last("ls a; c"), (6, "c".into(), Role::Command));
    assert_eq!(last("A=1 c"), (4, "c".into(), Role::Command));
    assert_eq!(last("cat 'a b"), (4, "a b".into(), Role::Argument));
    assert_eq!(last("cat \"x\\"), (4, "x\\".into(), Role::Argument));
    assert_eq!(last("cat a\\ b"), (4, "a b".into(), Role::Argument));
    assert_eq!(last("cat < f"), (6, "f".into(), Role::Argument));
    assert_eq!(last("a | b"), (4, "b".into(), Role::Command));
}

#[test]
fn any_text_is_survived() {
    const PIECES: [&str; 24] = [
        "a", " ", "\n", "'", "\"", "\\", "$", "{", "}", "(", ")", "<", ">", "&", "|", ";", "#", "=", "!", "2", "é",
        "\0", "*", "\u{2028}",
    ];
    let mut seed = 0x1357_9bdf_2468_ace0_u64;
    let mut random = |limit: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed >> 11) as usize % limit
    };
    for _ in 0..100_000 {
        let text: String = (0..random(20)).map(|_| PIECES[random(PIECES.len())]).collect();
        let _ = parse(&text);
        let last = last_word(&text);
        assert!(text.is_char_boundary(last.start));
    }
    for piece in ["(", "'a' ", "$a", "a|", "a&&", "!", "\\\n", ">a "] {
        let _ = parse(&piece.repeat(100_000));
    }
}
