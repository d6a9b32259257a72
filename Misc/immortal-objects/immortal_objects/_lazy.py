"""Lazy imports of Python 3.15 (PEP 810): load what waits, and put it where it is looked up.

A lazy import that is resolved in a forked process is loaded there, by each one anew. And what
resolve() returns is put into the module's namespace by the first use only, which writes to it.
"""

from __future__ import annotations

import logging
import sys
import types
from typing import Any

LOGGER = logging.getLogger(__package__)

# None where Python has no lazy imports.
LAZY: Any = getattr(types, "LazyImportType", None)


def load_lazy_imports() -> int:
    """Resolve every lazy import in a namespace of a loaded module; return how many were.

    What is loaded so may import lazily in turn, and is resolved, too. An import that fails stays
    lazy: it raises its exception where it is used, as without this call.
    """
    if LAZY is None:
        return 0
    failed: set[int] = set()
    number = 0
    while True:
        waiting = [item for item in _waiting() if id(item[2]) not in failed]
        if not waiting:
            return number
        for namespace, name, lazy in waiting:
            try:
                value = lazy.resolve()
            except Exception as error:
                failed.add(id(lazy))
                LOGGER.debug("%r stays lazy: %s: %s", lazy, type(error).__name__, error)
                continue
            if namespace.get(name) is lazy:
                namespace[name] = value
                number += 1


def _waiting() -> list[tuple[dict[str, Any], str, Any]]:
    """Return namespace, name and lazy object of each import that wasn't used yet."""
    return [
        (namespace, name, value)
        for module in list(sys.modules.values())
        if isinstance(module, types.ModuleType)
        for namespace in [vars(module)]
        for name, value in list(namespace.items())
        if type(value) is LAZY
    ]
