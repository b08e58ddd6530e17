//! The table of commands: to add one, write its file and its row.

use super::Row;
use super::{
    basename, cat, chmod, clear, cp, cpuinfo, cut, date, df, dmesg, echo, env, find, free, grep, head, help, hexdump,
    kill, ln, loadkeys, ls, mkdir, mount, mv, power, printf, ps, pwd, resize, respawn, rm, rmdir, seq, sleep, sort,
    stat, stty, tail, tee, test, time, top, touch, tr, truth, uname, uniq, uptime, wc, which, xargs, yes,
};

/// Every command: name, options, usage, summary, function.
#[rustfmt::skip]
pub(crate) const TABLE: &[Row] = &[
    Row::new("[", "*", "EXPRESSION ]", "succeed if something is true", test::run_in_brackets).details(test::DETAILS),
    Row::new("basename", "", "PATH [SUFFIX]", "print the last part of a path", basename::run),
    Row::new("cat", "", "[FILE...]", "print files, or standard input", cat::run),
    Row::new("chmod", "", "MODE FILE...", "change the permissions of files", chmod::run)
        .details("MODE is octal: 600 for the owner alone, 644 for all to read, 755 for all to run."),
    Row::new("clear", "", "", "clear the screen", clear::run),
    Row::new("cp", "rR", "[-r] SOURCE... TARGET", "copy files and, with -r, directories", cp::run),
    Row::new("cpuinfo", "", "", "tell what the processors are", cpuinfo::run),
    Row::new("cut", "d:f:c:s", "-f LIST [-d SIGN] [-s] | -c LIST [FILE...]", "print parts of lines", cut::run).details(cut::DETAILS),
    Row::new("date", "u", "[+FORMAT]", "tell the time, in UTC", date::run)
        .details("FORMAT is that of strftime, for instance +%Y-%m-%dT%H:%M:%SZ"),
    Row::new("df", "h", "[-h]", "tell how full file systems are", df::run).details("  -h  sizes in K, M, G"),
    Row::new("dirname", "", "PATH...", "print paths without their last part", basename::directory),
    Row::new("dmesg", "", "", "print the kernel's log", dmesg::run),
    Row::new("echo", "*", "[-n] [-e] [WORD...]", "print words", echo::run)
        .details("  -n  no line feed at the end\n  -e  \\n \\t \\e \\xHH \\0OOO \\c mean something"),
    Row::new("env", "+i", "[-i] [NAME=VALUE...] [COMMAND...]", "print the environment, or run a command in another", env::run)
        .details("  -i  begin with an empty environment"),
    Row::new("false", "*", "", "fail", truth::fail),
    Row::new("find", "*", "[PATH...] [TEST...]", "print the files below directories", find::run).details(find::DETAILS),
    Row::new("free", "h", "[-h]", "tell how much memory is free", free::run).details("  -h  sizes in K, M, G"),
    Row::new("grep", "icvnlqhEF", "[-icvnlqhF] PATTERN [FILE...]", "print lines that match a regular expression", grep::run)
        .details("  -i  letters match in both cases  -v  lines that do not match  -n  with line numbers\n  \
                  -c  count only  -l  names only  -q  status only  -h  without names  -F  PATTERN is plain text"),
    Row::new("head", "n:c:#", "[-n LINES | -c BYTES] [FILE...]", "print the start of files", head::run),
    Row::new("help", "", "[NAME...]", "tell what commands there are, or how one is used", help::run),
    Row::new("hexdump", "Cn:", "[-n BYTES] [FILE...]", "print bytes in hexadecimal and as text", hexdump::run),
    Row::new("kill", "*", "[-SIGNAL | -s SIGNAL] PID...", "end processes", kill::run)
        .details("SIGNAL is a number or a name. INT ends like ^C; all others end the process at once."),
    Row::new("ln", "sf", "[-sf] SOURCE... TARGET", "give files more names", ln::run)
        .details("  -s  symbolic links  -f  replace what is there"),
    Row::new("loadkeys", "", "us|uk|de|fr", "choose the layout of the keyboard", loadkeys::run),
    Row::new("ls", "alhR1d", "[-alhR1d] [FILE...]", "list files and directories", ls::run)
        .details("  -a  also hidden files  -l  one a line with attributes  -h  sizes in K, M, G\n  \
                  -R  also what is below  -1  one a line  -d  directories themselves"),
    Row::new("mkdir", "p", "[-p] DIRECTORY...", "make directories", mkdir::run)
        .details("  -p  also those above; what is there already is no error"),
    Row::new("mount", "", "", "list what is mounted where", mount::run),
    Row::new("mv", "f", "SOURCE... TARGET", "move or rename files and directories", mv::run),
    Row::new("poweroff", "", "", "switch the machine off", power::off),
    Row::new("printf", "*", "FORMAT [ARGUMENT...]", "print arguments in a form", printf::run).details(printf::DETAILS),
    Row::new("ps", "aefx", "", "list the processes", ps::run),
    Row::new("pwd", "", "", "print the working directory", pwd::run),
    Row::new("reboot", "", "", "start the machine anew", power::reset),
    Row::new("resize", "", "", "ask the terminal how large it is", resize::run),
    Row::new("respawn", "+l:", "[-l FILE] COMMAND...", "run a command again whenever it ends", respawn::run)
        .details("  -l  its output goes to FILE, of 256 KiB at most; what was there before is in FILE.1\n\
                  A second after its end it is started again. That becomes longer, up to 64 seconds, until it runs for a minute.\n\
                  Who kills respawn ends the command, too."),
    Row::new("rm", "rRf", "[-rf] FILE...", "remove files and, with -r, directories", rm::run)
        .details("  -r  with all that is in them  -f  what is not there is no error"),
    Row::new("rmdir", "", "DIRECTORY...", "remove empty directories", rmdir::run),
    Row::new("seq", "*", "[FIRST [STEP]] LAST", "print numbers in a row", seq::run),
    Row::new("sleep", "", "SECONDS...", "wait", sleep::run).details("SECONDS may have a fraction, and s, m, h or d behind it"),
    Row::new("sort", "nru", "[-nru] [FILE...]", "print lines in order", sort::run)
        .details("  -n  by the number they begin with  -r  backwards  -u  each once"),
    Row::new("stat", "L", "[-L] FILE...", "print the attributes of files", stat::run).details("  -L  of what links lead to"),
    Row::new("stty", "*", "[size | rows N | cols N | raw | cooked]...", "print or change the terminal's settings", stty::run),
    Row::new("tail", "n:c:#", "[-n LINES | -c BYTES] [FILE...]", "print the end of files", tail::run),
    Row::new("tee", "a", "[-a] [FILE...]", "copy standard input to files, too", tee::run).details("  -a  append"),
    Row::new("test", "*", "EXPRESSION", "succeed if something is true", test::run).details(test::DETAILS),
    Row::new("time", "+p", "COMMAND...", "tell how long a command takes", time::run),
    Row::new("top", "d:n:", "[-d SECONDS] [-n COUNT]", "show what the processes and CPUs do", top::run).details(top::DETAILS),
    Row::new("touch", "c", "[-c] FILE...", "make files, or set their times to now", touch::run).details("  -c  make none"),
    Row::new("tr", "dsc", "[-dsc] SET1 [SET2]", "replace characters", tr::run).details(tr::DETAILS),
    Row::new("true", "*", "", "succeed", truth::succeed),
    Row::new("uname", "asnrm", "[-asnrm]", "tell what system this is", uname::run),
    Row::new("uniq", "cdu", "[-cdu] [FILE...]", "leave out lines that repeat the one before", uniq::run)
        .details("  -c  with how often they came  -d  only those that were repeated  -u  only those that were not"),
    Row::new("uptime", "", "", "tell how long the machine has been running", uptime::run),
    Row::new("wc", "lwc", "[-lwc] [FILE...]", "count lines, words and bytes", wc::run),
    Row::new("which", "", "NAME...", "tell what commands stand for", which::run),
    Row::new("xargs", "+n:I:0r", "[-0r] [-n COUNT | -I WORD] [COMMAND...]", "run a command with arguments that are read", xargs::run)
        .details(xargs::DETAILS),
    Row::new("yes", "*", "[WORD...]", "print a line for ever", yes::run),
];
