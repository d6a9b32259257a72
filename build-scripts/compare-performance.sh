#!/usr/bin/env bash
# usage: build-scripts/compare-performance.sh [OPTION...] [BENCHMARK...]
#
# Measures the patched interpreter against the stock one, in time or in instructions, and writes a
# folder of results. --help lists the options.
set -euo pipefail

# shellcheck source=build-scripts/bootstrap.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/bootstrap.sh"

exec "$VENV/bin/python" -m buildtool.cli.performance "$@"
