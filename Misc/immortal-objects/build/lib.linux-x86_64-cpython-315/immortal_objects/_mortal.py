"""Types whose instances are to stay mortal: others rely on their counts, or on their end."""

from __future__ import annotations

import sys

# By module, if that is loaded. An array that is immortal can't be resized: its method looks at the
# count. The others hold something as long as they are there: what a buffer is taken from can't be
# resized or closed, a table that is being read can't be dropped, and a suspended generator is
# inside of its with statements.
_NAMES = {
    "builtins": ("memoryview",),
    "types": ("AsyncGeneratorType", "CoroutineType", "GeneratorType"),
    "pickle": ("PickleBuffer",),
    "sqlite3": ("Cursor",),
    "numpy": ("ndarray",),
    "_cffi_backend": ("__CDataFromBuf", "__CDataGCP"),
}


def mortal_types() -> tuple[type, ...]:
    """Return the types that immortalize_heap() leaves mortal by default, of the loaded modules.

    They are memoryview, pickle.PickleBuffer, generators and coroutines, sqlite3.Cursor,
    numpy.ndarray, what cffi's from_buffer() and gc() return, and the classes of extension modules
    made with nanobind. The README says why.
    """
    found = [
        getattr(sys.modules[module], name)
        for module, names in _NAMES.items()
        if module in sys.modules
        for name in names
        if hasattr(sys.modules[module], name)
    ]
    return (*found, *_nanobind())


def _nanobind() -> list[type]:
    """Return the classes of extension modules that complain at exit of instances still there."""
    return [cls for cls in object.__subclasses__() if type(type(cls)).__name__ == "nb_meta"]
