//! Scripts: the language as `sh -c` runs it.

mod support;

use support::Machine;

#[test]
fn words_quotes_and_variables() {
    let machine = Machine::new();
    for (script, expected) in [
        ("echo a   b", "a b\n"),
        ("echo 'a   b' \"c  d\" e\\ \\ f", "a   b c  d e  f\n"),
        ("X='1 2'; echo $X \"$X\" '$X' \\$X ${X}y", "1 2 1 2 $X $X 1 2y\n"),
        ("echo a\"b\"'c'd", "abcd\n"),
        ("echo '' | wc -c", "1\n"),
        ("echo \"\" x", " x\n"),
        ("X=; echo $X y", "y\n"),
        ("echo # not this", "\n"),
        ("echo a#b", "a#b\n"),
        ("echo \"a\\\"b\\$c\\d\"", "a\"b$c\\d\n"),
        ("echo a\\\nb", "ab\n"),
        ("echo $ $1x \"$\"", "$ x $\n"),
        ("false; echo $?; echo $?", "1\n0\n"),
        ("echo ~ ~/x a~ '~'", "/ /x a~ ~\n"),
        ("Y=~/q; echo $Y", "/q\n"),
        ("X=a env X=b env | grep X=", "X=b\n"),
        ("X=inner env | grep X=", "X=inner\n"),
        ("X=own; env | grep -c X=; true", "0\n"),
        ("X=out; export X; env | grep X=", "X=out\n"),
        ("export X=v; unset X; echo \"[$X]\"", "[]\n"),
        ("echo é日", "é日\n"),
    ] {
        assert_eq!(machine.output(script), expected, "{script}");
    }
}

#[test]
fn lists_and_statuses() {
    let machine = Machine::new();
    for (script, status, expected) in [
        ("true && echo yes", 0, "yes\n"),
        ("false && echo yes", 1, ""),
        ("false || echo no", 0, "no\n"),
        ("false && echo a || echo b", 0, "b\n"),
        ("true || echo a && echo b", 0, "b\n"),
        ("false; true", 0, ""),
        ("! true", 1, ""),
        ("! false && echo x", 0, "x\n"),
        ("exit 3", 3, ""),
        ("echo a; exit 300; echo b", 44, "a\n"),
        ("false; exit", 1, ""),
        ("set -e; echo a; false; echo b", 1, "a\n"),
        ("set -e; false || true; ! true; false && true; echo b", 0, "b\n"),
        ("false | true", 0, ""),
        ("true | false", 1, ""),
        ("echo a\n\n\necho b\n", 0, "a\nb\n"),
        ("echo a |\n cat &&\n\necho b", 0, "a\nb\n"),
        ("true &", 0, ""),
        ("false & wait", 0, ""),
        ("false & wait $!", 1, ""),
    ] {
        assert_eq!(machine.run(script), (status, expected.into(), String::new()), "{script}");
    }
}

/// Scripts that mean the same to every POSIX shell: see also `posix.rs`.
#[test]
fn set_e_heeds_who_reacts() {
    let machine = Machine::new();
    for (script, status, expected) in [
        ("set -e; if false; then echo a; fi; echo b", 0, "b\n"),
        ("set -e; while false; do :; done; until true; do :; done; echo b", 0, "b\n"),
        ("set -e; for i in 1 2; do echo $i; false; done; echo b", 1, "1\n"),
        ("set -e; { false; echo a; } || echo b", 0, "a\n"),
        ("set -e; { false; echo a; } && echo b", 0, "a\nb\n"),
        ("set -e; ! { false; echo a; }; echo b", 0, "a\nb\n"),
        ("set -e; (echo a; false; echo b); echo c", 1, "a\n"),
        ("set -e; case x in x) false;; esac; echo a", 1, ""),
        ("set -e; f() { false; echo a; }; if f; then echo b; fi; f", 1, "a\nb\n"),
    ] {
        assert_eq!(machine.run(script), (status, expected.into(), String::new()), "{script}");
    }
}

