#!/usr/bin/env bash
# usage: build-scripts/compare-suite.sh [OPTION...] [TEST...]
#
# Runs CPython's own test suite with the patched and the stock interpreter and reports every test
# that differs. --help lists the options.
set -euo pipefail

# shellcheck source=build-scripts/bootstrap.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/bootstrap.sh"

exec "$VENV/bin/python" -m buildtool.cli.suite "$@"
