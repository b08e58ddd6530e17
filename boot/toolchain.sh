#!/bin/sh
# Makes this machine ready to build and run Yolk: finds each tool, installs what is missing, says how where it cannot.
#
#   boot/toolchain.sh rust            a Rust compiler with the sources of std, a linker, a way to wasm; prints make variables
#   boot/toolchain.sh qemu|gui|iso|clients|gdb|patch|games    the tools of that group
#
# Two roads lead to one image. A rustup toolchain with `rust-src` and the target wasm32-wasip1 serves as it is. On Debian and
# Ubuntu the packages below do the same, for the many machines whose Rust comes without sources. What is there is taken
# first; packages need root or sudo; rustup comes next; else one line says what to type.
set -eu

# The LLVM that is installed where no linker is found. Any that is found serves.
LLVM=19
RUST_PACKAGES="rustc-web cargo-web rust-web-src"

say() { echo "toolchain: $*" >&2 ; }
stop() { say "$*" ; exit 1 ; }
have() { command -v "$1" > /dev/null 2>&1 ; }

# Runs a command as root, or fails at once where it would wait for a password that nobody can type.
as_root() {
    if [ "$(id -u)" = 0 ] ; then "$@"
    elif have sudo && { [ -t 0 ] || sudo -n true 2> /dev/null ; } ; then sudo "$@"
    else return 1
    fi
}

# Installs Debian packages, each named with what it is for on one line. Lists first: old ones offer old compilers.
install_packages() {
    have apt-get || return 1
    say "installing $*"
    as_root env DEBIAN_FRONTEND=noninteractive sh -c '
        apt-get update -qq || echo "toolchain: going on with the package lists that are here"
        apt-get install -qq --no-install-recommends "$@" > /dev/null' sh "$@" >&2
}

# Installs the packages or says how. The first argument names what is missing, for other systems.
need() {
    what=$1
    shift
    install_packages "$@" || stop "no $what: run \`apt-get install $*\` as root (Debian, Ubuntu) or install it with your system's packages"
}

# The newest command called $1 or $1-VERSION.
newest() {
    for folder in $(echo "$PATH" | tr ':' ' ') ; do
        ls "$folder/$1" "$folder/$1"-[0-9]* 2> /dev/null || true
    done | sort -V | tail -n 1
}

# The compilers to choose from: the one named by RUSTC, the default one, the system's.
compilers() {
    if [ -n "${RUSTC:-}" ] ; then echo "$RUSTC" ; fi
    if have rustup ; then rustup which rustc 2> /dev/null ; fi
    command -v rustc || true
    if [ -x /usr/bin/rustc ] ; then echo /usr/bin/rustc ; fi
}

# The oldest compiler whose std this project is written for.
oldest_rust() { sed -n 's/^rust-version = "\(.*\)"$/\1/p' "${0%/*}/../Cargo.toml" ; }

# Whether compiler $1 is not older than that.
is_new_enough() {
    version=$("$1" --version | cut -d ' ' -f 2)
    [ "$(printf '%s\n%s\n' "$(oldest_rust)" "${version%%-*}" | sort -V | head -n 1)" = "$(oldest_rust)" ]
}

# The first compiler that is new enough, has a cargo beside it and the file or folder $1 in its sysroot.
compiler_with() {
    compilers | while read -r rustc ; do
        sysroot=$("$rustc" --print sysroot 2> /dev/null) || continue
        [ -x "${rustc%/*}/cargo" ] && [ -e "$sysroot/$1" ] && is_new_enough "$rustc" || continue
        echo "$rustc"
        break
    done
}

STD=lib/rustlib/src/rust/library
WASM=lib/rustlib/wasm32-wasip1/lib
WASI_LIBC=/usr/lib/wasm32-wasi

find_rust() {
    rustc=$(compiler_with $STD/std/src/lib.rs)
    [ -n "$rustc" ]
}

