#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# The main job, end to end: a golden image from a template, and the proof that it boots. Called by
# `./dev demo`; keeps its state between calls, so a second demo skips making the base image.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
ingot=build/dev/bin/ingot
export INGOT_STATE=${INGOT_STATE:-$PWD/build/demo-state}

step() { printf '\n\033[1m%s\033[0m\n' "$*"; }

# A fact about the running guest that must hold.
expect() { # WHAT PATTERN TEXT
    if grep -qE "$2" <<<"$3"; then
        printf '  ok: %s\n' "$1"
    else
        printf '  NOT SO: %s\n%s\n' "$1" "$3"
        exit 1
    fi
}

step "1. What this host can do: ingot doctor"
"$ingot" doctor || true

step "2. Build: ingot build examples/hello-linux/template.json"
"$ingot" build examples/hello-linux/template.json

step "3. What was published: ingot image list"
"$ingot" image list

look='cat /etc/hello /etc/hello-note; tree --version; printf "machine-id %s\n" "$(cat /etc/machine-id)"
printf "host-key %s\n" "$(sudo ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub)"'

step "4. Boot the published version twice: ingot image boot golden/hello-linux"
first=$("$ingot" image boot golden/hello-linux --command "$look")
second=$("$ingot" image boot golden/hello-linux --command "$look")
printf '%s\n' "$first"
expect "the Shell customizer's file is there" '^Hello from a golden image\.$' "$first"
expect "the File customizer's file is there" 'put into the image by a File customizer' "$first"
expect "the package is installed" '^tree v' "$first"
expect "it has a machine-id" '^machine-id [0-9a-f]{32}$' "$first"
expect "it has a host key" '^host-key .*ED25519' "$first"
compare() { # WORD: whether the two machines' lines beginning with it are the same
    [ "$(grep "^$1" <<<"$first")" = "$(grep "^$1" <<<"$second")" ] && echo same || echo different
}
expect "another machine has another machine-id" '^different$' "$(compare machine-id)"
expect "another machine has another host key" '^different$' "$(compare host-key)"

step "5. Build the second image from the first: ingot build examples/hello-again/template.json"
"$ingot" build examples/hello-again/template.json
chained=$("$ingot" image boot golden/hello-again --command 'cat /etc/hello')
printf '%s\n' "$chained"
expect "it has what the first one has" '^Hello from a golden image\.$' "$chained"
expect "and what was added" '^Hello again' "$chained"

step "Done. The images are in $INGOT_STATE; try: INGOT_STATE=$INGOT_STATE $ingot image boot golden/hello-linux"
