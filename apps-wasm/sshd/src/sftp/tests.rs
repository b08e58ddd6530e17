//! The protocol by its bytes: what the usual client never sends.

use super::{MOST_OUTPUT, Sftp, kind};

/// A packet of a kind with fields that are encoded already.
fn packet(kind: u8, fields: &[&[u8]]) -> Vec<u8> {
    let body = fields.concat();
    let mut packet = u32::try_from(body.len() + 1).expect("a length").to_be_bytes().to_vec();
    packet.push(kind);
    packet.extend(body);
    packet
}

fn string(bytes: &[u8]) -> Vec<u8> {
    [&u32::try_from(bytes.len()).expect("a length").to_be_bytes()[..], bytes].concat()
}

/// A client that has said which version it speaks.
fn begun() -> Sftp {
    let mut sftp = Sftp::default();
    ask(&mut sftp, &packet(kind::INIT, &[&3_u32.to_be_bytes()]));
    assert!(!sftp.has_ended());
    sftp
}

fn ask(sftp: &mut Sftp, bytes: &[u8]) -> Vec<u8> {
    assert_eq!(sftp.receive(bytes), bytes.len());
    let mut answer = Vec::new();
    sftp.take_output(&mut answer);
    answer
}

/// The number of a status answer to request 7.
fn status(answer: &[u8]) -> Option<u8> {
    let rest = answer.get(4..)?.strip_prefix(&[kind::STATUS, 0, 0, 0, 7, 0, 0, 0])?;
    rest.first().copied()
}

const SEVEN: [u8; 4] = [0, 0, 0, 7];

#[test]
fn bytes_may_come_one_by_one() {
    let mut sftp = Sftp::default();
    let mut answer = Vec::new();
    let request = packet(kind::REALPATH, &[&SEVEN, &string(b"/a/./b//../c/")]);
    for byte in [packet(kind::INIT, &[&3_u32.to_be_bytes()]), request].concat() {
        answer.extend(ask(&mut sftp, &[byte]));
    }
    assert_eq!(answer[4..9], [kind::VERSION, 0, 0, 0, 3]);
    assert!(answer.windows(8).any(|bytes| bytes == string(b"/a/c")), "{answer:?}");
}

#[test]
fn paths_do_not_leave_the_root() {
    let answer = ask(&mut begun(), &packet(kind::REALPATH, &[&SEVEN, &string(b"/../../etc")]));
    assert!(answer.windows(8).any(|bytes| bytes == string(b"/etc")), "{answer:?}");
}

#[test]
fn requests_that_are_cut_off_or_unknown_are_refused_and_the_next_is_served() {
    let mut sftp = begun();
    let long = u32::MAX.to_be_bytes();
    let wrong = [
        (packet(kind::OPEN, &[&SEVEN]), 5),
        (packet(kind::OPEN, &[&SEVEN, &long, b"abc"]), 5),
        (packet(kind::STAT, &[&SEVEN, &string(b"\xff")]), 5),
        (packet(kind::SETSTAT, &[&SEVEN, &string(b"/"), &0x8000_0000_u32.to_be_bytes(), &long]), 5),
        (packet(kind::READ, &[&SEVEN, &string(b"none"), &[0; 12]]), 4),
        (packet(kind::CLOSE, &[&SEVEN, &string(&[0xff; 4])]), 4),
        (packet(99, &[&SEVEN]), 8),
        (packet(kind::EXTENDED, &[&SEVEN, &string(b"statvfs@openssh.com"), &string(b"/")]), 8),
    ];
    for (request, number) in wrong {
        assert_eq!(status(&ask(&mut sftp, &request)), Some(number), "{request:?}");
    }
    assert!(!sftp.has_ended());
}

