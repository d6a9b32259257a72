#!/usr/bin/env bash
# usage: build-scripts/matrix.sh [OPTION...] [TARGET...]
#
# Builds and tests targets of ci/targets.toml, each patched against stock, natively or under an
# emulator, and writes the table of results. --help lists the options.
set -euo pipefail

# shellcheck source=build-scripts/bootstrap.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/bootstrap.sh"

exec "$VENV/bin/python" -m buildtool.cli.matrix "$@"
