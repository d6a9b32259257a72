#!/usr/bin/env bash
# usage: build-scripts/release.sh COMMAND [OPTION...]
#
# Makes what is published of an interpreter that build.sh has built: archives, checksums, lists for
# tools that install them, a Debian package. It also checks that two builds are the same. --help
# lists the commands.
set -euo pipefail

# shellcheck source=build-scripts/bootstrap.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/bootstrap.sh"

exec "$VENV/bin/python" -m buildtool.cli.release "$@"
