#!/bin/sh
# Makes a copy of Rust's std sources in which a panic unwinds on the hermit target, and an empty directory can be read.
#
#   boot/std/prepare.sh SOURCE FARM
#
# SOURCE is a toolchain's `library` folder. FARM becomes a tree of symbolic links to it in which five files are patched
# copies; cargo takes it through `__CARGO_TESTS_ONLY_SRC_ROOT`, which must stand in cargo's own environment.
#
# Upstream's hermit target has no unwinder: its panic runtime aborts. Yolk links one (crate `unwinding`, which exports
# `_Unwind_*`), so the three crates that choose an implementation are told to choose the one for such targets. The places
# are found by their content, since toolchains differ in their line numbers; a file in which one is missing stops the build.
#
# Upstream's `read_dir` takes the answer "no entries" for an error with number 0, and its `process::id` panics.
set -eu

source=$1
farm=$2

fail() {
    echo "boot/std/prepare.sh: $*" >&2
    echo "  The std sources in $source differ from those this script knows; boot/std/prepare.sh has to learn them." >&2
    exit 1
}

# Links everything in the folder $1 of the sources into the same folder of the farm.
link_folder() {
    mkdir -p "$farm/$1"
    ln -s "$source/$1"/* "$farm/$1/"
}

# Opens the path to the file $1: its folders become real ones, full of links, and the file a copy.
open_path() {
    path=
    rest=$1
    while [ "$rest" != "${rest#*/}" ] ; do
        path=$path${rest%%/*}
        rest=${rest#*/}
        if [ -L "$farm/$path" ] ; then
            rm "$farm/$path"
            link_folder "$path"
        fi
        path=$path/
    done
    rm -f "$farm/$1"
}

# In file $1, adds hermit to the list `any(` that stands above the line $2, the choice it leads to.
add_hermit_above() {
    [ -f "$source/$1" ] || fail "no file $1"
    open_path "$1"
    awk -v choice="$2" '
        { line[NR] = $0 }
        /any\($/ { list = NR }
        /^ *}/ { list = 0 }
        index($0, choice) && !place { place = list }
        END {
            for (i = 1; i <= NR; i++) {
                print line[i]
                if (i == place) print "        target_os = \"hermit\", // Yolk: its kernel links an unwinder."
            }
            exit !place
        }' "$source/$1" > "$farm/$1" || fail "no list of targets above \`$2\` in $1"
}

# In file $1, replaces the text $2, which must stand there once, by $3.
replace_once() {
    [ -f "$source/$1" ] || fail "no file $1"
    open_path "$1"
    [ "$(grep -cF "$2" "$source/$1")" = 1 ] || fail "not exactly one \`$2\` in $1"
    awk -v old="$2" -v new="$3" '
        at = index($0, old) { $0 = substr($0, 1, at - 1) new substr($0, at + length(old)) " // Yolk: was " old }
        { print }' "$source/$1" > "$farm/$1"
}

[ -f "$source/std/src/lib.rs" ] || fail "there is no std in it"

# The farm is made anew only for other sources: cargo would build std again for new files.
stamp="$source $(cksum < "$source/Cargo.lock") $(cksum < "$0")"
[ "$(cat "$farm/.prepared" 2>/dev/null)" != "$stamp" ] || exit 0

rm -rf "$farm"
link_folder ""
# Cargo may write to the lock file.
rm "$farm/Cargo.lock"
cp "$source/Cargo.lock" "$farm/Cargo.lock"
chmod u+w "$farm/Cargo.lock"

replace_once     panic_unwind/src/lib.rs            '"hermit.rs"' '"gcc.rs"'
add_hermit_above std/src/sys/personality/mod.rs     'mod gcc;'
add_hermit_above unwind/src/lib.rs                  'mod libunwind;'
replace_once     std/src/sys/fs/hermit.rs           'if readlen > 0 {' 'if readlen >= 0 {'
replace_once     std/src/sys/process/unsupported.rs 'panic!("no pids on this platform")' 'unsafe { hermit_abi::getpid() }.cast_unsigned()'

echo "$stamp" > "$farm/.prepared"
