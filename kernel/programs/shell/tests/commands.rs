//! The commands, as a script calls them.

mod support;

use process::KillReason;
use support::{Machine, wait_until};

/// Runs scripts that succeed quietly, one after the other on one machine.
fn check(machine: &Machine, scripts: &[(&str, &str)]) {
    for (script, expected) in scripts {
        assert_eq!(machine.output(script), *expected, "{script}");
    }
}

/// Runs scripts that fail: status and complaint.
fn check_failures(machine: &Machine, scripts: &[(&str, i32, &str)]) {
    for (script, status, complaint) in scripts {
        let (got_status, _, got_complaint) = machine.run(script);
        assert_eq!((got_status, got_complaint.as_str()), (*status, *complaint), "{script}");
    }
}

#[test]
fn cat_and_echo() {
    let machine = Machine::new();
    check(
        &machine,
        &[
            ("echo -n a; echo b", "ab\n"),
            ("echo -e 'a\\tb\\n\\x41\\c' x", "a\tb\nA"),
            ("echo -x -n", "-x -n\n"),
            ("echo -- a", "-- a\n"),
            ("echo one > /tmp/1; echo two > /tmp/2; cat /tmp/1 /tmp/2", "one\ntwo\n"),
            ("echo in | cat /tmp/1 - /tmp/2", "one\nin\ntwo\n"),
            ("cat /dev/null", ""),
        ],
    );
    let (status, output, errors) = machine.run("cat /none /tmp/1 /tmp");
    assert_eq!((status, output.as_str()), (1, "one\n"));
    assert_eq!(errors, "cat: /none: no such file or directory\ncat: /tmp: is a directory\n");
}

#[test]
fn ls_lists() {
    let machine = Machine::new();
    machine.output(
        "mkdir -p /d/sub; echo 12345 > /d/file; ln -s file /d/link; ln -s none /d/broken; touch /d/.dot /d/sub/x",
    );
    check(
        &machine,
        &[
            ("ls /d", "broken\nfile\nlink\nsub\n"),
            ("ls -a /d", ".\n..\n.dot\nbroken\nfile\nlink\nsub\n"),
            ("cd /d; ls -d sub file .", "sub\nfile\n.\n"),
            ("cd /d; ls file sub", "file\n\nsub:\nx\n"),
            ("ls -R /d", "/d:\nbroken\nfile\nlink\nsub\n\n/d/sub:\nx\n"),
            ("ls -l /d | wc -l", "4\n"),
            ("ls /d/broken", "/d/broken\n"),
        ],
    );
    let long = machine.output("ls -l /d");
    let lines: Vec<&str> = long.lines().collect();
    assert!(lines[0].starts_with("lrwxrwxrwx   1  4 2") && lines[0].ends_with(" broken -> none"), "{long}");
    assert!(lines[1].starts_with("-rw-r--r--   1  6 2") && lines[1].ends_with(" file"), "{long}");
    assert!(lines[3].starts_with("drwxr-xr-x   2 "), "{long}");
    check_failures(&machine, &[("ls /none /d/sub", 1, "ls: /none: no such file or directory\n")]);
}

#[test]
fn directories() {
    let machine = Machine::new();
    check(
        &machine,
        &[
            ("mkdir /a; mkdir -p /a /x/y/z /x/y/z; ls /x/y", "z\n"),
            ("cd /x/y; pwd; cd ..; pwd; cd -; cd; pwd", "/x/y\n/x\n/x/y\n/\n"),
            ("rmdir /x/y/z; ls /x/y", ""),
            ("mkdir -p rel/ative/; ls rel", "ative\n"),
        ],
    );
    check_failures(
        &machine,
        &[
            ("mkdir /a", 1, "mkdir: /a: file exists\n"),
            ("mkdir /n/o", 1, "mkdir: /n/o: no such file or directory\n"),
            ("touch /f; mkdir -p /f/x", 1, "mkdir: /f/x: not a directory\n"),
            ("rmdir /x", 1, "rmdir: /x: directory not empty\n"),
            ("mkdir", 2, "mkdir: a directory is missing\nusage: mkdir [-p] DIRECTORY...\n"),
        ],
    );
}

