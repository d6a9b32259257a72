#!/usr/bin/env bash
# Each os.fork() ends the BLAS threads of the *parent*: NumPy's OpenBLAS stops them before the fork, and starts
# them again at the next large product, in the parent and in the child.
#
# Seen: NumPy 2.4.6 (its wheel) on CPython 3.11.7, 2026-11-30, on two or more processors.
# Why: the library's own handler of pthread_atfork. Plain subprocess.run() doesn't call it.
# Matters to: a master that computes and forks, and to os.fork()'s warning of threads: with NumPy alone
# there is none, since the threads are gone when the interpreter counts them.
# What to do: OPENBLAS_NUM_THREADS=1 in pre-fork servers; it saves each worker the stacks and buffers, too.
# shellcheck source=findings/lib.bash
source "$(dirname "$0")/lib.bash"
takes 3.11
[ "$(nproc)" -ge 2 ] || unable 'takes two processors'
packages numpy==2.4.6

OPENBLAS_NUM_THREADS=2 "$python" - <<'EOF' | expect 'threads of the process' \
'imported: 2
child: 1, after a product: 2
after the fork: 1
after a subprocess: 2
after a product: 2'
import os, subprocess, sys, time
import numpy

def threads():
    time.sleep(0.1)     # a thread that has been joined is listed for a moment
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("Threads"))

square = numpy.ones((600, 600))
print("imported:", threads(), flush=True)
if not os.fork():
    print("child:", threads(), end="", flush=True)
    square @ square
    print(", after a product:", threads(), flush=True)
    os._exit(0)
os.wait()
print("after the fork:", threads())
square @ square
subprocess.run(["true"], check=True)
print("after a subprocess:", threads())
square @ square
print("after a product:", threads())
EOF
stated
