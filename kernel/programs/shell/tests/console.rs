//! Interactive sessions: a user at a terminal.

mod support;

use process::KillReason;
use support::{Console, Machine, wait_until};

#[test]
fn a_session_from_prompt_to_end_of_file() {
    let machine = Machine::new();
    let console = Console::new(&machine);
    console.expect("yolk:/$ ").types("echo hello\r").expect("echo hello\r\nhello\r\nyolk:/$ ");
    console.types("cd /tmp\r").expect("\r\nyolk:/tmp$ ");
    console.types("false\r").expect("\r\nyolk:/tmp [1]$ ");
    console.types("true\r").expect("\r\nyolk:/tmp$ ");
    console.types("\r").expect("\r\nyolk:/tmp$ ");
    console.types("\x04").expect("exit\r\n");
    assert_eq!(console.status(), 0);
    assert_eq!(machine.table.list().len(), 0);
}

#[test]
fn exit_ends_with_a_status() {
    let machine = Machine::new();
    let console = Console::new(&machine);
    console.types("exit 3\r");
    assert_eq!(console.status(), 3);
}

#[test]
fn editing_keys() {
    let machine = Machine::new();
    let console = Console::new(&machine);
    for (keys, output) in [
        ("echo ac\x1b[Db", "abc"),
        ("echo abx\x7fc", "abc"),
        ("xecho abc\x01\x1b[3~", "abc"),
        ("cho abc\x01e\x05d", "abcd"),
        ("echo abc def\x17xyz", "abc xyz"),
        ("junk\x15echo abc", "abc"),
        ("echo abc junk\x1b[1;5D\x0bd", "abc d"),
        ("echo one\x15\x19 two", "one two"),
        ("echo two\x1bbone \x05 three", "one two three"),
        ("echo a\x02\x02\x06b", "ba"),
        ("echo aéb\x02\x7fx", "axb"),
        ("echo 日本\x02x", "日x本"),
        ("echo one two\x1b\x7f\x1b\x7fb", "b"),
        ("echo \x16\t.", "."),
    ] {
        console.expect("yolk:/$ ").types(keys).types("\r").expect(&format!("\r\n{output}\r\n"));
    }
}

#[test]
fn what_the_screen_shows_while_editing() {
    let machine = Machine::new();
    let console = Console::of_size(&machine, 20, 6);
    console.expect("yolk:/$ ").types("echo 0123456789abcdef").expect_screen(&["yolk:/$ echo 0123456", "789abcdef"]);
    console.types("\x01X\x05\x1b[D\x7f").expect_screen(&["yolk:/$ Xecho 012345", "6789abcdf"]);
    console.types("\x15").expect_screen(&["yolk:/$ f"]);
    console.types("\x7f\x1b[3~echo 日日日日日日").expect_screen(&["yolk:/$ echo 日 日 日", "日 日 日"]);
    console.types("\r").expect_screen(&["yolk:/$ echo 日 日 日", "日 日 日", "日 日 日 日 日 日", "yolk:/$"]);
    console.types("abc\x0c").expect_screen(&["yolk:/$ abc"]);
    console.types("\x03").expect_screen(&["yolk:/$ abc^C", "yolk:/ [130]$"]);
}

#[test]
fn the_prompt_begins_a_line() {
    let machine = Machine::new();
    let console = Console::of_size(&machine, 20, 6);
    console.expect("yolk:/$ ").types("echo -n abc\r").expect_screen(&["yolk:/$ echo -n abc", "abc", "yolk:/$"]);
}

#[test]
fn a_line_of_exactly_the_width() {
    let machine = Machine::new();
    let console = Console::of_size(&machine, 20, 6);
    console.expect("yolk:/$ ").types("echo 1234567").expect_screen(&["yolk:/$ echo 1234567"]);
    console.types("\r").expect_screen(&["yolk:/$ echo 1234567", "1234567", "yolk:/$"]);
}

#[test]
fn history_goes_up_and_down() {
    let machine = Machine::new();
    let console = Console::new(&machine);
    console.types("echo one\recho two\r").expect("\r\ntwo\r\nyolk:/$ ");
    console.types("\x1b[A\r").expect("\r\ntwo\r\n");
    console.types("\x1b[A\x1b[A\r").expect("\r\none\r\n");
    console.types("draft\x10\x0e\x15echo kept\r").expect("\r\nkept\r\n");
    console.types("echo d\x1b[A\x1b[Braft\r").expect("\r\ndraft\r\n");
    console.types("history\r").expect("    1  echo one\r\n    2  echo two\r\n    3  echo one\r\n");
    assert!(machine.read("/.history").starts_with("echo one\necho two\necho one\necho kept\n"));
    let another = Console::new(&machine);
    another.types("\x1b[A\x1b[A\r").expect("\r\ndraft\r\n");
}

