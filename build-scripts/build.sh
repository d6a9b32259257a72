#!/usr/bin/env bash
# usage: build-scripts/build.sh [OPTION...]
#
# Builds a CPython with immortal objects and demonstrates it. On a fresh Debian or Ubuntu it
# installs what it needs. --help lists the options.
set -euo pipefail

# shellcheck source=build-scripts/bootstrap.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/bootstrap.sh"

exec "$VENV/bin/python" -m buildtool.cli.build "$@"