#[test]
fn copying_moving_linking_removing() {
    let machine = Machine::new();
    machine.output("mkdir -p /s/sub; echo a > /s/a; echo b > /s/sub/b; ln -s a /s/link; mkdir /t");
    check(
        &machine,
        &[
            ("cp /s/a /t; cp /s/a /t/other; cat /t/a /t/other", "a\na\n"),
            ("cp -r /s /t; ls /t/s /t/s/sub; cat /t/s/link", "/t/s:\na\nlink\nsub\n\n/t/s/sub:\nb\na\n"),
            ("cp -r /s /new; cat /new/sub/b", "b\n"),
            ("mv /new /moved; ls /moved", "a\nlink\nsub\n"),
            ("mv /t/a /t/other /moved; ls /moved", "a\nlink\nother\nsub\n"),
            ("ln /s/a /hard; echo more >> /hard; cat /s/a", "a\nmore\n"),
            ("ln -s /s/a /soft; cat /soft; ln -sf /s/sub/b /soft; cat /soft", "a\nmore\nb\n"),
            ("rm /soft /hard; rm -r /moved; rm -f /none; rm -rf /t; ls /", "bin\ndev\nproc\ns\ntmp\n"),
            ("cat /s/sub/b", "b\n"),
        ],
    );
    check_failures(
        &machine,
        &[
            ("cp /s /x", 1, "cp: /s to /x: is a directory\n"),
            ("cp /s/a /s/a", 1, "cp: /s/a to /s/a: invalid argument\n"),
            ("cp -r /s /s/in", 1, "cp: /s to /s/in: invalid argument\n"),
            ("cp /s/a /s/sub/b /s/a", 1, "cp: /s/a: not a directory\n"),
            ("cp x", 2, "cp: a source and a target are wanted\nusage: cp [-r] SOURCE... TARGET\n"),
            ("mv /none /x", 1, "mv: /none to /x: no such file or directory\n"),
            ("rm /s", 1, "rm: /s: is a directory; rm -r removes it\n"),
            ("rm -rf / . ..", 1, "rm: /: invalid argument\nrm: .: invalid argument\nrm: ..: invalid argument\n"),
            ("rm /none", 1, "rm: /none: no such file or directory\n"),
            ("ln /none /x", 1, "ln: /none to /x: no such file or directory\n"),
        ],
    );
    assert_eq!(machine.output("mv /s/sub /dev/null 2>&1 || echo kept; ls /s").lines().last(), Some("sub"));
}

#[test]
fn text() {
    let machine = Machine::new();
    machine.output("seq 20 > /n; echo -e 'b 2\\na 10\\nc 1\\na 10' > /w; echo -n unfinished > /u");
    check(
        &machine,
        &[
            ("head -n 2 /n; head -3 /n | tail -1", "1\n2\n3\n"),
            ("tail -2 /n; tail -n 1 /u", "19\n20\nunfinished"),
            ("head /n | wc -l; head -c 3 /n; tail -c 3 /n", "10\n1\n220\n"),
            ("head -n 1 /n /w", "==> /n <==\n1\n\n==> /w <==\nb 2\n"),
            ("wc /w", "      4      8     18 /w\n"),
            ("wc -l /n /w", "20 /n\n4 /w\n24 total\n"),
            ("echo a b | wc -w; wc -c < /u", "2\n10\n"),
            ("sort /w", "a 10\na 10\nb 2\nc 1\n"),
            ("sort -u /w; sort -r /w | head -n 1", "a 10\nb 2\nc 1\nc 1\n"),
            ("seq 9 11 | sort; seq 9 11 | sort -n; seq 9 11 | sort -nr", "10\n11\n9\n9\n10\n11\n11\n10\n9\n"),
            ("grep '^a' /w; grep -c a /w /n; grep -n c /w", "a 10\na 10\n/w:2\n/n:0\n3:c 1\n"),
            (
                "grep -v a /w; grep -i B /w; grep -l 2 /n /w; grep -F '1' /w | head -n 1",
                "b 2\nc 1\nb 2\n/n\n/w\na 10\n",
            ),
            ("grep -q a /w && echo found; grep -E '(b|c) [0-9]$' /w", "found\nb 2\nc 1\n"),
            ("echo x | tee /1 /2 | cat; echo y | tee -a /1 > /dev/null; cat /1 /2", "x\nx\ny\nx\n"),
            ("seq 3; seq 2 4; seq 5 -2 1; seq 3 1", "1\n2\n3\n2\n3\n4\n5\n3\n1\n"),
            ("yes | head -n 2; yes a b | head -n 1", "y\ny\na b\n"),
            (
                "echo -n 'Hexadecimal\x01 dump' | hexdump",
                "00000000  48 65 78 61 64 65 63 69  6d 61 6c 01 20 64 75 6d  |Hexadecimal. dum|\n\
                 00000010  70                                                |p|\n00000011\n",
            ),
        ],
    );
    check_failures(
        &machine,
        &[
            ("grep none /n", 1, ""),
            (
                "grep '(' /n",
                2,
                "grep: (: found open group without closing ')'\nusage: grep [-icvnlqhF] PATTERN [FILE...]\n",
            ),
            ("grep x /none", 2, "grep: /none: no such file or directory\n"),
            ("head -n x /n", 2, "head: x is not a number\nusage: head [-n LINES | -c BYTES] [FILE...]\n"),
            ("seq 1 0 2", 2, "seq: the step must not be 0\nusage: seq [FIRST [STEP]] LAST\n"),
        ],
    );
}