#[test]
fn history_is_searched_backwards() {
    let machine = Machine::new();
    let console = Console::new(&machine);
    console.types("echo first\recho second\recho third\r").expect("\r\nthird\r\nyolk:/$ ");
    console.types("\x12fir").expect_last_row("(search) 'fir': echo first");
    console.types("\r").expect("\r\nfirst\r\nyolk:/$ ");
    console.types("\x12echo\x12\x12\x05!\r").expect("\r\nsecond!\r\nyolk:/$ ");
    console.types("old\x12first\x07\x15echo new\r").expect("\r\nnew\r\n");
}

#[test]
fn tab_completes_commands_and_paths() {
    let machine = Machine::new();
    machine.output("mkdir -p /home/docs; touch /home/notes.txt '/home/nota bene' /bin/hello.wasm /home/.hid");
    let console = Console::of_size(&machine, 60, 12);
    for (keys, output) in [
        ("unam\t-r", "1.2.3"),
        ("hell\tx", "running /bin/hello.wasm x"),
        ("echo /ho\td\t", "/home/docs/"),
        ("cd /ho\t; pwd", "/home"),
        ("echo no\te\t", "notes.txt"),
        ("echo nota\t", "nota bene"),
        ("echo 'nota\t", "nota bene"),
        ("echo \"/home/nota\t", "/home/nota bene"),
        ("echo $HOME/bi\thello.w\t", "//bin/hello.wasm"),
        ("echo .h\t no\tt\t > /dev/nu\t; echo ok", "ok"),
        ("ls > /dev/nu\t && unam\t", "Yolk"),
    ] {
        console.expect("$ ").types(keys).types("\r").expect(&format!("\r\n{output}\r\n"));
    }
    console.expect("$ ").types("\x0cecho n\tx\x7f\t");
    console.expect_screen(&["yolk:/home$ echo not", "nota bene  notes.txt", "yolk:/home$ echo not"]);
    console.types("\x15zzz\t").expect("\x07");
}

#[test]
fn interrupt_at_the_prompt_abandons_the_line() {
    let machine = Machine::new();
    let console = Console::new(&machine);
    console.expect("yolk:/$ ").types("echo never\x03").expect("echo never^C\r\nyolk:/ [130]$ ");
    console.types("echo 'open\r").expect("\r\n> ").types("\x03").expect("^C\r\nyolk:/ [130]$ ");
    console.types("echo next\r").expect("\r\nnext\r\nyolk:/$ ");
}

#[test]
fn interrupt_ends_what_runs_in_the_foreground() {
    let machine = Machine::new();
    let console = Console::new(&machine);
    console.types("block; echo never\r");
    machine.wait_for_blocked(1);
    console.types("\x03").expect("^C\r\nyolk:/ [130]$ ");
    machine.wait_for_blocked(0);
    console.types("block | block | cat\r");
    machine.wait_for_blocked(2);
    console.types("\x03").expect("^C\r\nyolk:/ [130]$ ");
    machine.wait_for_blocked(0);
    console.types("cat\r").expect("cat\r\n").types("line\r").expect("line\r\nline\r\n");
    console.types("half\x03").expect("half^C\r\nyolk:/ [130]$ ");
    console.types("yes > /dev/null\r").expect("null\r\n");
    wait_until("yes", || machine.table.list().iter().any(|process| process.name() == "yes"));
    console.types("\x03").expect("^C\r\nyolk:/ [130]$ ");
    console.types("sh -c 'block; echo never'\r");
    machine.wait_for_blocked(1);
    console.types("\x03").expect("^C\r\nyolk:/ [130]$ ");
    console.types("echo done\r").expect("\r\ndone\r\n");
}

#[test]
fn interrupt_is_heeded_whenever_it_comes() {
    let machine = Machine::new();
    let console = Console::new(&machine);
    for _ in 0..50 {
        // Right behind the line: before, while or after its program starts.
        console.settle().types("block; echo never\r").expect("never\r\n").types("\x03").expect("[130]$ ");
    }
    machine.wait_for_blocked(0);
}

#[test]
fn end_of_file_ends_a_program_not_the_shell() {
    let machine = Machine::new();
    let console = Console::new(&machine);
    console.types("cat > /tmp/typed\r").expect("typed\r\n").types("one\rtwo\r\x04");
    console.expect("yolk:/$ ").types("cat /tmp/typed\r").expect("\r\none\r\ntwo\r\nyolk:/$ ");
}

