#!/usr/bin/env bash
# usage: build-scripts/test.sh [--slow] [PYTEST OPTION...] [tests/FOLDER[/FILE.py]...]
#
# Runs the tests, doing its own set-up on a fresh Debian or Ubuntu machine. The interpreters that
# they need are built first, unless they are current (a few minutes each).
#
#   test.sh                         everything that takes less than half an hour on two cores
#   test.sh --slow                  that, and the slow tests: CPython's whole suite, normal, debug
#                                   and sanitized; every prefix of the series; Conan by itself
#   test.sh --slow -m slow          the slow tests only
#   test.sh --slow --record tests/integrations
#                                   at full size, and keeps the figures in Misc/integrations/
#   test.sh tests/tools/test_series.py   one file, or a folder; pytest's options work as well
#
# CPYTHON_IMMORTAL_PATCHED and CPYTHON_IMMORTAL_STOCK name ready interpreters to take instead of
# those of the recipe; CPYTHON_IMMORTAL_PATCHED_DEBUG and ..._STOCK_DEBUG the debug builds, and
# CPYTHON_IMMORTAL_STOCK_3_N stock CPython of another minor version (_3_NT: without the GIL), and
# CPYTHON_IMMORTAL_PATCHED_3_N one with the series for it, whose tests are slow ones otherwise.
set -euo pipefail

case "${1-}" in
    -h | --help)
        sed -n '2,/^set/{s/^# \{0,1\}//;/^set/!p}' "${BASH_SOURCE[0]}"
        exit
        ;;
esac

# shellcheck source=build-scripts/bootstrap.sh
. "$(dirname -- "${BASH_SOURCE[0]}")/bootstrap.sh"

missing=() optional=()
for tool in git patch g++; do
    command -v "$tool" >/dev/null || missing+=("$tool")
done
[ ${#missing[@]} -eq 0 ] || bootstrap_apt "${missing[@]}"

# More compilers, an emulator, a debugger, a cache of compiled objects, Redis for that and for
# Celery, and a browser, which Ubuntu has as no plain package. The tests that need one are skipped
# where it can't be had: without root, and beside gcc-multilib, which Debian's cross compilers would
# remove.
command -v clang++ >/dev/null || optional+=(clang)
if ! dpkg -s gcc-multilib >/dev/null 2>&1; then
    for target in i686:i386 s390x:s390x powerpc:powerpc; do
        command -v "${target%:*}-linux-gnu-gcc" >/dev/null ||
            optional+=("gcc-${target%:*}-linux-gnu" "libc6-dev-${target#*:}-cross")
    done
fi
command -v qemu-s390x-static >/dev/null || optional+=(qemu-user-static)
command -v gdb >/dev/null || optional+=(gdb)
command -v ccache >/dev/null || optional+=(ccache)
command -v redis-server >/dev/null || optional+=(redis-server)
command -v chromium chromium-browser chrome >/dev/null || ! grep -qx ID=debian /etc/os-release ||
    optional+=(chromium)
if [ ${#optional[@]} -gt 0 ] && { [ "$(id -u)" -eq 0 ] || sudo -n true 2>/dev/null; }; then
    bootstrap_apt "${optional[@]}"
fi

cd -- "$(dirname -- "${BASH_SOURCE[0]}")/.."
exec "$VENV/bin/python" -m pytest "$@"
