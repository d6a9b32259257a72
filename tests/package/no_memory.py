"""no_memory.py WHAT HOW: failures/nomemory.py, with the extension's functions in place of gc's.

Not the package's own: what is written in Python around them would be most of what fails.
"""

import gc
import runpy

from immortal_objects import _core

NAMES = {
    "immortalize": _core.immortalize,
    "immortalize_heap": _core.immortalize_heap,
    "is_immortal": _core.is_immortal,
    "mortal_types": tuple,
}
for name, function in NAMES.items():
    setattr(gc, name, function)
runpy.run_module("nomemory", run_name="__main__", alter_sys=True)