#[test]
fn nesting_does_not_take_all_stack() {
    let machine = Machine::new();
    let deep = |depth: usize| format!("{}echo in{}", "if true; then ".repeat(depth), "; fi".repeat(depth));
    assert_eq!(machine.output(&deep(50)), "in\n");
    let (status, output, errors) = machine.run(&deep(51));
    assert_eq!((status, output.as_str()), (2, ""), "{errors}");
    machine.write("/again.sh", "N=x$N; . /again.sh; echo $?");
    let (status, output, errors) = machine.run(". /again.sh");
    assert_eq!((status, output.lines().count()), (0, 100));
    assert!(output.starts_with("1\n0\n"), "{output}");
    assert_eq!(errors, "commands and scripts are nested more than 100 deep\n");
}

#[test]
fn pipelines_run_side_by_side() {
    let machine = Machine::new();
    assert_eq!(machine.output("seq 1000000 | head -n 2"), "1\n2\n");
    assert_eq!(machine.output("yes | head -n 3 | wc -l"), "3\n");
    assert_eq!(machine.output("seq 50000 | tee /tmp/copy | wc -l"), "50000\n");
    assert_eq!(machine.output("wc -l < /tmp/copy"), "50000\n");
    assert_eq!(machine.output("cd /tmp | cat; pwd"), "/\n", "a builtin in a pipeline changes a subshell");
    assert_eq!(machine.output("export A=1 | cat; echo [$A]"), "[]\n");
    assert_eq!(machine.output("echo x | X=1 cat"), "x\n");
}

#[test]
fn redirections() {
    let machine = Machine::new();
    assert_eq!(machine.output("echo one > /tmp/a; echo two >> /tmp/a; cat < /tmp/a"), "one\ntwo\n");
    assert_eq!(machine.output("> /tmp/a; cat /tmp/a"), "");
    assert_eq!(machine.run("cat /none 2> /tmp/err; cat /tmp/err").1, "cat: /none: no such file or directory\n");
    assert_eq!(machine.run("cat /none 2>&1 | wc -l").1, "1\n");
    assert_eq!(machine.run("cat /none > /tmp/both 2>&1; cat /tmp/both").1, "cat: /none: no such file or directory\n");
    assert_eq!(machine.run("cat /none 2>&1 > /tmp/empty").1, "cat: /none: no such file or directory\n");
    assert_eq!(machine.output("echo hidden 2> /dev/null >&2; echo x 3> /tmp/3 >&3; cat /tmp/3"), "x\n");
    assert_eq!(machine.output("pwd > /tmp/pwd; cat /tmp/pwd"), "/\n");
    assert_eq!(machine.output("F='/tmp/with blank'; echo x > $F; cat \"$F\""), "x\n");
    let (status, output, errors) = machine.run("echo x > /none/file; echo $?");
    assert_eq!((status, output.as_str()), (0, "1\n"));
    assert_eq!(errors, "/none/file: no such file or directory\n");
    assert_eq!(machine.run("cat < /none | cat").0, 0);
    assert_eq!(machine.run("echo x >&7"), (1, String::new(), "7: bad file descriptor\n".into()));
}

#[test]
fn patterns() {
    let machine = Machine::new();
    machine.output("mkdir -p /d/x /d/y; touch /d/a.rs /d/b.rs /d/c.txt /d/.hidden /d/x/1 /d/y/2 '/d/[z]'");
    for (script, expected) in [
        ("cd /d; echo *", "[z] a.rs b.rs c.txt x y\n"),
        ("cd /d; echo *.rs ?.txt [ab].rs", "a.rs b.rs c.txt a.rs b.rs\n"),
        ("echo /d/*/*", "/d/x/1 /d/y/2\n"),
        ("echo /d/*/", "/d/x/ /d/y/\n"),
        ("cd /d; echo .h* */1", ".hidden x/1\n"),
        ("cd /d; echo '*' \\* \"?\" *.none", "* * ? *.none\n"),
        ("cd /d; P='*.rs'; echo $P \"$P\"", "a.rs b.rs *.rs\n"),
        ("cd /d; echo [[]z]", "[z]\n"),
        ("cd /d; X=*; echo \"$X\"", "*\n"),
    ] {
        assert_eq!(machine.output(script), expected, "{script}");
    }
}

