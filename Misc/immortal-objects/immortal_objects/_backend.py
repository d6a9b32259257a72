"""What makes objects immortal here: the interpreter's own gc, the extension, or nothing.

It is chosen once, when the package is imported.
"""

from __future__ import annotations

import gc
import importlib.util
import logging
import sys
import sysconfig
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

from ._mortal import own_types

# By reason ("immortal", or why they aren't) and by type: how many objects, and their bytes.
Census = dict[str, dict[type, tuple[int, int]]]

LOGGER = logging.getLogger(__package__)


@dataclass(frozen=True)
class Backend:
    """The functions that do it, with the contract of gc's; or why there are none.

    *name* is "gc", "extension" or "nothing". For "nothing", *reason* is a line without a full stop,
    and *level* that of the message which says so in the log.
    """

    name: str
    immortalize: Callable[[Any], Any] = lambda obj: obj
    immortalize_heap: Callable[..., int] = lambda **arguments: 0
    is_immortal: Callable[[Any], bool] = lambda obj: False
    census: Callable[[], Census] | None = None
    reason: str = ""
    level: int = logging.DEBUG

    @property
    def able(self) -> bool:
        """Whether anything can become immortal."""
        return self.name != "nothing"

    @property
    def takes_mortal(self) -> bool:
        """Whether immortalize_heap() takes types whose instances stay mortal, by its signature."""
        signature = getattr(self.immortalize_heap, "__text_signature__", None) or ""
        return self.name == "extension" or "mortal" in signature


def choose() -> Backend:
    """Return what this interpreter has."""
    if hasattr(gc, "immortalize_heap"):
        names = ("immortalize", "immortalize_heap", "is_immortal")
        return Backend("gc", *(getattr(gc, name) for name in names))
    if importlib.util.find_spec(f"{__package__}._core") is None:
        free = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
        what = "free-threaded CPython" if free else "this interpreter"
        return Backend("nothing", reason=f"{what} can't make objects immortal")
    version = sys.version.split()[0]
    try:
        from . import _core
    except ImportError as error:
        return _refused(f"the extension can't be loaded by this CPython {version}: {error}")
    reason = _core.usable()
    if reason:
        return _refused(f"the extension isn't for this CPython {version}: {reason}")
    return Backend("extension", *_as_in_gc(_core), _core.is_immortal, _core.census)


def _as_in_gc(core: Any) -> tuple[Callable[[Any], Any], Callable[..., int]]:
    """Return the extension's two functions with the contract of gc's."""

    def immortalize(obj: Any) -> Any:
        return core.immortalize(obj, own_types())

    def immortalize_heap(*, mortal: tuple[type, ...] = ()) -> int:
        return _call(core.immortalize_heap, mortal)

    return immortalize, immortalize_heap


def _call(function: Callable[[tuple[type, ...]], int], mortal: tuple[type, ...]) -> int:
    """Call a function that makes all immortal, itself and its argument among it.

    From 3.14 on the interpreter subtracts what it has counted for a call from immortal counts, too.
    Parameters of a function in Python that are passed on by position aren't counted.
    """
    return function(mortal)


def _refused(reason: str) -> Backend:
    return Backend("nothing", reason=reason, level=logging.WARNING)


CHOSEN = choose()


@cache
def say_that_nothing_changes() -> None:
    """Log it; once, by the cache."""
    LOGGER.log(CHOSEN.level, "%s: no change", CHOSEN.reason)