#[test]
fn facts_on_the_machine() {
    let machine = Machine::new();
    machine.output("touch /bin/hello.wasm");
    check(
        &machine,
        &[
            ("uname; uname -r; uname -a", "Yolk\n1.2.3\nYolk yolk 1.2.3 x86_64\n"),
            ("dmesg", "booted\n"),
            ("mount", "ramfs on /\ndevfs on /dev\nproc on /proc\n"),
            (
                "free",
                "               total           used           free\nMem:        67108864       16777216       50331648\n",
            ),
            ("free -h | tail -n 1", "Mem:             64M            16M            48M\n"),
            ("df -h | tail -n 3 | head -n 1", "ramfs                1.0M         512K         512K  50%  /\n"),
            ("cpuinfo | grep -c 'Test CPU'", "2\n"),
            ("which cd ls hello", "cd: part of the shell\nls: part of the system\n/bin/hello.wasm\n"),
            ("loadkeys de", ""),
            ("date +%Y | wc -c; date | grep -c UTC", "5\n1\n"),
            ("uptime | grep -c '^up [0-9]'", "1\n"),
            ("clear", "\x1b[H\x1b[2J\x1b[3J"),
        ],
    );
    check_failures(
        &machine,
        &[
            ("which none", 1, ""),
            ("loadkeys xx", 1, "loadkeys: xx: invalid argument\n"),
            ("date +%Q", 2, "date: %Q is no format\nusage: date [+FORMAT]\n"),
            ("poweroff", 1, "poweroff: this machine stays on: operation not permitted\n"),
            ("reboot", 1, "reboot: this machine stays on: operation not permitted\n"),
            ("resize", 1, "resize: not a terminal\n"),
            ("stty", 1, "stty: not a terminal\n"),
        ],
    );
}

#[test]
fn files_and_times() {
    let machine = Machine::new();
    check(
        &machine,
        &[
            ("touch /f; touch -c /g; ls /f /g 2> /dev/null || true", "/f\n"),
            (
                "touch /m; chmod 600 /m; ls -l /m | grep -c '^-rw-------'; chmod 0755 /m /f; ls -l /m /f | grep -c rwxr-xr-x",
                "1\n2\n",
            ),
            ("stat /f | head -n 2", "  File: /f\n  Size: 0  Allocated: 0  regular file\n"),
            ("ln -s /f /l; stat /l | grep -c 'symbolic link'; stat -L /l | grep -c 'regular file'", "1\n1\n"),
        ],
    );
    check_failures(
        &machine,
        &[
            ("stat /none", 1, "stat: /none: no such file or directory\n"),
            ("chmod 600 /none", 1, "chmod: /none: no such file or directory\n"),
            ("chmod u+x /f", 2, "chmod: u+x: a mode is octal, for instance 644\nusage: chmod MODE FILE...\n"),
            ("chmod 644", 2, "chmod: missing a file\nusage: chmod MODE FILE...\n"),
            ("chmod 17777 /f", 2, "chmod: 17777: a mode is octal, for instance 644\nusage: chmod MODE FILE...\n"),
        ],
    );
}