#[test]
fn errors_say_what_and_what_next() {
    let machine = Machine::new();
    machine.write("/tmp/data", "");
    for (script, status, errors) in [
        ("frobnicate", 127, "frobnicate: command not found; try help\n"),
        ("/bin/none", 127, "/bin/none: no such file or directory\n"),
        ("/tmp", 126, "/tmp: is a directory; cd goes there\n"),
        ("/tmp/data", 126, "/tmp/data: not an executable; executables end in .wasm, .sh\n"),
        ("echo 'open", 2, "syntax error: ' missing at the end\n"),
        ("echo |", 2, "syntax error: a command missing at the end\n"),
        ("| echo", 2, "syntax error: unexpected |\n"),
        ("echo ;; echo", 2, "syntax error: unexpected ;;\n"),
        ("echo (x)", 2, "syntax error: unexpected x\n"),
        ("f() echo", 2, "syntax error: f() wants a compound command, for instance { ...; }\n"),
        ("cd() { :; }", 1, "cd() cannot be defined: cd is a builtin\n"),
        ("return", 1, "return: there is no function and no script of . around it\n"),
        ("f() { f; }; f", 1, "commands and scripts are nested more than 100 deep\n"),
        ("if true; then echo", 2, "syntax error: fi missing at the end\n"),
        ("while true; done", 2, "syntax error: unexpected done\n"),
        ("break", 1, "break: there is no loop around it\n"),
        ("for i in 1; do break x; done", 2, "usage: break [COUNT]\n"),
        ("[ a", 2, "[: ] is missing at the end\nusage: [ EXPRESSION ]\n"),
        ("[ 1 -eq x ]", 2, "[: x is not a number\nusage: [ EXPRESSION ]\n"),
        (
            "test a b c d e",
            2,
            "test: too many arguments; && and || of the shell join expressions\nusage: test EXPRESSION\n",
        ),
        ("kill %3", 1, "kill: %3: no such job; try jobs\n"),
        (
            "kill",
            2,
            "kill: a process number is missing; ps lists them\nusage: kill [-SIGNAL | -s SIGNAL] PID|%JOB...\n",
        ),
        ("echo ${a b}", 2, "syntax error: ${a b} is not a variable\n"),
        ("echo ${a", 2, "syntax error: } missing at the end\n"),
        ("echo ${:-a}", 2, "syntax error: ${:-a} is not a variable\n"),
        ("echo $(", 2, "syntax error: ) missing at the end\n"),
        ("echo $((1", 2, "syntax error: )) missing at the end\n"),
        ("echo `echo 'a`", 2, "syntax error: ' missing before `\n"),
        ("echo $((1 +)); echo no", 2, "a number or a name is missing at the end of 1 +\n"),
        ("X=abc; echo $((X)); echo no", 2, "X: abc is not a number\n"),
        ("echo $((1 / 0)); echo no", 2, "division by 0\n"),
        ("echo ${x:?}; echo no", 2, "x: is not set\n"),
        ("echo ${x:?give a name}; echo no", 2, "x: give a name\n"),
        ("echo ${1:=a}; echo no", 2, "1: only a variable can be set\n"),
        ("set -u; echo $x; echo no", 2, "x: is not set\n"),
        ("set -u; echo $((x)); echo no", 2, "x: is not set\n"),
        ("echo \"$(cat <<X)\"\nX", 2, "syntax error: a here-document has to end before )\n"),
        ("local x=1", 1, "local: there is no function around it\n"),
        ("read 1x", 2, "usage: read [-r] [NAME...]\n"),
        ("f() { : $(f); }; f", 0, "commands and scripts are nested more than 100 deep\n"),
        ("echo >", 2, "syntax error: a file name is missing behind >\n"),
        ("cat << x", 2, "syntax error: the end of a here-document missing at the end\n"),
        ("cat <> x", 2, "syntax error: <> is not known here; use < or >\n"),
        ("cd /none", 1, "cd: /none: no such file or directory\n"),
        ("cd /tmp/data", 1, "cd: /tmp/data: not a directory\n"),
        ("export 1x=2", 1, "export: 1x cannot be a variable's name\n"),
        ("fg", 1, "fg: no such job: %; try jobs\n"),
        ("ls -Q", 2, "ls: there is no option -Q\nusage: ls [-alhR1d] [FILE...]\n"),
        ("kill 99999", 1, "kill: 99999: no such process\n"),
        (
            "kill -WHAT 1",
            2,
            "kill: WHAT is none of HUP INT QUIT KILL TERM\nusage: kill [-SIGNAL | -s SIGNAL] PID|%JOB...\n",
        ),
    ] {
        assert_eq!(machine.run(script), (status, String::new(), errors.into()), "{script}");
    }
}

