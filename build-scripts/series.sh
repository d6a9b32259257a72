#!/usr/bin/env bash
# usage: build-scripts/series.sh COMMAND [OPTION...]
#
# Keeps the patch series: turns it into git commits and back, and checks it. --help lists the
# commands.
set -euo pipefail

# shellcheck source=build-scripts/bootstrap.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/bootstrap.sh"

command -v git >/dev/null || bootstrap_apt git

exec "$VENV/bin/python" -m buildtool.cli.series "$@"
