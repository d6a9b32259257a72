#!/usr/bin/env bash
# usage: ci/container.sh
#
# Installs, as root, what a bare Debian image lacks before matrix.sh can do the rest: certificates,
# to fetch the source, and ccache, to be quicker the next time.
set -euo pipefail

if [ $# -gt 0 ]; then
    sed -n '2,/^set/{s/^# \{0,1\}//;/^set/!p;}' "$0"
    exit
fi
apt-get update
DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends ca-certificates ccache
