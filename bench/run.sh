#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Called by `./dev bench`: measures Ingot and its peers in turn on this machine. The figures that
# were measured stand in docs/benchmarks.md. RUNS=n sets how often each is measured (default 3).
# `./dev bench service` measures the service instead.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."
if [ "${1:-}" = service ]; then
    exec python3 bench/service.py --ingot build/dev/bin/ingot
fi
exec python3 bench/bench.py --ingot build/dev/bin/ingot --runs "${RUNS:-3}" "$@"
