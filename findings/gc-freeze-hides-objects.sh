#!/usr/bin/env bash
# After gc.freeze(), objgraph and Pympler report that a leak of 1,000 objects isn't there, and
# gc.get_referrers() finds nobody who holds them. guppy3 still sees them all.
#
# Seen: objgraph 3.7.0, Pympler 1.1, guppy3 3.1.7 on CPython 3.11.7 and 3.14.10, 2026-11-30.
# Why: they start from gc.get_objects(), which leaves the permanent generation out. No tool says so:
# the counts are zeros, not errors.
# Matters to: whoever calls gc.freeze() in a pre-fork hook and looks for a leak in a worker.
# What to do: look with guppy3, or call gc.unfreeze() in the process that is examined.
# shellcheck source=findings/lib.bash
source "$(dirname "$0")/lib.bash"
takes 3.11 3.14
packages objgraph==3.7.0 Pympler==1.1 guppy3==3.1.7

"$python" - <<'EOF' | expect 'objects that each tool finds, of 1,000' \
'before: objgraph 1000, muppy 1000, guppy3 1000, referrer found: True
frozen: objgraph 0, muppy 0, guppy3 1000, referrer found: False
unfrozen: objgraph 1000, muppy 1000, guppy3 1000, referrer found: True'
import gc
import objgraph
from guppy import hpy
from pympler import muppy

class Leaked: pass

leak = [Leaked() for _ in range(1000)]

def look(when):
    seen = sum(type(found) is Leaked for found in muppy.get_objects())
    print(f"{when}: objgraph {objgraph.count('Leaked')}, muppy {seen},",
          f"guppy3 {(hpy().heap() & Leaked).count},",
          "referrer found:", any(holder is leak for holder in gc.get_referrers(leak[0])))

look("before")
gc.freeze()
look("frozen")
gc.unfreeze()
look("unfrozen")
EOF
stated