# The linker of the image. A rustup toolchain brings one; rustc finds it by itself.
find_linker() {
    sysroot=$("$rustc" --print sysroot)
    linker=$(newest ld.lld)
    [ -n "$linker" ] || ls "$sysroot"/lib/rustlib/*/bin/rust-lld > /dev/null 2>&1
}

# wasm apps: a compiler with the target installed, or std built from its sources against Debian's libc.
find_wasm() {
    wasm_rustc=$(compiler_with $WASM)
    [ -z "$wasm_rustc" ] || return 0
    wasm_linker=$(newest wasm-ld)
    [ -n "$wasm_linker" ] && [ -e $WASI_LIBC/libc.a ]
}

prepare_rust() {
    have cc || need "C compiler, which links programs of this machine" gcc libc6-dev
    find_rust || { install_packages $RUST_PACKAGES && find_rust ; } || { add_to_rustup component rust-src && find_rust ; } ||
        stop "no Rust $(oldest_rust) or newer with the sources of std: run \`rustup component add rust-src\`, or as root \`apt-get install $RUST_PACKAGES\` (Debian)"
    find_linker || { install_packages lld-$LLVM && find_linker ; } ||
        stop "no ld.lld: run \`apt-get install lld-$LLVM\` as root (Debian, Ubuntu) or install LLVM's lld with your system's packages"
    find_wasm || { install_packages wasi-libc lld-$LLVM && find_wasm ; } || { add_to_rustup target wasm32-wasip1 && find_wasm ; } ||
        stop "no target wasm32-wasip1: run \`rustup target add wasm32-wasip1\`, or as root \`apt-get install wasi-libc lld-$LLVM\` (Debian)"
}

add_to_rustup() {
    have rustup && say "running rustup $1 add $2" && rustup "$1" add "$2" >&2
}

# The compilers and linkers as make variables. Cargo reads a linker from a variable of its environment.
write_variables() {
    echo "# Written by boot/toolchain.sh. Remove this file to look for the tools again."
    echo "KERNEL_RUSTC := $rustc"
    echo "STD_SOURCE := $("$rustc" --print sysroot)/$STD"
    echo "KERNEL_LINKER := ${linker:+CARGO_TARGET_X86_64_UNKNOWN_HERMIT_LINKER=$linker}"
    if [ -n "$wasm_rustc" ] ; then
        echo "WASM_RUSTC := $wasm_rustc"
        return
    fi
    flags="-L $WASI_LIBC -C link-self-contained=no -C link-arg=$WASI_LIBC/crt1-command.o"
    echo "WASM_RUSTC := $rustc"
    echo "WASM_STD := -Zbuild-std=std,panic_abort"
    echo "WASM_SETTINGS := RUSTC_BOOTSTRAP=1 CARGO_TARGET_WASM32_WASIP1_LINKER=$wasm_linker CARGO_TARGET_WASM32_WASIP1_RUSTFLAGS=\"$flags\""
}

# The folder $1 of GRUB's modules, wherever the system keeps them.
have_grub() { [ -d "/usr/lib/grub/$1" ] || [ -d "/usr/lib/grub2/$1" ] ; }

case ${1:-} in
    rust) prepare_rust ; write_variables ;;
    qemu) have qemu-system-x86_64 || need QEMU qemu-system-x86 seabios ;;
    gui) qemu-system-x86_64 -display help | grep -qE '^(gtk|sdl|cocoa)$' || need "window for QEMU" qemu-system-gui ;;
    iso)
        { have grub-mkrescue || have grub2-mkrescue ; } && have_grub i386-pc && have_grub x86_64-efi && have xorriso && have mformat ||
            need "GRUB" grub-common grub-pc-bin grub-efi-amd64-bin xorriso mtools
        ls /usr/share/OVMF /usr/share/edk2 2> /dev/null | grep -q . || need "UEFI for QEMU" ovmf ;;
    # Only OpenBSD's nc knows -N, which ends its own side and waits for the other.
    clients)
        have curl && nc -h 2>&1 | grep -q -e -N || need "curl and OpenBSD's nc, clients of the network's tests" curl netcat-openbsd
        { have ip && have unshare ; } || need "network namespaces for a test" iproute2 util-linux
        { have ssh && have sftp && have ssh-keygen && have setsid ; } || need "SSH client" openssh-client util-linux ;;
    gdb) have gdb || need gdb gdb ;;
    patch) have patch || need patch patch ;;
    games) { have ca65 && have ld65 ; } || need "6502 assembler, which builds the NES games" cc65 ;;
    *) stop "which tools: rust, qemu, gui, iso, clients, gdb, patch or games?" ;;
esac
