#!/usr/bin/env bash
# usage: build-scripts/docker.sh COMMAND [OPTION...]
#
# Builds images of the interpreter and of its toolchains, and shows with real servers what immortal
# objects save. --help lists the commands.
set -euo pipefail

# shellcheck source=build-scripts/bootstrap.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/bootstrap.sh"

exec "$VENV/bin/python" -m buildtool.cli.docker "$@"
