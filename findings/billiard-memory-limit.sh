#!/usr/bin/env bash
# A pool of billiard (Celery's worker_max_memory_per_child) with a limit below what the *parent* once held
# replaces each child after its first task, though the child has hardly any memory of its own.
#
# Seen: billiard 4.3.2, CPython 3.11.7, 2026-11-30: 200 MB loaded before the fork, limit 100 MB, 6 tasks:
# 6 processes; limit 400 MB: 1 process.
# Why: the limit is compared with ru_maxrss: the peak of resident pages, shared ones included, and it never
# falls. Freeing the 200 MB in the child doesn't help either.
# Matters to: preloading, which saves memory and here starts a process a task. No message is an error.
# What to do: set the limit to the parent's resident size plus what a child may grow, or leave it out and
# watch Private_Dirty of /proc/PID/smaps_rollup.
# shellcheck source=findings/lib.bash
source "$(dirname "$0")/lib.bash"
takes 3.11
packages billiard==4.3.2

cat >"$work/pool.py" <<'EOF'
import os
from billiard.pool import Pool

loaded = None

def task(free):
    global loaded
    if free:
        loaded = None
    with open("/proc/self/smaps_rollup") as figures:
        private = sum(int(line.split()[1]) for line in figures if line.startswith("Private_Dirty"))
    return os.getpid(), private

def run(limit, free=False):
    pool = Pool(1, max_memory_per_child=limit)
    done = [pool.apply(task, (free,)) for _ in range(6)]
    pool.terminate()
    pool.join()
    small = all(private < 10_000 for _, private in done)
    return f"{len({pid for pid, _ in done})} processes, all below 10 MB of their own: {small}"

if __name__ == "__main__":
    loaded = bytearray(b"x") * (200 << 20)
    print("limit 100 MB:", run(100_000))
    print("limit 100 MB, freed in the child:", run(100_000, free=True))
    print("limit 400 MB:", run(400_000))
EOF
"$python" "$work/pool.py" 2>/dev/null | expect 'six tasks, 200 MB shared with the parent' \
'limit 100 MB: 6 processes, all below 10 MB of their own: True
limit 100 MB, freed in the child: 6 processes, all below 10 MB of their own: True
limit 400 MB: 1 processes, all below 10 MB of their own: True'
stated
