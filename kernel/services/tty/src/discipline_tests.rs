//! The line discipline, key by key.

use super::*;

struct Typist {
    discipline: LineDiscipline,
    echo: String,
    interrupts: usize,
}

impl Typist {
    fn new() -> Self {
        Typist { discipline: LineDiscipline::new(), echo: String::new(), interrupts: 0 }
    }

    fn types(&mut self, input: impl AsRef<[u8]>) -> &mut Self {
        let mut rest = input.as_ref();
        while !rest.is_empty() {
            let accepted = self.discipline.accept(rest, 0);
            assert!(accepted.count > 0, "refused");
            self.echo += &String::from_utf8_lossy(&accepted.echo);
            self.interrupts += usize::from(accepted.interrupt);
            rest = &rest[accepted.count..];
        }
        self
    }

    fn reads(&mut self) -> Option<String> {
        let mut buf = [0; 8192];
        let count = self.discipline.read(&mut buf)?;
        Some(String::from_utf8_lossy(&buf[..count]).into_owned())
    }
}

#[test]
fn a_line_is_readable_when_it_is_finished() {
    let mut typist = Typist::new();
    typist.types("ab");
    assert_eq!(typist.reads(), None);
    assert_eq!(typist.discipline.readable(), None);
    typist.types("c\rnext\n");
    assert_eq!(typist.discipline.readable(), Some(4));
    assert_eq!(typist.reads().unwrap(), "abc\n");
    assert_eq!(typist.reads().unwrap(), "next\n");
    assert_eq!(typist.reads(), None);
    assert_eq!(typist.echo, "abc\r\nnext\r\n");
}

#[test]
fn a_short_read_leaves_the_rest_of_the_line() {
    let mut typist = Typist::new();
    typist.types("hello\n");
    let mut buf = [0; 4];
    assert_eq!(typist.discipline.read(&mut buf), Some(4));
    assert_eq!(typist.reads().unwrap(), "o\n");
    assert_eq!(typist.reads(), None);
}

#[test]
fn both_erase_keys_work_and_stop_at_the_start() {
    let mut typist = Typist::new();
    typist.types("ax\x7fby\x08\x08\x08\x08c\n");
    assert_eq!(typist.reads().unwrap(), "c\n");
    assert_eq!(typist.echo, "ax\x08 \x08by\x08 \x08\x08 \x08\x08 \x08c\r\n");
}

#[test]
fn erase_takes_whole_characters_and_their_width() {
    let mut typist = Typist::new();
    typist.types("é\x7f日\x7f\x01\x7f");
    assert_eq!(typist.echo, "é\x08 \x08日\x08 \x08\x08 \x08^A\x08 \x08\x08 \x08");
    typist.types(b"\xff\xfe\x7f\n");
    let mut buf = [0; 8];
    assert_eq!(typist.discipline.read(&mut buf), Some(2));
    assert_eq!(buf[0], 0xff);
}

#[test]
fn erasing_a_tab_goes_back_to_where_it_began() {
    let mut discipline = LineDiscipline::new();
    discipline.accept(b"ab\t", 3);
    assert_eq!(discipline.accept(b"\x7f", 8).echo, b"\x08 \x08".repeat(3));
}

#[test]
fn kill_line_and_erase_word() {
    let mut typist = Typist::new();
    typist.types("one two  \x17three\x17\x17x\n\u{15}gone\x15y\n");
    assert_eq!(typist.reads().unwrap(), "x\n");
    assert_eq!(typist.reads().unwrap(), "y\n");
}

#[test]
fn end_of_file_ends_an_empty_line_and_flushes_another() {
    let mut typist = Typist::new();
    typist.types("ab\x04");
    assert_eq!(typist.reads().unwrap(), "ab");
    assert_eq!(typist.reads(), None);
    typist.types("\x04z\n");
    assert_eq!(typist.reads().unwrap(), "", "end of file");
    assert_eq!(typist.reads().unwrap(), "z\n");
    assert_eq!(typist.echo, "abz\r\n");
}

#[test]
fn interrupt_discards_all_that_was_typed() {
    let mut typist = Typist::new();
    typist.types("line\nhalf\x03after\n");
    assert_eq!(typist.interrupts, 1);
    assert_eq!(typist.reads().unwrap(), "after\n");
    assert_eq!(typist.echo, "line\r\nhalf^Cafter\r\n");
}

