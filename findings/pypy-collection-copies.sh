#!/usr/bin/env bash
# PyPy has no reference counts, and a forked child that reads 300,000 objects shares them; but one
# gc.collect() in the child, or enough new objects for a collection of the old ones, copies most of the heap.
#
# Seen: Debian's pypy3 7.3.11+dfsg-2+deb12u3 (x86-64), 2026-11-30: of 63 MB shared, a child that reads copies
# 1 MB; one that collects, 47 MB; one that makes a million objects, 36 to 48 MB.
# Why: the collector marks what it reaches in the object's own header. gc.freeze() is not there.
# Matters to: those who move pre-fork servers to PyPy for the sake of shared memory: it lasts until the first
# major collection in each worker.
# What to do: gc.disable() in short-lived children (it stops major collections alone), or few long-lived
# workers with threads.
# shellcheck source=findings/lib.bash
source "$(dirname "$0")/lib.bash"
debian pypy3=7.3.11+dfsg-2+deb12u3 pypy3-lib=7.3.11+dfsg-2+deb12u3

cat >"$work/children.py" <<'EOF'
import gc, os, sys

class Record:
    def __init__(self, number):
        self.number, self.text = number, str(number)

records = [Record(number) for number in range(300_000)]
gc.collect()

def shared():
    with open("/proc/self/smaps_rollup") as figures:
        return next(int(line.split()[1]) for line in figures if line.startswith("Shared_Dirty"))

def read():
    return sum(len(record.text) for record in records)

def collect():
    gc.collect()

def make():
    return [[number] for number in range(1_000_000)]

def make_without_major():
    gc.disable()
    return make()

for act in read, collect, make, make_without_major:
    sys.stdout.flush()
    if not os.fork():
        before = shared()
        act()
        copied = (before - shared()) / before
        print(f"{act.__name__}: copies", "below 5 %" if copied < 0.05 else
              "above 40 %" if copied > 0.4 else f"{copied:.0%}", flush=True)
        os._exit(0)
    os.wait()
print("gc.freeze:", hasattr(gc, "freeze"))
EOF
library=$(dirname "$(find "$work/root" -name 'libpypy3*-c.so' | head -n 1)")
LD_LIBRARY_PATH=$library "$work/root/usr/bin/pypy3" "$work/children.py" |
    expect 'of the memory shared with the parent' 'read: copies below 5 %
collect: copies above 40 %
make: copies above 40 %
make_without_major: copies below 5 %
gc.freeze: False'
stated