#[test]
fn jobs_are_told_of() {
    let machine = Machine::new();
    let console = Console::new(&machine);
    console.types("block &\r").expect("[1] ");
    machine.wait_for_blocked(1);
    console.types("jobs\r").expect("[1] running  block\r\n");
    console.settle().types("wait\r").expect("wait\r\n").types("\x03").expect("[130]$ ");
    console.types("kill $!\r").expect("kill $!\r\n");
    machine.wait_for_blocked(0);
    console.types("wait\r").expect("wait\r\n").types("jobs\r").expect("jobs\r\nyolk:/$ ");
    console.types("block &\r").expect("[1] ").types("fg\r").expect("fg\r\nblock\r\n");
    machine.wait_for_blocked(1);
    console.types("\x03").expect("^C\r\nyolk:/ [130]$ ");
}

#[test]
fn interrupt_ends_loops() {
    let machine = Machine::new();
    let console = Console::new(&machine);
    for script in ["while :; do :; done", "until false; do true; done", "while true; do { (true) }; done | cat"] {
        console.settle().types(&format!("{script}\r")).expect("\r\n").types("\x03").expect("[130]$ ");
    }
    console.types("for i in 1 2; do block; done; echo never\r");
    machine.wait_for_blocked(1);
    console.types("\x03").expect("^C\r\nyolk:/ [130]$ ");
    console.types("(block; echo never)\r");
    machine.wait_for_blocked(1);
    console.types("\x03").expect("^C\r\nyolk:/ [130]$ ");
    machine.wait_for_blocked(0);
    console.types("echo never $(echo in; block); echo never\r");
    machine.wait_for_blocked(1);
    console.types("\x03").expect("^C\r\nyolk:/ [130]$ ");
    machine.wait_for_blocked(0);
    // A pattern that takes a while.
    console.types("X=$(seq 100000); echo ${X%$X$X$X$X$X$X$X$X}\r").expect("\r\n").types("\x03").expect("[130]$ ");
}

#[test]
fn read_takes_a_line_of_the_terminal() {
    let machine = Machine::new();
    let console = Console::new(&machine);
    console.types("read a b; echo \"<$b>\"\r").expect("\r\n").types("one two three\r").expect("\r\n<two three>\r\n");
    console.types("read a; echo never\r").expect("\r\n").types("half\x03").expect("^C\r\nyolk:/ [130]$ ");
    console.types("read a; echo $?\r").expect("\r\n").types("\x04").expect("1\r\nyolk:/$ ");
    console.types("echo x | while read a; do echo \"<$a>\"; done\r").expect("\r\n<x>\r\n");
}

#[test]
fn top_draws_until_it_is_left() {
    let machine = Machine::new();
    let console = Console::new(&machine);
    console.types("block & top -d 0.05\r").expect("CPU ").expect("COMMAND").expect("block").expect("\x1b[Hup ");
    console
        .types("x")
        .types("q")
        .expect("yolk:/$ ")
        .types("top -d 60\r")
        .expect("COMMAND")
        .types("\x03")
        .expect("yolk:/$ ");
    console.types("kill %1; cat\r").expect("\r\n").types("cooked\r").expect("cooked\r\ncooked\r\n").types("\x04");
    console.settle();
}

#[test]
fn kill_ends_a_job_by_its_number() {
    let machine = Machine::new();
    let console = Console::new(&machine);
    console.types("for i in 1; do block | block; done &\r").expect("[1] ");
    machine.wait_for_blocked(2);
    console.types("kill %1; wait %1\r").expect("yolk:/ [137]$ ");
    machine.wait_for_blocked(0);
}

#[test]
fn lines_are_joined_until_they_are_whole() {
    let machine = Machine::new();
    let console = Console::new(&machine);
    console.types("echo 'a\r").expect("> ").types("b'\r").expect("\r\na\r\nb\r\nyolk:/$ ");
    console.types("echo x |\r").expect("> ").types("cat\r").expect("\r\nx\r\n");
    console.types("echo c\\\r").expect("> ").types("d\r").expect("\r\ncd\r\n");
    console.types("if true\r").expect("> ").types("then\r").expect("> ").types("echo y\r").expect("> ");
    console.types("fi | cat\r").expect("\r\ny\r\nyolk:/$ ");
    console.types("for i in 1 2\r").expect("> ").types("do echo $i; done\r").expect("\r\n1\r\n2\r\nyolk:/$ ");
    console.types("cat << END\r").expect("> ").types("a\r").expect("> ").types("END\r").expect("\r\na\r\nyolk:/$ ");
    console.types("echo $(echo\r").expect("> ").types("b)\r").expect("b: command not found");
    console.types("echo ${x?gone}; echo never\r").expect("x: gone\r\nyolk:/ [2]$ ");
    console.types("while true\r").expect("> ").types("\x03").expect("^C\r\nyolk:/ [130]$ ");
    console.types("echo ;;\r").expect("syntax error: unexpected ;;\r\nyolk:/ [2]$ ");
}

