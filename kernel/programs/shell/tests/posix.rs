//! Scripts that this shell and the host's `sh` run alike.

mod support;

use std::process::Command;
use support::Machine;

const SCRIPTS: &[&str] = &[
    // Conditions.
    "if true; then echo a; fi; echo $?",
    "if false; then echo a; fi; echo $?",
    "if false; then echo a; else echo b; fi",
    "if false; then echo a; elif true; then echo b; else echo c; fi",
    "if false; then echo a; elif false; then echo b; fi; echo $?",
    "if true; false; then echo a; else echo b; fi",
    "if ! false\nthen\necho a\nfi",
    "if [ -z '' ] && [ 2 -gt 1 ]; then echo a; fi",
    "if true; then if false; then echo a; else echo b; fi; fi",
    "if true; then false; fi; echo $?",
    "echo if then fi; echo { }; 'if' 2> /dev/null || echo none",
    // Loops.
    "for i in a b 'c d'; do echo \"<$i>\"; done; echo $i",
    "for i in; do echo a; done; echo $?",
    "set -- x 'y z'; for i; do echo $i; done; for i do echo $i; done",
    "L='1 2 3'; for i in $L \"$L\"; do echo $i; done",
    "for i in 1 2 3; do for j in a b c; do [ $j = b ] && continue 2; echo $i$j; done; done",
    "for i in 1 2 3; do for j in a b c; do [ $i$j = 2b ] && break 2; echo $i$j; done; done; echo $?",
    "for i in 1 2 3; do [ $i = 2 ] && continue; echo $i; done",
    "for i in 1 2 3; do break 99; echo a; done; echo $?",
    "for i in 1 2; do false; done; echo $?",
    "for i in 1 2 3; do echo $i; done | while [ -z $stop ]; do cat; stop=1; done",
    "x=; while [ \"$x\" != aaa ]; do x=a$x; echo $x; done; echo $?",
    "x=; until [ \"$x\" = aaa ]\ndo\nx=a$x\ndone\necho $x",
    "while true; do break; done; echo $?",
    "while false; do echo a; done; echo $?",
    "x=; while [ \"$x\" != aa ]; do x=a$x; false; done; echo $?",
    "for i in 1 2; do (break; echo a) 2> /dev/null; echo b; done | wc -l | cat > /dev/null; echo c",
    "for i in 1 2; do { echo $i; continue; }; echo no; done",
    "for i in 1 2; do if [ $i = 2 ]; then break; fi; echo $i; done",
    "for i in 1 2; do case $i in 1) continue;; esac; echo $i; done",
    // Cases.
    "case abc in a) echo 1;; a*c) echo 2;; *) echo 3;; esac",
    "case b in a|b|c) echo 1;; esac; case x in a) echo 1;; esac; echo $?",
    "case '*' in '*') echo 1;; esac; case a in '*') echo 2;; *) echo 3; esac",
    "P='a*'; case abc in $P) echo 1;; esac; case abc in \"$P\") echo 2;; *) echo 3;; esac",
    "case .hidden in *) echo 1;; esac; case a/b in a*b) echo 2;; esac",
    "case x in\n(x)\necho 1\n;;\nesac",
    "case x in x) ;; esac; echo $?; false; case x in x) ;; esac; echo $?",
    "case x in [a-c]) echo 1;; [!a-c]) echo 2;; esac; case '' in ?) echo 1;; '') echo 2;; esac",
    "X='a b'; case $X in 'a b') echo 1;; esac; case $X in a*) false;; esac; echo $?",
    // Groups.
    "{ echo a; echo b; } | wc -l | cat > /dev/null; { echo c; }; echo $?",
    "X=1; { X=2; }; echo $X; (X=3; echo $X); echo $X",
    "(exit 3); echo $?; { (exit 4); } || echo $?",
    "cd /tmp; (cd /; pwd); pwd",
    "{ false; true; } && echo a; (true; false) || echo b",
    "! { true; }; echo $?; ! (false); echo $?",
    "(echo a; (echo b; (echo c)))",
    "{ (echo a) }; if (true) then (echo b) fi; while { true; } do { break; } done; for i in 1; do (echo $i) done",
    // Functions.
    "f() { echo \"$1 $#\"; }; f; f a; f 'b c' d; echo $#",
    "set -- x y; f() { set -- 1; echo $1; shift; echo $#; }; f a; echo $1 $#",
    "f() { return 3; echo no; }; f; echo $?; f() { false; return; }; f; echo $?; f() { :; }; f; echo $?",
    "f() (X=2; exit 4); X=1; f; echo $? $X",
    "f()\n{\n  for i in 1 2 3; do if [ $i = 2 ]; then return $i; fi; echo $i; done\n}\nf || echo $?",
    "f() { echo $1; [ $1 = xxx ] || f x$1; }; f x",
    "f() { echo out; echo err >&2; } 2> /dev/null; f; f > /dev/null; f | cat",
    "f() { echo 1; }; f() { echo 2; }; f; unset -f f; f 2> /dev/null || echo $?",
    "f() { g() { echo inner; }; }; f; g",
    "f() { X=$1; }; X=0; f 1; echo $X; f 2 | cat; echo $X; (f 3; echo $X); echo $X",
    "f() { cat; }; echo piped | f | f; f < /dev/null",
    "f() { echo $0 $1; }; f a",
    "f() { (return 5); echo $?; }; f",
    "echo 'echo a; return 3; echo b' > /tmp/posix-return; . /tmp/posix-return; echo $?; rm /tmp/posix-return",
    "for i in 1 2; do f() { echo $i; }; f; done",
    "f() { case $1 in a) return 1;; *) return 0;; esac; }; if f a; then echo yes; else echo no; fi; f b && echo yes",
    "f () { echo spaced; }; f; if true; then f() { echo defined; }; fi; f",
    // Redirections of them.
    "{ echo a; echo b >&2; } 2> /dev/null",
    "for i in 1 2; do echo $i; done > /tmp/posix-test; cat /tmp/posix-test; rm /tmp/posix-test",
    "{ echo a; echo b; } > /tmp/posix-test; while true; do cat; break; done < /tmp/posix-test; rm /tmp/posix-test",
    "if true; then echo a; fi 2>&1 | cat",
    "{ echo a >&3; } 3>&1 > /dev/null",
    "(echo a; echo b) | (cat; echo c) | cat",
    "{ { echo a; } > /dev/null; echo b; }",
    "{ echo a; } < /none/file 2> /dev/null; echo here",
    "echo 'X=2; echo $1' > /tmp/posix-source; . /tmp/posix-source > /dev/null; echo $X; rm /tmp/posix-source",
    // Conditions of test.
    "[ a ]; echo $?; [ '' ]; echo $?; [ ]; echo $?; test; echo $?",
    "[ ! a ]; echo $?; [ ! '' ]; echo $?; [ ! a = b ]; echo $?; [ ! -n '' ]; echo $?",
    "[ = = = ]; echo $?; [ ! = b ]; echo $?; [ '(' a ')' ]; echo $?; [ -n = ]; echo $?",
    "[ 5 -eq 05 ]; echo $?; [ -3 -lt 2 ]; echo $?; [ 2 -ge 3 ]; echo $?; [ 1 -ne 1 ]; echo $?",
    "[ -d / ]; echo $?; [ -f / ]; echo $?; [ -e /none ]; echo $?; [ -c /dev/null ]; echo $?; [ -x /tmp ]; echo $?",
    "echo a > /tmp/posix-file; [ -f /tmp/posix-file ] && [ -s /tmp/posix-file ] && echo yes; rm /tmp/posix-file",
    "[ -t 0 ] || echo no",
    // Several lines.
    "for i in 1 2\ndo\n  # a remark\n  echo $i\n\ndone",
    "if true\nthen echo a\nelse echo b\nfi &&\necho c",
    "while\n  true\ndo\n  break\ndone; echo $?",
    ": ignored words; echo $?",
    "false || { echo a; exit 3; echo b; }",
    "(exit 5) && echo a; exit",
];

#[test]
fn scripts_mean_what_they_mean_to_the_hosts_shell() {
    for script in SCRIPTS {
        let host = Command::new("sh").args(["-c", script, "sh"]).stdin(std::process::Stdio::null()).output();
        let host = host.expect("the host has a shell");
        let machine = Machine::new();
        let (status, output, errors) = machine.run_with_input(&["-c", script, "sh"], "");
        assert_eq!(
            (output.as_str(), Some(status)),
            (&*String::from_utf8_lossy(&host.stdout), host.status.code()),
            "{script}\n{errors}"
        );
    }
}