#[test]
fn top_prints_pictures() {
    let machine = Machine::new();
    assert_eq!(machine.output("top -d 0.01 -n 3 | grep -c '^CPU'"), "3\n");
    let picture = machine.output("sleep 60 & top -d 0.01; kill $!");
    for part in [
        "up 0:00:0",
        " processes, ",
        "\nCPU ",
        "% busy, each ",
        "\nMem 64M in all, 16M used, 48M free\n",
        "  sleep 60\n",
    ] {
        assert!(picture.contains(part), "{part}: {picture}");
    }
    check_failures(
        &machine,
        &[
            ("top -d 0", 2, "top: 0 is no number of seconds above 0\nusage: top [-d SECONDS] [-n COUNT]\n"),
            ("top -n 0", 2, "top: -n wants a number above 0\nusage: top [-d SECONDS] [-n COUNT]\n"),
        ],
    );
}

#[test]
fn processes_and_environment() {
    let machine = Machine::new();
    check(
        &machine,
        &[
            ("env A=1 B=2 env | grep -E '^(A|B)='", "A=1\nB=2\n"),
            ("env -i A=1", "A=1\n"),
            ("env A=b sh -c 'echo $A $0'", "b sh\n"),
            ("ps | grep -c ' ps$'", "1\n"),
            ("sleep 0; sleep 0.001; sleep 0s", ""),
            ("true --help; true x", ""),
        ],
    );
    let (status, output, errors) = machine.run("time sh -c 'echo x; exit 4'");
    assert_eq!((status, output.as_str()), (4, "x\n"));
    assert!(errors.starts_with("real ") && errors.contains("\ncpu  "), "{errors}");
    check_failures(
        &machine,
        &[
            ("env none", 1, "env: none: command not found\n"),
            ("sleep x", 2, "sleep: x is no time\nusage: sleep SECONDS...\n"),
            (
                "kill",
                2,
                "kill: a process number is missing; ps lists them\nusage: kill [-SIGNAL | -s SIGNAL] PID|%JOB...\n",
            ),
            ("sleep 1000 & kill -s INT $!; wait $!", 130, ""),
            ("sleep 1000 & kill -9 $!; wait $!", 137, ""),
        ],
    );
}

#[test]
fn a_closed_pipe_ends_a_command_without_a_word() {
    let machine = Machine::new();
    assert_eq!(machine.run("seq 1000000 | true"), (0, String::new(), String::new()));
    let (status, _, errors) = machine.run("sh -c 'yes; echo $? >&2' | head -n 1");
    assert_eq!((status, errors.as_str()), (0, "141\n"));
}

/// Runs a script aside and, when `look` is content with the log, ends it; its processes are gone then.
fn respawn(machine: &Machine, command: &str, look: impl Fn(&str) -> bool) {
    let runner = machine.start(&format!("respawn -l /tmp/log {command}; true"));
    wait_until("such a log", || look(&machine.run("cat /tmp/log").1));
    let respawn = machine.table.list().into_iter().find(|process| process.name() == "respawn").expect("it runs");
    respawn.kill(KillReason::Kill);
    runner.wait().unwrap();
    wait_until("end of all processes", || machine.table.list().is_empty());
}

#[test]
fn respawn_starts_again_what_ends() {
    let machine = Machine::new();
    let (status, _, complaint) = machine.run("respawn /bin/none");
    assert_eq!((status, complaint.as_str()), (1, "respawn: /bin/none: command not found\n"));
    assert_eq!(machine.run("respawn -l /none/log true").0, 1);
    machine.write("/tmp/fail", "echo one life; echo of trouble >&2; exit 3");
    let two = "one life\nof trouble\nrespawn: sh: exited with status 3; again in 1 s\n\
               one life\nof trouble\nrespawn: sh: exited with status 3; again in 2 s\n";
    respawn(&machine, "sh /tmp/fail", |log| log == two);
    // The log goes on, and so does a command that does not end until it is killed with its keeper.
    respawn(&machine, "sh -c 'echo here; sleep 1000'", |log| log == format!("{two}here\n"));
}

#[test]
fn the_log_of_respawn_has_a_bound() {
    let machine = Machine::new();
    respawn(&machine, "yes a line of some length that fills the log", |_| {
        machine.output("ls /tmp").contains("log.1") && machine.read("/tmp/log").len() > 100_000
    });
    let full = machine.read("/tmp/log.1").len();
    assert!((256 * 1024..300_000).contains(&full), "{full}");
    assert!(machine.read("/tmp/log").len() < 300_000);
}