#[test]
fn a_paste_of_many_lines_runs_them_all() {
    let machine = Machine::new();
    let console = Console::new(&machine);
    console.types("cat > /tmp/p\rfirst\rsecond\r\x04wc -l /tmp/p\recho end\r").expect("2 /tmp/p").expect("\r\nend\r\n");
    let long = "x".repeat(5000);
    console.types(&format!("echo {long} | wc -c\r")).expect("\r\n5001\r\n");
}

#[test]
fn a_program_cannot_leave_the_terminal_raw() {
    let machine = Machine::new();
    let console = Console::new(&machine);
    console.types("raw\r").expect("yolk:/$ ").types("cat\r").expect("cat\r\n");
    console.types("ok\r").expect("ok\r\nok\r\n").types("\x03").expect("[130]$ ");
}

#[test]
fn the_shell_outlives_a_panic_and_a_kill() {
    let machine = Machine::new();
    let console = Console::new(&machine);
    console.types("panic\r").expect("panic: ").expect("yolk:/ [134]$ ");
    console.types("block\r");
    machine.wait_for_blocked(1);
    let block = machine.table.list().into_iter().find(|process| process.name() == "block").unwrap();
    block.kill(KillReason::Kill);
    console.expect("block: killed").expect("yolk:/ [137]$ ");
}

#[test]
fn a_killed_shell_takes_its_foreground_along_and_restores_the_terminal() {
    let machine = Machine::new();
    let console = Console::new(&machine);
    console.types("block\r");
    machine.wait_for_blocked(1);
    console.shell.kill(KillReason::Kill);
    assert_eq!(console.status(), 137);
    machine.wait_for_blocked(0);
    wait_until("an empty table", || machine.table.list().is_empty());
}

#[test]
fn a_killed_shell_takes_its_background_along() {
    let machine = Machine::new();
    for script in ["block &\r", "block & block\r"] {
        let console = Console::new(&machine);
        console.settle().types(script);
        machine.wait_for_blocked(script.matches("block").count());
        console.shell.kill(KillReason::Kill);
        assert_eq!(console.status(), 137);
        machine.wait_for_blocked(0);
    }
}

#[test]
fn a_hangup_ends_the_shell_and_its_jobs() {
    let machine = Machine::new();
    for script in ["block &\r", "block\r", "block & block\r"] {
        let console = Console::new(&machine);
        console.settle().types(script);
        machine.wait_for_blocked(script.matches("block").count());
        let shell = console.hang_up();
        shell.wait_until(std::time::Instant::now() + support::LIMIT).expect("the shell ends");
        machine.wait_for_blocked(0);
    }
}

#[test]
fn terminal_commands() {
    let machine = Machine::new();
    let console = Console::new(&machine);
    console.types("stty size\r").expect("\r\n24 80\r\n");
    console.types("stty rows 50 cols 100; stty\r").expect("rows 50; columns 100; cooked\r\n");
    console.types("resize\r").expect("\x1b[6n").types("\x1b[30;90R").expect("30 90\r\n");
    console.types("ls /dev/tty /bin\r").expect("$ ");
}

#[test]
fn any_keys_are_survived() {
    let machine = Machine::new();
    let console = Console::of_size(&machine, 20, 6);
    let mut seed = 0x0bad_cafe_dead_beef_u64;
    let mut random = |limit: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed >> 11) as usize % limit
    };
    const KEYS: [&str; 32] = [
        "a",
        "é",
        "日",
        " ",
        "'",
        "\\",
        "$",
        "*",
        "/",
        "|",
        ";",
        "\t",
        "\x7f",
        "\x1b[A",
        "\x1b[B",
        "\x1b[C",
        "\x1b[D",
        "\x1b[3~",
        "\x01",
        "\x05",
        "\x0b",
        "\x15",
        "\x17",
        "\x19",
        "\x12",
        "\x0c",
        "\x16",
        "\x03",
        "\r",
        "\x1b",
        "\x1b[1;5C",
        "\u{301}",
    ];
    for _ in 0..300 {
        // Half of them while the shell edits, the others whenever they come.
        if random(2) == 0 {
            console.settle();
        }
        let keys: String = (0..20).map(|_| KEYS[random(KEYS.len())]).collect();
        console.types(&keys);
    }
    // Out of whatever is half typed, searched for, quoted or escaped.
    for _ in 0..4 {
        console.settle().types("\x03");
    }
    console.settle().types("echo alive\r").expect("\r\nalive\r\n");
}
