#!/usr/bin/env bash
# psutil's wheel for Linux raises the reference count of the immortal None by one for each of its C
# functions that returns None: Process.nice(VALUE) by two. abi3audit finds nothing to say about it.
#
# Seen: psutil 7.2.2 (cp36-abi3) on CPython 3.14.10 and 3.15.2, abi3audit 0.0.26, 2026-11-30.
# Why: the wheel is compiled against the headers of 3.6, which add to every count without a test. The
# interpreter tests before it subtracts, so what is added stays. The stable ABI allows this, so
# an audit of its symbols passes.
# Matters to: whoever believes that immortal objects are never written, or that a process which runs for
# weeks can't move the count of None: each such call dirties a page that was shared.
# What to do: on 3.12 and later prefer a wheel for the very version (cp314) to one for cp36-abi3 to
# cp311-abi3, or build it from source there.
# shellcheck source=findings/lib.bash
source "$(dirname "$0")/lib.bash"
takes 3.14 3.15
packages psutil==7.2.2 abi3audit==0.0.26

"$python" - <<'EOF' | expect 'what a call adds to the count of None' \
'check_pid_range 1.0, memory_info 0.0, nice(value) 2.0
None is immortal: True'
import os, sys
import psutil
from psutil import _psutil_linux

def added(call):
    before = sys.getrefcount(None)
    for _ in range(1000):
        call()
    return (sys.getrefcount(None) - before) / 1000

process = psutil.Process()
value = process.nice()
assert "abi3" in _psutil_linux.__file__, _psutil_linux.__file__
print(f"check_pid_range {added(lambda: _psutil_linux.check_pid_range(os.getpid()))},",
      f"memory_info {added(process.memory_info)}, nice(value) {added(lambda: process.nice(value))}")
print("None is immortal:", sys._is_immortal(None))
EOF

"$python" -m pip download --quiet --no-deps --dest "$work/wheel" psutil==7.2.2 2>"$work/pip"
"$work/venv/bin/abi3audit" --verbose "$work"/wheel/*.whl 2>&1 | tr -s ' \n' ' ' |
    grep -o '0 ABI version mismatches and 0 ABI violations found' |
    expect 'what abi3audit says' '0 ABI version mismatches and 0 ABI violations found'
stated
