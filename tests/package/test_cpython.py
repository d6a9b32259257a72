"""CPython's own tests on stock 3.14 end as without the package, with a heap made immortal before"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from package.stock import call

MODULES = [
    "test_asyncio.test_tasks",
    "test_collections",
    "test_copy",
    "test_dataclasses",
    "test_descr",
    "test_dict",
    "test_enum",
    "test_functools",
    "test_gc",
    "test_generators",
    "test_io",
    "test_list",
    "test_pickle",
    "test_set",
    "test_tuple",
    "test_typing",
    "test_weakref",
]
# In the default tier, the ones that tell most; they take seconds.
FIRST = ("test_gc", "test_dict", "test_weakref")


def compared(python: Path, module: str, folder: Path) -> dict[str, list[str | None]]:
    """Return the tests of a module whose outcomes differ, with both."""
    script = Path(__file__).with_name("run_modules.py")
    plain, immortal = (
        json.loads(call(python, script, kind, module, cwd=folder).stdout.splitlines()[-1])
        for kind in ("plain", "immortal")
    )
    assert len(plain) > 20
    names = sorted(plain.keys() | immortal.keys())
    pairs = {name: [plain.get(name), immortal.get(name)] for name in names}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


@pytest.mark.parametrize(
    "module",
    [pytest.param(name, marks=[] if name in FIRST else pytest.mark.slow) for name in MODULES],
)
def test_module(environment: Callable[[str], Path], module: str, tmp_path: Path) -> None:
    assert compared(environment("3.14"), module, tmp_path) == {}
