#!/bin/sh
# Makes the copy of the crate `sunset` that the apps are built with: the registry's source with sunset.patch applied.
#
#   apps-wasm/sshd/sunset/prepare.sh CARGO FOLDER
#
# CARGO fetches the crate, FOLDER becomes the copy. apps-wasm/Cargo.toml names it in `[patch.crates-io]`, so it has to be
# there before any other cargo command in that workspace; `make` sees to it. The copy is made anew only when the patch or
# this script has changed. Places are found by what stands around them; where that differs, nothing is built.
set -eu

cargo=$1
folder=$2
here=$(cd "$(dirname "$0")" && pwd)
version=$(sed -n 's/^sunset = { version = "=\([^"]*\)".*/\1/p' "$here/../Cargo.toml")

fail() {
    echo "apps-wasm/sshd/sunset/prepare.sh: $*" >&2
    exit 1
}

[ -n "$version" ] || fail "apps-wasm/sshd/Cargo.toml does not say which version of sunset (sunset = { version = \"=...\")"
stamp="$version $(cat "$here/sunset.patch" "$0" | cksum)"
[ "$(cat "$folder/.prepared" 2> /dev/null)" != "$stamp" ] || exit 0
command -v patch > /dev/null || fail "there is no \`patch\`: install it with your system's packages"

# A project of its own, since the apps' cannot be read before the copy is there.
fetch=$folder.fetch
rm -rf "$folder" "$fetch"
mkdir -p "$fetch/src"
: > "$fetch/src/lib.rs"
cat > "$fetch/Cargo.toml" << END
[package]
name = "fetch"
version = "0.0.0"
edition = "2021"

[dependencies]
sunset = "=$version"

[workspace]
END
manifest=$("$cargo" metadata --quiet --format-version 1 --manifest-path "$fetch/Cargo.toml" |
    grep -o "\"manifest_path\":\"[^\"]*/sunset-$version/Cargo.toml\"" | head -n 1 | cut -d '"' -f 4)
[ -f "$manifest" ] || fail "cargo has not fetched sunset $version"

cp -R "${manifest%/*}" "$fetch/sunset"
chmod -R u+w "$fetch/sunset"
patch --quiet --directory="$fetch/sunset" --strip=1 --fuzz=0 < "$here/sunset.patch" ||
    fail "sunset.patch does not fit sunset $version; it has to learn what changed there"
mv "$fetch/sunset" "$folder"
rm -rf "$fetch"
echo "$stamp" > "$folder/.prepared"
