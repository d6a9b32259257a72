#!/usr/bin/env bash
# On 3.14 `memray run --follow-fork` of a program with a multiprocessing.Pool records none of the workers and
# says nothing. The same program, the same command, one file a worker with the "fork" method.
#
# Seen: memray 1.20.0 on CPython 3.14.10, 2026-11-30.
# Why: the option follows os.fork(). 3.14's default starts workers from a fork server, a program of its own in
# which memray isn't active.
# Matters to: whoever compares the memory of workers before and after an upgrade: it seems to be gone.
# What to do: multiprocessing.set_start_method("fork") for the measurement, or start a memray.Tracker in the
# worker's initializer.
# shellcheck source=findings/lib.bash
source "$(dirname "$0")/lib.bash"
takes 3.14
packages memray==1.20.0

cat >"$work/program.py" <<'EOF'
import multiprocessing, sys

def work(number):
    return len(bytearray(10 << 20)) + number

if __name__ == "__main__":
    with multiprocessing.get_context(sys.argv[1]).Pool(2) as pool:
        pool.map(work, range(4))
EOF
default=$("$python" -c 'import multiprocessing as m; print(m.get_start_method())')
for method in "$default" fork; do
    mkdir "$work/$method"
    "$python" -m memray run --quiet --follow-fork --output "$work/$method/record" "$work/program.py" \
        "$method" >"$work/log" 2>&1 || unable "memray failed: $(tail -n 1 "$work/log")"
    printf '%s: %s of the parent, %s of 2 workers\n' "$method" "$(find "$work/$method" -name record | wc -l)" \
        "$(find "$work/$method" -name 'record.*' | wc -l)"
done | expect 'records' 'forkserver: 1 of the parent, 0 of 2 workers
fork: 1 of the parent, 2 of 2 workers'
stated
