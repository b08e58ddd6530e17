//! A device that plays when it is told to, and what it hears.

use crate::{AudioNode, Mixer, lock};
use interfaces::{Errno, Result, Sample, SoundDevice};
use std::sync::{Arc, Mutex};
use std::task::Waker;
use std::time::{Duration, Instant};
use vfs::{File, Interest, Node};

const RATE: u32 = 48_000;
const LIMIT: Duration = Duration::from_secs(60);

/// Takes samples and keeps them; what is queued counts as played at once.
#[derive(Default)]
struct Recorder {
    heard: Mutex<Vec<Sample>>,
}

impl SoundDevice for Recorder {
    fn driver(&self) -> &'static str {
        "recorder"
    }

    fn rate(&self) -> u32 {
        RATE
    }

    fn rates(&self) -> &'static [u32] {
        &[RATE]
    }

    fn set_rate(&self, rate: u32) -> Result<()> {
        if rate == RATE { Ok(()) } else { Err(Errno::EINVAL) }
    }

    fn capacity(&self) -> usize {
        8_000
    }

    fn queued(&self) -> usize {
        0
    }

    fn write(&self, samples: &[Sample]) -> usize {
        lock(&self.heard).extend(samples);
        samples.len()
    }

    fn stop(&self) {}

    fn wake_on_room(&self, waker: &Waker) {
        waker.wake_by_ref();
    }
}

fn setup() -> (Arc<Recorder>, Arc<Mixer>) {
    let device = Arc::new(Recorder::default());
    let mixer = Mixer::start(Arc::clone(&device) as Arc<dyn SoundDevice>).expect("a thread");
    (device, mixer)
}

/// Waits until `count` samples were heard.
fn heard(device: &Recorder, count: usize) -> Vec<Sample> {
    let start = Instant::now();
    loop {
        let heard = lock(&device.heard).clone();
        if heard.len() >= count {
            return heard;
        }
        assert!(start.elapsed() < LIMIT, "{} of {count} samples", heard.len());
        std::thread::yield_now();
    }
}

fn ramp(count: i16) -> Vec<Sample> {
    (0..count).map(|value| [value, -value]).collect()
}

#[test]
fn a_stream_at_the_devices_rate_is_heard_as_it_is() {
    let (device, mixer) = setup();
    let stream = mixer.open(RATE).expect("a rate");
    stream.write_all(&ramp(30_000)).expect("not killed");
    stream.finish().expect("not killed");
    assert_eq!(heard(&device, 30_000), ramp(30_000));
}

#[test]
fn other_rates_keep_shape_and_length() {
    for rate in [8_000, 22_050, 44_100, 96_000, 384_000] {
        let (device, mixer) = setup();
        let stream = mixer.open(rate).expect("a rate");
        // A second of a ramp.
        let value = |index: u32| i16::try_from(u64::from(index) * 30_000 / u64::from(rate)).expect("small");
        let samples: Vec<Sample> = (0..rate).map(|index| [value(index); 2]).collect();
        stream.write_all(&samples).expect("not killed");
        stream.finish().expect("not killed");
        let heard = heard(&device, 47_990);
        assert!((47_990..=48_010).contains(&heard.len()), "{rate}: {}", heard.len());
        for (index, [left, right]) in heard.iter().enumerate().take(47_900) {
            let expected = i32::try_from(index * 30_000 / 48_000).expect("small");
            assert!((i32::from(*left) - expected).abs() <= 6 && left == right, "{rate}: {index}: {left}, {expected}");
        }
    }
}

#[test]
fn streams_are_added_and_cut_at_the_limits() {
    let (device, mixer) = setup();
    let (one, two) = (mixer.open(RATE).expect("a rate"), mixer.open(RATE).expect("a rate"));
    // Both are there before either is mixed: nothing is taken while the list is held.
    let lines = lock(&mixer.lines);
    assert_eq!((one.write(&[[20_000, -20_000], [1, 2]]), two.write(&[[20_000, -20_000], [10, 20]])), (2, 2));
    drop(lines);
    assert_eq!(heard(&device, 2), [[i16::MAX, i16::MIN], [11, 22]]);
}

#[test]
fn what_a_dropped_stream_holds_is_not_heard_but_that_of_a_closed_one_is() {
    let (device, mixer) = setup();
    let lines = lock(&mixer.lines);
    drop(lines);
    let kept = mixer.open(RATE).expect("a rate");
    assert_eq!(kept.write(&[[1, 1]; 100]), 100);
    kept.close();
    drop(kept);
    heard(&device, 100);
    let start = Instant::now();
    while !lock(&mixer.lines).is_empty() {
        assert!(start.elapsed() < LIMIT, "the line is not forgotten");
        std::thread::yield_now();
    }
}

#[test]
fn rates_that_nobody_has_are_refused() {
    let (_, mixer) = setup();
    assert!(mixer.open(0).is_none() && mixer.open(u32::MAX).is_none());
}

fn open(mixer: &Arc<Mixer>) -> Arc<dyn File> {
    AudioNode::new(Arc::clone(mixer)).open(true).expect("a stream")
}

/// Writes everything, as a blocking write does.
fn write(file: &Arc<dyn File>, bytes: &[u8]) {
    let mut rest = bytes;
    let start = Instant::now();
    while !rest.is_empty() {
        match file.write_at(0, rest) {
            Ok(count) => rest = &rest[count..],
            Err(Errno::EAGAIN) => std::thread::yield_now(),
            Err(error) => panic!("{error}"),
        }
        assert!(start.elapsed() < LIMIT, "{} bytes are left", rest.len());
    }
}

#[test]
fn the_file_takes_plain_samples_in_pieces_of_any_size() {
    let (device, mixer) = setup();
    let file = open(&mixer);
    let samples = ramp(20_000);
    let bytes: Vec<u8> = samples.iter().flatten().flat_map(|value| value.to_le_bytes()).collect();
    for piece in bytes.chunks(1021) {
        write(&file, piece);
    }
    file.sync().expect("not killed");
    assert_eq!(heard(&device, samples.len()), samples);
    assert!(file.poll(Interest { read: false, write: true }, None).writable);
}

#[test]
fn the_file_takes_what_a_wav_header_says() {
    let (device, mixer) = setup();
    let file = open(&mixer);
    let mut bytes = b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0".to_vec();
    bytes.extend(RATE.to_le_bytes());
    bytes.extend([0, 0, 0, 0, 2, 0, 16, 0]);
    bytes.extend(b"data\xff\xff\xff\xff");
    bytes.extend((0..1000i16).flat_map(i16::to_le_bytes));
    for byte in bytes {
        write(&file, &[byte]);
    }
    // Closing lets the rest be heard.
    drop(file);
    let expected: Vec<Sample> = (0..1000).map(|value| [value; 2]).collect();
    assert_eq!(heard(&device, 1000), expected);
}

#[test]
fn the_file_refuses_what_it_cannot_play() {
    let (_, mixer) = setup();
    let file = open(&mixer);
    assert_eq!(file.write_at(0, b"RIFF\0\0\0\0AVI "), Err(Errno::EINVAL));
    assert_eq!(file.read_at(0, &mut [0; 4]), Err(Errno::EBADF));
}
