//! Every way in which the image boots reaches a prompt at which an app runs.

#![forbid(unsafe_code)]

use yolk::qemu::{Extra, Firmware, Options, Verdict};
use yolk_tests::machine::{Booted, from_disc, from_image};

/// Boots, greets and powers off.
fn assert_works(options: &Options) {
    let mut machine = Booted::to_prompt(options);
    assert_eq!(machine.command("hello a b"), "Hello, a!\nHello, b!\n");
    machine.console.send("poweroff\r");
    assert_eq!(machine.verdict(), Verdict::Done, "{}", machine.console.text());
}

#[test]
fn by_pvh() {
    assert_works(&from_image());
}

#[test]
fn from_a_disc_by_bios() {
    assert_works(&from_disc(Firmware::SeaBios));
}

#[test]
fn from_a_disc_by_uefi() {
    assert_works(&from_disc(Firmware::Ovmf));
}

#[test]
fn on_one_two_and_four_cpus() {
    for cpus in [1, 2, 4] {
        let mut machine = Booted::to_prompt(&Options { cpus, ..from_image() });
        let listed = machine.command("cat /proc/cpuinfo").matches("processor").count();
        assert_eq!(listed, cpus as usize, "{}", machine.console.text());
    }
}

#[test]
fn without_an_interval_timer() {
    assert_works(&Options { extras: vec![Extra::NoPit], ..from_image() });
}

#[test]
fn with_little_memory() {
    assert_works(&Options { memory_mib: 64, ..from_image() });
}

#[test]
fn with_memory_above_4_gib() {
    let mut machine = Booted::to_prompt(&Options { memory_mib: 6 << 10, ..from_image() });
    let text = machine.command("cat /proc/meminfo");
    let total =
        text.lines().find_map(|line| line.strip_prefix("MemTotal:")?.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    assert!(total.is_some_and(|kib| kib > 5 << 20), "{text}");
}
