"""Programs of test_traps.py: each runs in a process of its own, with _core, gc, os, sys imported."""

MOVED = """
import weakref
class Cyclic: pass
called = []
def note(reference):
    called.append(reference)
gc.disable()
_core.immortalize_heap()
garbage = Cyclic()
garbage.me = garbage
reference = _core.immortalize(weakref.ref(garbage, note))
del garbage
_core.immortalize_heap()
assert called == [reference]
gc.collect()
"""
