//! Programs that use the network inside one machine: `std::net`, and the clients and tools at the shell.

#![forbid(unsafe_code)]

use yolk_tests::command::line;

#[test]
fn std_net_does_what_programs_rely_on() {
    let run = line(
        "selftest network && echo well
        selftest accept & kill $!; wait; echo killed
        selftest exit; echo [$?]",
    );
    let said = run.text();
    assert_eq!((run.status, run.error_text().as_str()), (0, ""), "{said}");
    assert!(said.ends_with("well\nkilled\n[7]\n"), "{said}");
}
