"""multiprocessing's fork server, from which it starts processes by default since Python 3.14.

The server is a new program. What it preloads is what its processes share, once its heap is
immortal, for which immortal_objects.forkserver is preloaded last.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
import logging
import sys
from types import ModuleType
from typing import Any

LOGGER = logging.getLogger(__package__)

SERVER = "multiprocessing.forkserver"
HOOK = f"{__package__}.forkserver"
# The program's own script, which the server preloads by default.
MAIN = "__main__"


def preload_forkserver(*modules: str) -> None:
    """Have multiprocessing's fork server load *modules*, and share its heap with its processes.

    The server loads the program's script first, as by default, then *modules* by their names. Its
    heap becomes immortal, as by before_first_fork(), right before its first process starts. This
    replaces an earlier list of modules, as multiprocessing.set_forkserver_preload() does, whose
    list drops the script unless it names "__main__".

    Call it before the first process starts: later the server runs already, and the logger
    "immortal_objects" has a warning. Where no object can become immortal, modules are still
    preloaded.

    Raises TypeError if a module isn't named by a str; ValueError where there is no fork server,
    on Windows.
    """
    import multiprocessing

    for name in modules:
        if not isinstance(name, str):
            raise TypeError(f"modules are named by strings, but {name!r} is none")
    if "forkserver" not in multiprocessing.get_all_start_methods():
        raise ValueError("there is no fork server on this system")
    multiprocessing.set_forkserver_preload([MAIN, *modules, HOOK])
    if _server_runs(sys.modules[SERVER]):
        LOGGER.warning(
            "preload_forkserver() is too late for the fork server that runs already: "
            "call it before the first process is started"
        )


def cover_forkserver() -> None:
    """Have a fork server that this program starts later preload the hook, behind its list."""
    if SERVER in sys.modules:
        _add_hook(sys.modules[SERVER])
    elif not any(isinstance(finder, _WhenLoaded) for finder in sys.meta_path):
        sys.meta_path.insert(0, _WhenLoaded())


def _add_hook(module: Any) -> None:
    server = getattr(module, "_forkserver", None)
    modules = getattr(server, "_preload_modules", None)
    if isinstance(modules, list) and HOOK not in modules and not _server_runs(module):
        module.set_forkserver_preload([*modules, HOOK])


def _server_runs(module: Any) -> bool:
    return getattr(getattr(module, "_forkserver", None), "_forkserver_pid", None) is not None


class _WhenLoaded(importlib.abc.MetaPathFinder):
    """Add the hook when multiprocessing.forkserver is loaded, which most programs never do."""

    def find_spec(
        self, fullname: str, path: Any, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname != SERVER:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        if spec is not None and spec.loader is not None:
            load = spec.loader.exec_module

            def exec_module(module: ModuleType) -> None:
                load(module)
                _add_hook(module)

            spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec
