#!/usr/bin/env bash
# The garbage collector lists a suspended greenlet, and gc.is_tracked() says that it doesn't. After the greenlet ends,
# the same call says that it does.
#
# Seen: greenlet 3.5.6 on CPython 3.14.7, 2026-12-01; on 3.15.0rc2 the call says that it is tracked.
# Why: the type's tp_is_gc slot is false for a greenlet that can't be collected now. The object has a collector's header
# all the same, and lies in the collector's lists. gc.is_tracked() asks the slot, gc.get_objects() reads the lists.
# Matters to: tools and extensions that take PyObject_IS_GC() for a fact about memory, as whoever reads or sets the
# header before an object, or counts the size of that header.
# What to do: take the type's flag Py_TPFLAGS_HAVE_GC for what lies in memory, and the slot for what may be collected.
# shellcheck source=findings/lib.bash
source "$(dirname "$0")/lib.bash"
takes 3.14
packages greenlet==3.5.6

cat >"$work/suspended.py" <<'EOF'
import gc
import greenlet

def say(state, other):
    listed = any(one is other for one in gc.get_objects())
    print(f"{state}: tracked {gc.is_tracked(other)}, listed {listed}")

main = greenlet.getcurrent()
other = greenlet.greenlet(main.switch)
say("new", other)
other.switch()
say("suspended", other)
other.switch()
say("ended", other)
EOF
"$python" "$work/suspended.py" | expect 'a greenlet' 'new: tracked True, listed True
suspended: tracked False, listed True
ended: tracked True, listed True'
stated