#[test]
fn literal_next_takes_any_key() {
    let mut typist = Typist::new();
    typist.types("\x16\x03\x16\x16\x16\x7f\n");
    assert_eq!(typist.interrupts, 0);
    assert_eq!(typist.reads().unwrap(), "\x03\x16\x7f\n");
    assert_eq!(typist.echo, "^\x08^C^\x08^V^\x08^?\r\n");
}

#[test]
fn raw_mode_passes_every_byte_without_echo() {
    let mut typist = Typist::new();
    typist.discipline.set_mode(InputMode::Raw, 0);
    typist.types("a\r\x03\x04\x7f");
    assert_eq!(typist.reads().unwrap(), "a\r\x03\x04\x7f");
    assert_eq!((typist.echo.as_str(), typist.interrupts), ("", 0));
}

#[test]
fn unread_input_follows_the_mode() {
    let mut typist = Typist::new();
    typist.types("ls\r\x04half");
    typist.discipline.set_mode(InputMode::Raw, 0);
    assert_eq!(typist.reads().unwrap(), "ls\n\x04half");
    typist.types("one\rtw\x7fo");
    let echo = typist.discipline.set_mode(InputMode::Canonical, 0).echo;
    assert_eq!(String::from_utf8(echo).unwrap(), "one\r\ntw\x08 \x08o");
    assert_eq!(typist.reads().unwrap(), "one\n");
    typist.types("!\n");
    assert_eq!(typist.reads().unwrap(), "to!\n");
}

#[test]
fn an_unfinished_line_of_any_length_arrives_whole() {
    let mut typist = Typist::new();
    let long: String = ('a'..='z').cycle().take(3 * MAX_LINE + 5).collect();
    typist.types(&long).types("\n");
    let read: String = std::iter::from_fn(|| typist.reads()).collect();
    assert_eq!(read, long + "\n");
}

#[test]
fn a_paste_beyond_the_capacity_waits_and_loses_nothing() {
    let paste: Vec<u8> = (0..2 * CAPACITY).map(|n| if n % 61 == 60 { b'\n' } else { b'a' + (n % 26) as u8 }).collect();
    let mut discipline = LineDiscipline::new();
    let (mut offered, mut read, mut refusals) = (0, Vec::<u8>::new(), 0);
    while offered < paste.len() {
        let end = paste.len().min(offered + 1000);
        let accepted = discipline.accept(&paste[offered..end], 0);
        offered += accepted.count;
        if accepted.count == 0 {
            refusals += 1;
            let mut buf = [0; 61];
            let count = discipline.read(&mut buf).expect("full means readable");
            read.extend(&buf[..count]);
        }
    }
    let mut buf = [0; 61];
    while let Some(count) = discipline.read(&mut buf) {
        read.extend(&buf[..count]);
    }
    let finished = paste.iter().rposition(|&byte| byte == b'\n').unwrap() + 1;
    assert_eq!(read, &paste[..finished]);
    assert!(refusals > 0);
}

#[test]
fn interrupt_overtakes_a_full_queue() {
    let mut discipline = LineDiscipline::new();
    while discipline.accept(&[b'\n'; 4096], 0).count > 0 {}
    let accepted = discipline.accept(b"lost\x03kept", 0);
    assert!(accepted.interrupt);
    assert_eq!(accepted.count, 5);
    assert_eq!(discipline.readable(), None);
}

#[test]
fn any_bytes_are_survived() {
    let mut seed = 0x2545_f491_4f6c_dd1d_u64;
    let mut random = || {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        seed
    };
    let mut discipline = LineDiscipline::new();
    for _ in 0..20_000 {
        let bytes: Vec<u8> = (0..random() % 20).map(|_| (random() >> 16) as u8).collect();
        discipline.accept(&bytes, (random() % 80) as usize);
        match random() % 8 {
            0 => drop(discipline.set_mode(InputMode::Raw, 0)),
            1 => drop(discipline.set_mode(InputMode::Canonical, 0)),
            2 => drop(discipline.read(&mut [0; 7])),
            _ => {}
        }
    }
}
