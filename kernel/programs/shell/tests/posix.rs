//! Scripts that this shell and the host's `sh` run alike.

mod support;

use std::process::{Command, Stdio};
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
    // Commands in words.
    "echo $(echo a) \"$(echo 'b  c')\" $(echo 'd  e') `echo f` \"`echo \"g  h\"`\"",
    "X=$(echo a; echo b); echo \"$X\" $X; echo $(printf 'x\\n\\n\\n')y; echo \"$(true)\" z",
    "X=$(exit 3); echo $?; X=1 Y=$(false); echo $?; echo $(false); echo $?; $(true); echo $?; $(exit 4); echo $?",
    "set -e; X=$(false); echo no",
    "set -e; echo $(false); echo yes",
    "X=1; echo $(X=2; echo $X) $X; echo $(cd /tmp; pwd) $(pwd > /dev/null; echo in)",
    "echo $(echo $(echo $(echo deep))) `echo \\`echo deeper\\``",
    "for i in $(echo 1 2 3); do echo $i; done; case $(echo ab) in a*) echo yes;; esac",
    "f() { echo \"<$1>\"; }; f \"$(f \"$(f a)\")\"; echo $(f b | cat)",
    "echo $(case a in a) echo in;; esac) $( (echo sub) ) $(echo ')') $(echo a # remark )
)",
    "echo x | echo $(cat); echo $(cat < /dev/null)end; echo out > $(echo /tmp/posix-sub); cat /tmp/posix-sub; rm /tmp/posix-sub",
    "$(echo echo) $(echo a b); X='echo a'; $X b; $(exit 5) || echo $?",
    "echo \"a$(echo \"b$(echo 'c')\")d\" '$(echo no)' \\$(echo \\$; echo ')') 2> /dev/null || echo refused",
    // Arithmetic.
    "echo $((1 + 2 * 3)) $(( (1 + 2) * 3 )) $((7 / 2)) $((-7 / 2)) $((-7 % 3)) $((1 << 4 | 1)) $((~5)) $((!0))",
    "X=5; echo $((X + 1)) $(($X + 1)) $((X > 3 && X < 9)) $((X == 5 ? 10 : 20)) $((0x1f)) $((010))",
    "i=0; while [ $i -lt 3 ]; do echo $i; i=$((i + 1)); done; echo \"$((i * i))\"",
    "echo $((x = 3)) $x $((x += 2)) $x $((x <<= 1)) $((1 || (x = 9))) $x",
    "echo $((1+$(echo 2))) $((${n:-4} * 2)) $((`echo 3`)) $(( 1 ))$((2))",
    "X=' 7 '; echo $((X)); X=-3; echo $((X * X)) $((-X)) $((- -X))",
    // Parameters.
    "echo ${x:-a} ${x-b} \"${x:-c  d}\" ${x:-e  f}; x=; echo ${x:-a} [${x-b}]; x=v; echo ${x:-a} ${x-b}",
    "echo ${x:=a} $x ${x:=b}; y=; echo [${y=c}] ${y:=d} $y",
    "echo [${x:+a}] [${x+b}]; x=; echo [${x:+a}] [${x+b}]; x=v; echo [${x:+a}] [${x+b}] [${x:+\"c  d\"}]",
    "x=abc; echo ${#x} ${#y} $#; set -- a b c; echo ${#} ${#1} $# ${1}2 ${10}",
    "x=/usr/lib/a.tar.gz; echo ${x##*/} ${x%/*} ${x#*/} ${x%%.*} ${x%.*} \"${x#/usr}\" ${x%none} ${x%%*}",
    "x='a*b'; echo \"${x#a\\*}\" \"${x%'*b'}\" \"${x#'a'}\" ${x%\"*\"b}; y='*'; echo \"${x%$y}\" \"${x%\"$y\"b}\"",
    "x=aXbXc; echo ${x#*X} ${x##*X} ${x%X*} ${x%%X*} ${x#[a-z]} ${x%?}; z=; echo [${z#*}] [${z%%*}]",
    "echo ${a:-${b:-${c:-deep}}} ${a:-$(echo ran)} ${a:-$((1 + 1))}; b=1; echo ${b:-$(echo no > /tmp/posix-no)}; ls /tmp/posix-no 2> /dev/null; echo \"${a:-'q'}\" ${a:-'q r'}",
    "set -- 'a b' c; echo ${x:-\"$@\"} | cat; for i in ${x:-\"$@\"}; do echo \"<$i>\"; done",
    "set -- 'a b' '' c; for i in \"$@\"; do echo \"<$i>\"; done; for i in $@; do echo \"[$i]\"; done; for i in \"$*\"; do echo \"($i)\"; done",
    "set --; for i in \"$@\"; do echo \"<$i>\"; done; for i in \"x$@y\"; do echo \"<$i>\"; done; for i in \"$*\"; do echo \"($i)\"; done; echo end",
    "set -- a b; for i in x\"$@\"y; do echo \"<$i>\"; done; for i in \"$@$@\"; do echo \"<$i>\"; done",
    "IFS=:; x=a:b::c:; for i in $x; do echo \"<$i>\"; done; set -- 1 2; echo \"$*\" \"$@\"",
    "IFS=' :'; x=' a : b  c:: d '; for i in $x; do echo \"<$i>\"; done",
    "IFS=; x='a b'; for i in $x; do echo \"<$i>\"; done; unset IFS; for i in $x; do echo \"<$i>\"; done",
    "x='  a  b '; for i in p$x'q'; do echo \"<$i>\"; done; for i in \"\"$x\"\"; do echo \"<$i>\"; done",
    "(echo ${x:?gone}) 2> /dev/null; echo $?; (echo ${x?}) 2> /dev/null || echo failed; x=v; echo ${x:?gone}",
    "(set -u; echo $none; echo no) 2> /dev/null; [ $? -ne 0 ] && echo failed; set -u; echo ${none:-d} [${none+x}] $#",
    // Here-documents.
    "cat << END\na $((1 + 1)) $(echo b) \"${x:-c}\" 'd' \\$e \\\\ \\f \\\ng\nEND\necho behind",
    "cat << 'END'\n$a `b` \\$c\nEND\ncat <<\\END\n$x\nEND",
    "cat <<- END\n\ta\n\t\tb\n\tEND\nif true; then\n\tcat <<- X\n\t$(echo in)\n\tX\nfi",
    "cat << A; cat << B\na\nA\nb\nB\ncat << A - << B\na\nA\nb\nB",
    "while read x y; do echo \"$y $x\"; done << END\n1 2 3\n4 5\nEND\necho $x",
    "f() { cat << END\n<$1>\nEND\n}; f a; f b | cat; X=$(cat << END\nc\nEND\n); echo $X; cat << END | wc -l | cat > /dev/null\nx\nEND\ncat << END && echo and\ny\nEND",
    "cat << '' << E\na\n\nb\nE",
    // read.
    "printf 'a b  c \\n' | { read x y; echo \"[$x] [$y]\"; }; printf 'a\\n' | { read x y; echo \"[$x] [$y]\"; }",
    "printf 'a:b:c\\n' | { IFS=: read x y; echo \"[$x] [$y]\"; }; printf ' a  b \\n' | { IFS= read x; echo \"[$x]\"; }",
    "printf 'a\\\\\\nb \\\\  c\\\\d\\n' | { read x y; echo \"[$x] [$y]\"; }; printf 'a\\\\ b\\n' | { read -r x y; echo \"[$x] [$y]\"; }",
    "printf 'one\\ntwo' | { read x; echo $? $x; read x; echo $? $x; read x; echo $? \"[$x]\"; }",
    "printf '1 2\\n3 4\\n' | while read a b; do echo $((a * b)); done; echo x | (read y; echo $y); echo [$y]",
    "printf 'a:b:\\n' | { IFS=: read x y; echo \"[$x] [$y]\"; }; printf 'a::\\n' | { IFS=: read x y; echo \"[$x] [$y]\"; }; printf ':a\\n' | { IFS=: read x y; echo \"[$x] [$y]\"; }",
    // eval, local, set.
    "x='echo a; echo b'; eval \"$x\"; eval 'y=1; z=$y' ; echo $z; eval; echo $?; eval false; echo $?; eval 'exit 3'; echo no",
    "f() { local x=1 y; y=2; echo $x $y; g; }; g() { echo in $x; x=3; }; x=0; f; echo $x [$y]",
    "f() { local x; x=$1; [ $1 -gt 0 ] && f $(($1 - 1)); echo $x; }; f 3; echo [$x]",
    "for i in 1 2; do eval \"break\"; done; echo $i; f() { eval 'return 4'; echo no; }; f; echo $?",
    "set -eu; x=1; echo $x; set +e; false; echo on; set +u; echo [$none]",
    // printf.
    "printf '%s-%s|' a b c; echo; printf '%5s|%-5s|%.2s|%5.1s|\\n' ab ab abc xyz; printf '%c%c\\n' xyz w",
    "printf '%d %i %u %o %x %X\\n' 10 -3 7 8 255 255; printf '%05d|%+d|% d|%-4d|%4d|%.3d\\n' 42 42 42 42 42 7",
    "printf '%x %d %d\\n' 0x1F 010 \"'A\"; printf '%#x %#o\\n' 255 8; printf 'plain\\n' ignored; printf '%d\\n'; printf '%s\\n'",
    "printf 'a\\tb\\\\n\\101\\n'; printf '%b|%s\\n' 'x\\ty' 'x\\ty'; printf '%%|%s\\n' %; printf '%b' 'end\\c' no; printf '%*d|%-*d|\\n' 5 42 5 42",
    "printf '%d\\n' abc 2> /dev/null; echo $?",
    // Commands for text.
    "basename /a/b.c .c; basename /; basename a/ ; basename .c .c; dirname /a/b c /; basename /a//b//",
    "printf 'a:b:c\\nnone\\nd::f\\n' > /tmp/posix-cut; cut -d: -f2 /tmp/posix-cut; cut -d: -f1,3- /tmp/posix-cut; cut -s -d: -f-2 < /tmp/posix-cut; cut -c2-3,5 /tmp/posix-cut; rm /tmp/posix-cut",
    "printf 'a\\na\\nb\\na\\n' > /tmp/posix-uniq; uniq /tmp/posix-uniq; uniq -c < /tmp/posix-uniq; uniq -d /tmp/posix-uniq; uniq -u /tmp/posix-uniq; rm /tmp/posix-uniq; uniq < /dev/null",
    "echo hello | tr a-y b-z; echo 'a  b   c' | tr -s ' '; echo a1b2 | tr -d 0-9; echo hello | tr -s l; echo 'a b' | tr ' ' '\\n'; echo aBc | tr '[:lower:]' '[:upper:]'; echo abc | tr abc x; echo a1 | tr -cd 0-9; echo aabb | tr -ds a b; echo ab | tr -c 'a\\n' x",
    "mkdir -p /tmp/posix-find/x/y; echo abc > /tmp/posix-find/x/f.rs; touch /tmp/posix-find/g; cd /tmp; find posix-find -type f | sort; find posix-find -name '*.rs'; find posix-find -maxdepth 1 -type d | sort; find posix-find -path '*x/y'; find posix-find -type f -size +1c; cd posix-find; find | sort; find . -name g -print; find -type d -name y -print0 | xargs -0 rmdir; rm x/f.rs g; cd ..; rmdir posix-find/x posix-find",
    "echo 'a b' 'c' | xargs; printf 'a b\\nc\\n' | xargs -n 1 echo x; printf \"'a b' \\\"c d\\\" e\\\\\\\\ f\\n\" | xargs -n 1; printf 'a b\\nc\\n' | xargs -I X echo '<X>' X; xargs < /dev/null; echo 1 | xargs false; echo $?; printf 'a\\0b c\\0' | xargs -0 -n 1 echo y",
    "if false; then :; else echo $?; fi; if ! true; then :; elif (exit 3); then :; else echo $?; fi; if false; then :; fi; echo $?",
    "false; case a in *) echo $?;; esac; (exit 4); case a in b) ;; esac; echo $?; (exit 5); case a in a) ;; esac; echo $?",
    "false; for i in 1 2; do echo $?; done; (exit 3); for i in; do :; done; echo $?",
    "false; echo $(true) $? \"$(exit 4)\" $?; x=$(exit 5) y=$?; echo $y $?; f() { echo $?; }; true; f $(false); case $(false) in *) echo $?;; esac",
    "set -- 1 2; IFS=; x=$*; echo $x; IFS=:; x=$*; echo \"$x\"; case $* in 1:2) echo joined;; esac",
    // Assignments before commands, exec and command.
    "IFS=: read x y << E\na:b\nE\necho \"$x $y\"; x='1:2 3'; for i in $x; do echo $i; done",
    "X=1; X=2 true; echo $X; X=3 :; echo $X; X=4 eval 'echo $X'; echo $X; X=5 X=6 true; echo $X; X=7 cd /; echo $X",
    "f() { echo $X; env | grep ^X=; X=9; }; X=1; X=2 f; echo $X; unset X; X=3 f; echo [$X]; env | grep -c ^X=",
    "X=1 X=2 true; echo [$X]; PATH=/none true; true && echo found",
    "exec 3> /tmp/posix-exec; echo a >&3; echo b >&3; exec 3>&1; echo c >&3; cat /tmp/posix-exec; rm /tmp/posix-exec",
    "(exec > /tmp/posix-exec; echo in; false); echo $?; cat /tmp/posix-exec; rm /tmp/posix-exec; exec 2> /dev/null; ls /none; echo end",
    "printf 'one\\ntwo\\n' > /tmp/posix-exec; exec < /tmp/posix-exec; read x; echo $x; cat; rm /tmp/posix-exec",
    "exec echo gone; echo no",
    "exec false || echo no",
    "(exec sh -c 'exit 3'); echo $?; f() { exec echo in $1; }; (f x); echo on; exec none-such 2> /dev/null; echo no",
    "ls() { echo mine; }; ls; command ls /none 2> /dev/null; [ $? -ne 0 ] && echo theirs; command echo a b; ls; cd() { :; } 2> /dev/null; command true; echo $?",
    "command -v cd > /dev/null && echo yes; f() { :; }; command -v f; command -v none-such; echo $?;",
];

#[test]
fn scripts_mean_what_they_mean_to_the_hosts_shell() {
    let differences: Vec<String> = SCRIPTS.iter().filter_map(|script| difference(script)).collect();
    assert!(differences.is_empty(), "{} of {}\n{}", differences.len(), SCRIPTS.len(), differences.join("\n"));
}

/// How what a script does here differs from what it does on the host.
fn difference(script: &str) -> Option<String> {
    let host = Command::new("sh").args(["-c", script, "sh"]).stdin(Stdio::null()).output();
    let host = host.expect("the host has a shell");
    let (status, output, errors) = Machine::new().run_with_input(&["-c", script, "sh"], "");
    let expected = (String::from_utf8_lossy(&host.stdout).into_owned(), host.status.code());
    let found = (output, Some(status));
    (found != expected).then(|| format!("{script}\n  host: {expected:?}\n  here: {found:?}\n{errors}"))
}
