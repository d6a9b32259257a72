"""Types whose instances are to stay mortal: others rely on their counts, or on their end."""

from __future__ import annotations

import gc
import sys

# By module, if that is loaded. An array that is immortal can't be resized: its method looks at the
# count. The others hold something as long as they are there: what a buffer is taken from can't be
# resized or closed, a table that is being read can't be dropped, a connection keeps its statements,
# and so its database open, and a suspended generator or greenlet is inside of its with statements.
_NAMES = {
    "builtins": ("memoryview",),
    "types": ("AsyncGeneratorType", "CoroutineType", "GeneratorType"),
    "pickle": ("PickleBuffer",),
    "sqlite3": ("Blob", "Connection", "Cursor"),
    "numpy": ("ndarray",),
    "_cffi_backend": ("__CDataFromBuf", "__CDataGCP"),
    "greenlet": ("greenlet",),
}


def mortal_types() -> tuple[type, ...]:
    """Return the types that immortalize_heap() leaves mortal by default, of the loaded modules.

    They are what gc.mortal_types() lists, where there is that; memoryview, pickle.PickleBuffer,
    generators, coroutines and greenlets; the iterators of iter(function, sentinel), re.finditer()
    and struct.iter_unpack(), and a pattern's scanner; sqlite3's Connection, Cursor and Blob;
    numpy.ndarray; what cffi's from_buffer() and gc() return; and the classes of extension modules
    made with nanobind. The README says why.
    """
    own: tuple[type, ...] = getattr(gc, "mortal_types", tuple)()
    found = [
        getattr(sys.modules[module], name)
        for module, names in _NAMES.items()
        if module in sys.modules
        for name in names
        if hasattr(sys.modules[module], name)
    ]
    return tuple(dict.fromkeys((*own, *found, *_iterators(), *_nanobind())))


def _iterators() -> list[type]:
    """Return the types of iterators that keep a buffer locked until they end."""
    found = [type(iter(int, 1))]  # re.finditer()'s, too
    if "struct" in sys.modules:
        found.append(type(sys.modules["struct"].iter_unpack("b", b"")))
    if "re" in sys.modules:
        found.append(type(sys.modules["re"].compile("").scanner("")))
    return found


def _nanobind() -> list[type]:
    """Return the classes of extension modules that complain at exit of instances still there."""
    return [cls for cls in object.__subclasses__() if type(type(cls)).__name__ == "nb_meta"]