#[test]
fn what_is_no_packet_ends_the_transfer() {
    for bytes in [&[0xff, 0xff, 0xff, 0xff][..], &[0, 0, 0, 0], &[0, 0, 0, 2, kind::STAT, 0]] {
        let mut sftp = begun();
        ask(&mut sftp, bytes);
        assert!(sftp.has_ended() && sftp.status() == 1, "{bytes:?}");
    }
    let mut sftp = Sftp::default();
    ask(&mut sftp, &packet(kind::STAT, &[&SEVEN, &string(b"/")]));
    assert!(sftp.has_ended(), "the version comes first");
}

#[test]
fn the_end_of_a_file_is_a_status_and_appending_ignores_the_offset() {
    let path = std::env::temp_dir().join(format!("sftp-append-{}", std::process::id()));
    let name = string(path.to_str().expect("text").as_bytes());
    let mut sftp = begun();
    // Read, append, create; no attributes.
    let answer = ask(&mut sftp, &packet(kind::OPEN, &[&SEVEN, &name, &[0, 0, 0, 13], &[0; 4]]));
    assert_eq!(answer[4], kind::HANDLE, "{answer:?}");
    let handle = string(&answer[13..17]);
    for word in [&b"one"[..], b"two"] {
        let answer = ask(&mut sftp, &packet(kind::WRITE, &[&SEVEN, &handle, &[0; 8], &string(word)]));
        assert_eq!(status(&answer), Some(0));
    }
    let read = |offset: u64| packet(kind::READ, &[&SEVEN, &handle, &offset.to_be_bytes(), &[0, 0, 1, 0]]);
    assert!(ask(&mut sftp, &read(1)).ends_with(&string(b"netwo")));
    assert_eq!(status(&ask(&mut sftp, &read(6))), Some(1));
    std::fs::remove_file(path).expect("remove");
}

/// As a client does that asks for a whole file at once (paramiko's `prefetch`).
#[test]
fn many_requests_at_once_are_answered_as_fast_as_somebody_reads() {
    let path = std::env::temp_dir().join(format!("sftp-prefetch-{}", std::process::id()));
    let content: Vec<u8> = (0..200_000_u32).map(|index| (index % 251) as u8).collect();
    std::fs::write(&path, &content).expect("write");
    let mut sftp = begun();
    let name = string(path.to_str().expect("text").as_bytes());
    let answer = ask(&mut sftp, &packet(kind::OPEN, &[&SEVEN, &name, &[0, 0, 0, 1], &[0; 4]]));
    let handle = string(&answer[13..17]);
    let length = u32::try_from(content.len()).expect("a length").to_be_bytes();
    let requests = packet(kind::READ, &[&SEVEN, &handle, &[0; 8], &length]).repeat(1000);
    let (mut taken, mut answered) = (0, 0);
    while taken < requests.len() {
        // Also where a request is cut in two.
        let end = requests.len().min(taken + 1007);
        taken += sftp.receive(&requests[taken..end]);
        let mut answers = Vec::new();
        sftp.take_output(&mut answers);
        assert!(answers.len() < MOST_OUTPUT + content.len() + 100, "{} bytes wait", answers.len());
        let mut rest = answers.as_slice();
        while let Some((header, behind)) = rest.split_first_chunk::<4>() {
            let (answer, behind) = behind.split_at(u32::from_be_bytes(*header) as usize);
            assert!(answer[0] == kind::DATA && answer[9..] == content);
            (answered, rest) = (answered + 1, behind);
        }
    }
    assert_eq!(answered, 1000);
    std::fs::remove_file(path).expect("remove");
}

#[test]
fn who_does_not_read_answers_is_not_listened_to() {
    let mut sftp = begun();
    let request = packet(kind::REALPATH, &[&SEVEN, &string(&[b'x'; 60_000])]);
    let mut asked = 0;
    while sftp.receive(&request) > 0 {
        asked += request.len();
        assert!(asked < 2 * MOST_OUTPUT + request.len(), "it listens for ever");
    }
    let mut answers = Vec::new();
    sftp.take_output(&mut answers);
    assert_eq!(sftp.receive(&request), request.len());
}
