#!/usr/bin/env bash
# usage: build-scripts/wheels.sh [OPTION...] [PYTHON...]
#
# Makes what is published of Misc/immortal-objects: the sdist, pure wheels, and wheels with the
# extension for the interpreters at hand, or for all by images. --help lists the options.
set -euo pipefail

# shellcheck source=build-scripts/bootstrap.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/bootstrap.sh"

exec "$VENV/bin/python" -m buildtool.cli.wheels "$@"
