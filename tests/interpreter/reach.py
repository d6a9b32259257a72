"""What the programs of test_reach and test_reach_heap begin with."""

from __future__ import annotations

from pathlib import Path

from harness import run

PRELUDE = """
import gc, sys, types, weakref
immortal = gc.is_immortal

def fresh(text):
    '''A new, mortal string.'''
    made = "".join(["fresh ", text])
    assert not immortal(made)
    return made

def name(text):
    '''A string that can be a name, interned at run time.'''
    return sys.intern("".join(["name_", text]))
"""


def check(python: Path, case: str) -> None:
    """Run the lines of *case*, indented, behind the prelude; none of its assertions may fail."""
    run(python, PRELUDE + "if True:\n" + case)