#[test]
fn files_run_by_name() {
    let machine = Machine::new();
    machine.output("mkdir /home; touch /bin/hello.wasm /home/mine.wasm; echo 'echo script $1 $#' > /bin/greet.sh");
    for (script, status, expected) in [
        ("hello a 'b c'", 7, "running /bin/hello.wasm a b c\n"),
        ("hello.wasm", 7, "running /bin/hello.wasm\n"),
        ("/bin/hello.wasm x", 7, "running /bin/hello.wasm x\n"),
        ("/bin/hello", 7, "running /bin/hello.wasm\n"),
        ("cd /home; ./mine.wasm", 7, "running ./mine.wasm\n"),
        ("PATH=/home:/bin; mine; hello", 7, "running /home/mine.wasm\nrunning /bin/hello.wasm\n"),
        ("greet one two", 0, "script one 2\n"),
        ("sh /bin/greet.sh x", 0, "script x 1\n"),
        (". /bin/greet.sh", 0, "script 0\n"),
    ] {
        assert_eq!(machine.run(script), (status, expected.into(), String::new()), "{script}");
    }
}

#[test]
fn script_arguments() {
    let machine = Machine::new();
    machine.write("/s.sh", "echo $0 $1 $#\nshift\necho \"$@\" | cat\nset -- 'x y' z\nls \"$@\"\nexit 5\n");
    let (status, output, errors) = machine.run_with_input(&["/s.sh", "a", "b", "c"], "");
    assert_eq!((status, output.as_str()), (5, "/s.sh a 3\nb c\n"));
    assert_eq!(errors, "ls: x y: no such file or directory\nls: z: no such file or directory\n");
    assert_eq!(machine.run_with_input(&["-c", "echo $0 $1", "name", "one"], "").1, "name one\n");
    assert_eq!(machine.run_with_input(&["-e", "-c", "false; echo x"], "").0, 1);
    assert_eq!(machine.run_with_input(&["/none.sh"], "").0, 127);
    assert_eq!(machine.run_with_input(&["-z"], "").0, 2);
    assert_eq!(machine.run_with_input(&["-c"], "").0, 2);
}

#[test]
fn a_script_on_standard_input_shares_it_with_its_commands() {
    let machine = Machine::new();
    let (status, output, _) = machine.run_with_input(&[], "echo a\necho 'b\nc' &&\nfalse");
    assert_eq!((status, output.as_str()), (1, "a\nb\nc\n"));
    let (status, output, _) = machine.run_with_input(&[], "echo one\ncat\nx\ny\n");
    assert_eq!((status, output.as_str()), (0, "one\nx\ny\n"));
}

#[test]
fn a_panic_ends_only_its_program() {
    let machine = Machine::new();
    let (status, output, _) = machine.run("panic; echo $?; panic | cat; echo here");
    assert_eq!((status, output.as_str()), (0, "134\nhere\n"));
}

#[test]
fn jobs_in_the_background() {
    let machine = Machine::new();
    assert_eq!(machine.output("echo a > /tmp/x & wait; cat /tmp/x"), "a\n");
    assert_eq!(machine.output("false && true & wait $!; echo $?"), "1\n");
    assert_eq!(machine.output("cat & wait; echo end"), "end\n", "its input is at its end");
    assert_eq!(machine.run("block & kill $!; wait $!").0, 137);
    assert_eq!(machine.run("block & kill -INT $!; wait $!").0, 130);
    assert_eq!(machine.output("block & true & kill -s INT %1; wait %1; echo $?; wait"), "130\n");
    assert_eq!(machine.output("for i in 1 2; do echo $i > /tmp/loop$i; done & wait; cat /tmp/loop*"), "1\n2\n");
    machine.wait_for_blocked(0);
}

#[test]
fn memory_of_jobs_does_not_grow() {
    let machine = Machine::new();
    let script = "true & true | true\n".repeat(500) + "wait; jobs";
    assert_eq!(machine.output(&script), "");
    assert_eq!(machine.table.list().len(), 0);
}

