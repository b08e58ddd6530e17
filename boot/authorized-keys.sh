#!/bin/sh
# Writes the public keys that an image shall let in: those of FILE, or none where it is empty.
#
#   boot/authorized-keys.sh FILE KEPT
#
# KEPT is left alone when it has them already, so that `make` makes a new image only when they have changed. Where FILE
# is no longer named, KEPT becomes empty: no later image lets somebody in whom nobody has named for it.
set -eu

file=$1
kept=$2

fail() {
    echo "AUTHORIZED_KEYS: $*" >&2
    exit 1
}

if [ -n "$file" ]; then
    [ -f "$file" ] || fail "there is no file $file: name a public key, for instance ~/.ssh/id_ed25519.pub"
    [ -r "$file" ] || fail "$file cannot be read"
    ! grep -q 'PRIVATE KEY' "$file" || fail "$file is a private key, which nobody else may have: name $file.pub"
    grep -Eq '^(ssh|ecdsa)-[^ ]+ [A-Za-z0-9+/]' "$file" || fail "there is no public key in $file"
else
    file=/dev/null
fi
mkdir -p "$(dirname "$kept")"
cmp -s "$file" "$kept" || cat "$file" > "$kept"
