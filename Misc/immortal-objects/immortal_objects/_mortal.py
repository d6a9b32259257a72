"""Types whose instances are to stay mortal: others rely on their counts, or on their end."""

from __future__ import annotations

import gc
import sys
from typing import Any

# By module, if that is loaded. They hold something as long as they are there: what a buffer is
# taken from can't be resized or closed, a table that is being read can't be dropped, a connection
# keeps its statements, and so its database open, and a suspended generator is inside of its with
# statements.
_OWN = {
    "builtins": ("memoryview",),
    "types": ("AsyncGeneratorType", "CoroutineType", "GeneratorType"),
    "pickle": ("PickleBuffer",),
    "sqlite3": ("Blob", "Connection", "Cursor"),
}
# Static types of the interpreter that no module names; an instance holds a coroutine, for instance.
_NAMELESS = {"async_generator_asend", "async_generator_athrow", "coroutine_wrapper"}
_HEAP_TYPE = 1 << 9
# Modules with types that own_types() has once they are loaded.
_LATE = ("pickle", "re", "sqlite3", "struct")
# The same in other distributions. An array that is immortal can't be resized: its method looks at
# the count.
_OTHERS = {
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
    return tuple(dict.fromkeys((*own_types(), *_named(_OTHERS), *_nanobind())))


class _Known:
    """The latest result of own_types(), for the modules that were loaded then."""

    loaded: tuple[bool, ...] = ()
    types: tuple[type, ...] = ()


def own_types() -> tuple[type, ...]:
    """Return those of mortal_types() that come with the interpreter, as gc.mortal_types() does.

    Called for each object that becomes immortal, so that it has to be quick.
    """
    if hasattr(gc, "mortal_types"):
        own: tuple[type, ...] = gc.mortal_types()
        return own
    loaded = tuple(name in sys.modules for name in _LATE)
    if loaded != _Known.loaded:
        found = tuple(dict.fromkeys((*_named(_OWN), *_nameless(), *_iterators())))
        # Another thread may be importing one of these right now: then it is looked for again.
        expected = sum(len(names) for module, names in _OWN.items() if module in sys.modules)
        _Known.types = found
        _Known.loaded = loaded if len(_named(_OWN)) == expected else ()
        return found
    return _Known.types


def _named(names: dict[str, tuple[str, ...]]) -> list[type]:
    """Return the types of these names in modules, as far as they are there."""
    return [
        getattr(sys.modules[module], name)
        for module, of_module in names.items()
        if module in sys.modules
        for name in of_module
        if hasattr(sys.modules[module], name)
    ]


def _nameless() -> list[type]:
    return [
        cls
        for cls in object.__subclasses__()
        if cls.__name__ in _NAMELESS and not cls.__flags__ & _HEAP_TYPE
    ]


def _iterators() -> list[type]:
    """Return the types of iterators that keep a buffer locked until they end."""
    found: list[type] = [type(iter(int, 1))]  # re.finditer()'s, too
    struct: Any = sys.modules.get("struct")
    re: Any = sys.modules.get("re")
    if hasattr(struct, "iter_unpack"):
        found.append(type(struct.iter_unpack("b", b"")))
    if hasattr(re, "compile"):
        found.append(type(re.compile("").scanner("")))
    return found


def _nanobind() -> list[type]:
    """Return the classes of extension modules that complain at exit of instances still there."""
    return [cls for cls in object.__subclasses__() if type(type(cls)).__name__ == "nb_meta"]
