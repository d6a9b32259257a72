#!/usr/bin/env bash
# usage: ci/hosted.sh TARGET...
#
# What matrix.sh does, on a machine that is neither Debian nor Ubuntu: Windows with Git's bash and
# Visual Studio, or macOS. The tools of requirements.txt go into the Python that is on the PATH.
set -euo pipefail

cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
if [ $# -eq 0 ] || [ "$1" = --help ]; then
    sed -n '2,/^set/{s/^# \{0,1\}//;/^set/!p;}' "$0"
    exit
fi
python=$(command -v python3 || command -v python)
"$python" -m pip install --quiet -r build-scripts/requirements.txt
PYTHONPATH=build-scripts exec "$python" -m buildtool.cli.matrix "$@"
