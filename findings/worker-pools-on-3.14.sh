#!/usr/bin/env bash
# On 3.14 the libraries around multiprocessing have parted: pathos and multiprocess (a copy of multiprocessing),
# MPIRE and billiard still fork, while ProcessPoolExecutor, multiprocessing, Pebble and both backends of joblib
# don't. In the workers of the second group hash("x") isn't the parent's, either.
#
# Seen: the versions below on CPython 3.14.10, 2026-11-30.
# Why: 3.14's default is the fork server. It is another program, with a hash seed of its own, that never saw
# what the parent loaded; the first group names "fork" itself.
# Matters to: data loaded before a pool, which is shared by the first group alone; and to code that
# partitions by hash(key) % n, or keeps hashes in what it pickles: it splits wrongly without an error.
# What to do: multiprocessing.get_context("fork") where memory is to be shared; hashlib or zlib.crc32 for
# partitions.
# shellcheck source=findings/lib.bash
source "$(dirname "$0")/lib.bash"
takes 3.14
packages billiard==4.3.2 mpire==2.10.2 joblib==1.6.0 pathos==0.3.5 multiprocess==0.70.19 Pebble==5.2.3

cat >"$work/pools.py" <<'EOF'
import concurrent.futures, multiprocessing, os
import billiard, joblib, mpire, multiprocess, pathos.multiprocessing, pebble

LOADED = None

def look(*_):
    import __main__
    return getattr(__main__, "LOADED", None), hash("x")

def executor():
    with concurrent.futures.ProcessPoolExecutor(1) as pool:
        return pool.submit(look).result()

def pool_of(module):
    pool = module.Pool(1)
    try:
        return pool.apply(look)
    finally:
        pool.terminate()

def of_pebble():
    with pebble.ProcessPool(1) as pool:
        return pool.schedule(look).result()

def of_mpire():
    with mpire.WorkerPool(1) as pool:
        return pool.map(look, [1])[0]

def of_joblib(backend):
    return joblib.Parallel(2, backend=backend)(joblib.delayed(look)() for _ in range(2))[0]

if __name__ == "__main__":
    LOADED = os.getpid()
    for name, seen in {
        "ProcessPoolExecutor": executor(),
        "multiprocessing": pool_of(multiprocessing),
        "joblib, loky": of_joblib("loky"),
        "joblib, multiprocessing": of_joblib("multiprocessing"),
        "Pebble": of_pebble(),
        "billiard": pool_of(billiard),
        "MPIRE": of_mpire(),
        "multiprocess": pool_of(multiprocess),
        "pathos": pathos.multiprocessing.ProcessPool(1).map(look, [1])[0],
    }.items():
        print(f"{name}: shares {seen[0] == LOADED}, hashes alike {seen[1] == hash('x')}")
EOF
"$python" "$work/pools.py" | expect 'what a worker has of its parent' \
'ProcessPoolExecutor: shares False, hashes alike False
multiprocessing: shares False, hashes alike False
joblib, loky: shares False, hashes alike False
joblib, multiprocessing: shares False, hashes alike False
Pebble: shares False, hashes alike False
billiard: shares True, hashes alike True
MPIRE: shares True, hashes alike True
multiprocess: shares True, hashes alike True
pathos: shares True, hashes alike True'
stated