#[test]
fn a_script_cannot_take_all_memory() {
    let machine = Machine::new();
    let doubling = "X=$X$X\n".repeat(60);
    let (status, output, errors) = machine.run(&format!("X=12345678; {doubling}echo still here"));
    assert_eq!((status, output.as_str()), (0, "still here\n"));
    assert!(errors.starts_with("words: argument list too long\n"), "{errors}");
    let many: String = (0..100).map(|n| format!("X{n}=$X\n")).collect();
    let half = "X=$X$X\n".repeat(16);
    let (_, output, errors) = machine.run(&format!("X=12345678; {half}{many}echo still here"));
    assert_eq!(output, "still here\n");
    assert!(errors.contains("variables: out of memory\n"), "{errors}");
    assert_eq!(machine.run("X=12345678; true $X | echo x").0, 0);
    for endless in ["X=$(yes)", "echo $(cat /dev/zero)", "echo \"`yes`\""] {
        let (_, output, errors) = machine.run(&format!("{endless}; echo still here"));
        assert_eq!((output.as_str(), errors.as_str()), ("still here\n", "commands in words: argument list too long\n"));
    }
    assert_eq!(machine.output("X=$(seq 20000); Y=${X%%1*9*}; echo ${#Y}"), "0\n");
    let pattern = format!("/m/{}", "*/../".repeat(30));
    let (status, output, errors) = machine.run(&format!("mkdir -p /m/x /m/y /m/z; echo {pattern}"));
    assert_eq!((status, output.as_str(), errors.as_str()), (1, "", "words: argument list too long\n"));
    for command in ["sort", "tail", "tail -c 999999999", "grep x", "head -n 1"] {
        let (status, _, errors) = machine.run(&format!("cat /dev/zero | {command} > /dev/null"));
        let name = command.split(' ').next().unwrap();
        assert_eq!((status, errors), (1, format!("{name}: out of memory\n")), "{command}");
    }
    assert_eq!(machine.run_with_input(&[], &"x".repeat(1000 * 1000)).0, 2);
    assert_eq!(machine.run(&format!("echo {}", "x ".repeat(400_000))).0, 2);
}

#[test]
fn help_knows_every_command() {
    let machine = Machine::new();
    let listing = machine.output("help");
    for name in ["cd", "exit", "ls", "poweroff", "sh", "run"] {
        assert!(listing.lines().any(|line| line.starts_with(&format!("{name} "))), "{name}: {listing}");
    }
    for line in listing.lines().filter(|line| !line.ends_with('.')) {
        let name = line.split(' ').next().unwrap();
        let text = machine.output(&format!("help {name}"));
        assert!(text.starts_with("usage: "), "{text}");
    }
    assert_eq!(machine.run("help none").0, 1);
}

#[test]
fn any_text_is_survived() {
    let machine = Machine::new();
    let mut seed = 0x0123_4567_89ab_cdef_u64;
    let mut random = |limit: usize| {
        seed ^= seed << 13;
        seed ^= seed >> 7;
        seed ^= seed << 17;
        (seed >> 11) as usize % limit
    };
    const PIECES: [&str; 55] = [
        "if ",
        "then ",
        "fi",
        "for x in ",
        "do ",
        "done",
        "case ",
        "esac",
        ";;",
        "{ ",
        "( ",
        ")",
        "true",
        "false",
        " ",
        "\n",
        ";",
        "&&",
        "||",
        "|",
        "'",
        "\"",
        "\\",
        "$",
        "${",
        "}",
        "$?",
        "*",
        "[",
        "]",
        "?",
        "~",
        "<",
        ">",
        ">>",
        "2>&1",
        "/tmp/f",
        "#",
        "X=",
        "!",
        "é",
        "cd",
        "$(",
        "$((",
        "))",
        "`",
        "${x:-",
        "${x%",
        "${#x",
        "x=a ",
        "<<E\n",
        "\nE\n",
        "eval ",
        "read x",
        "1+",
    ];
    for _ in 0..500 {
        let script: String = (0..random(12)).map(|_| PIECES[random(PIECES.len())]).collect();
        machine.run(&format!("cd /tmp\n{script}"));
    }
}
