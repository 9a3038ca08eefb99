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

# --- The same as a service -----------------------------------------------------------------------

wants_az() {
    command -v az >/dev/null && return 0
    [ -t 0 ] && [ -t 1 ] || return 1
    read -r -p "az is not installed. Install Debian's azure-cli (about 1 GB)? [y/N] " answer
    [[ $answer == [yY]* ]] && ./dev setup test
}

# The requests of Azure's quickstart by az, with a profile of its own.
quickstart_by_az() { # GROUP
    export AZURE_CONFIG_DIR=$INGOT_STATE/az AZURE_CORE_COLLECT_TELEMETRY=no
    export AZURE_CORE_SURVEY_MESSAGE=no
    "$ingot" connect >/dev/null
    (
        eval "$("$ingot" connect --env)"
        az cloud set --name Ingot --output none
        az login --service-principal --tenant "$AZURE_TENANT_ID" --username "$AZURE_CLIENT_ID" \
            --password "$AZURE_CLIENT_SECRET" --output none
        examples/quickstart-az/quickstart.sh "$1"
    )
}

# The log of the template's run while it is written; waits for the run to begin.
follow_log() { # GROUP
    until "$ingot" --service "$socket" run logs -f hello-template --group "$1" 2>/dev/null; do
        sleep 1
    done | sed 's/^/    | /'
}

quickstart_by_ingot() { # GROUP
    local template=examples/hello-service/template.json
    "$ingot" group create "$1"
    "$ingot" template prepare "$template" --group "$1"
    "$ingot" template create "$template" --group "$1"
    "$ingot" template run hello-service --group "$1" --wait
}

step "6. The same as a service: ingot serve, ingot connect"
socket=unix:$INGOT_STATE/service/ingot.sock
serve_log=$INGOT_STATE/serve.log
"$ingot" serve --listen 0 >"$serve_log" 2>&1 &
service=$!
trap 'kill "$service" 2>/dev/null; wait "$service" 2>/dev/null || true' EXIT
until grep -q '^ingot is ready' "$serve_log"; do
    kill -0 "$service" 2>/dev/null || { cat "$serve_log"; exit 1; }
    sleep 0.1
done
grep '^ingot is ready' "$serve_log"
group=demo-$(date +%s)
if wants_az; then
    step "7. A template by az, its run, and the run's log live: examples/quickstart-az/quickstart.sh"
    follow_log "$group" &
    quickstart_by_az "$group"
    wait $!
    image=galleries/golden/images/hello
else
    step "7. A template by ingot (az is not installed), and its run"
    quickstart_by_ingot "$group"
    image=galleries/service/images/hello
fi

step "8. Boot the version that the service published: ingot image boot ID"
subscription=$("$ingot" connect --env | sed -n 's/.*AZURE_SUBSCRIPTION_ID=//p' | tr -d "'\"")
image=/subscriptions/$subscription/resourceGroups/$group/providers/Microsoft.Compute/$image
served=$("$ingot" image boot "$image" --command 'cat /etc/hello')
printf '%s\n' "$served"
expect "it says hello" '^Hello from ' "$served"

step "Done. The images are in $INGOT_STATE; try: INGOT_STATE=$INGOT_STATE $ingot image boot golden/hello-linux"
