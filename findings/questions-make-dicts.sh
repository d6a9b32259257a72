#!/usr/bin/env bash
# hasattr(o, "__dict__"), dir(o), copy.copy(o), pickle.dumps(o) and a measurement by Pympler's asizeof leave a dict
# of 64 bytes in each instance that they only look at, for good. Reading attributes doesn't.
#
# Seen: CPython 3.11.7 and 3.14.10 with Pympler 1.1, 2026-11-30; all but asizeof also on 3.12.1 and 3.13.0, and not on
# 3.10.13.
# Why: since 3.11 an instance has no dict until somebody asks for it; whoever asks makes one that stays.
# Matters to: measuring (the measured heap grows by what measures it), and to forked workers: a logger or a
# serializer that asks hasattr(o, "__dict__") writes to every shared record.
# What to do: ask the type: "__dict__" in dir(type(o)) or type(o).__dictoffset__; give records __slots__; take
# figures of a heap before asizeof sees it.
# shellcheck source=findings/lib.bash
source "$(dirname "$0")/lib.bash"
takes 3.11 3.14
packages Pympler==1.1

"$python" - <<'EOF' | expect 'bytes that stay, an instance' \
'getattr 0, getsizeof 0, dictoffset 0
hasattr 64, dir 64, copy 64, pickle 64, asizeof 64'
import copy, gc, pickle, sys, tracemalloc
from pympler import asizeof

class Record:
    def __init__(self):
        self.value = 1

def stays(call):
    records = [Record() for _ in range(2000)]
    call(Record())
    gc.collect()
    tracemalloc.start()
    before = tracemalloc.get_traced_memory()[0]
    for record in records:
        call(record)
    gc.collect()
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    return round(grown / len(records) / 4) * 4

for calls in (
    {"getattr": lambda o: o.value, "getsizeof": sys.getsizeof,
     "dictoffset": lambda o: type(o).__dictoffset__},
    {"hasattr": lambda o: hasattr(o, "__dict__"), "dir": dir, "copy": copy.copy,
     "pickle": pickle.dumps, "asizeof": asizeof.asizeof},
):
    print(", ".join(f"{name} {stays(call)}" for name, call in calls.items()))
EOF
stated
