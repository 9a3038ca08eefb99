#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Called by `./dev bench`: measures Ingot and its peers in turn on this machine. The figures that
# were measured stand in docs/benchmarks.md. RUNS=n sets how often each is measured (default 3).
# `./dev bench service` measures the service instead, `./dev bench publish` what publishing costs,
# `./dev bench layers` what layers and warm states are worth (--turns N, --row NAME, --folder DIR).
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
if [ "${1:-}" = service ]; then
    exec python3 bench/service.py --ingot build/dev/bin/ingot
fi
if [ "${1:-}" = publish ]; then
    ninja -C build/dev publish_disk >/dev/null
    exec python3 bench/publish.py --program build/dev/bin/publish_disk
fi
if [ "${1:-}" = layers ]; then
    shift
    exec python3 bench/layers.py --ingot build/dev/bin/ingot "$@"
fi
exec python3 bench/bench.py --ingot build/dev/bin/ingot --runs "${RUNS:-3}" "$@"
