#!/usr/bin/env bash
# usage: ci/publish.sh TARGET
#
# Builds TARGET's interpreter as it is published, on Debian 12, and makes the files of a release into
# .build/release/: the archive, its checksum, what it is made from, and where the target is this
# machine's own a Debian package. release.sh targets lists what is published.
set -euo pipefail

cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
if [ $# -ne 1 ] || [ "$1" = --help ]; then
    sed -n '2,/^set/{s/^# \{0,1\}//;/^set/!p;}' "$0"
    exit
fi
target=$1
prefix=.build/published-$target
options=()
own=$(uname -m)-gcc
if [ "$target" = "$own" ]; then
    options=(--pgo --lto) # a profile can be taken where the interpreter runs
fi
./build-scripts/build.sh --no-demo --target "$target" --prefix "$prefix" "${options[@]}"
./build-scripts/release.sh archive --target "$target" --prefix "$prefix"
if [ "$target" = "$own" ]; then
    if [ ! -x /usr/bin/dpkg-shlibdeps ]; then
        DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends dpkg-dev
    fi
    ./build-scripts/release.sh deb --target "$target" --prefix "$prefix"
fi
