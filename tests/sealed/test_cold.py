"""A worker whose code had never run before the call: its memory for code, and its instructions.

sealed/cold.py imports an application of sealed/served.py, makes the heap immortal and forks.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from harness import SEALED, modules, site_packages
from measuring import (
    describe,
    for_code,
    instructions_of_parts,
    reading,
    sealed_rows,
    sorts,
    traced,
)

COLD = SEALED / "cold.py"
PAGE, KIB, MB = 4096, 1024, 1_000_000
# How many requests a worker serves while its pages are looked at
REQUESTS = {
    "django": "2000",
    "flask": "400",
    "jinja2": "400",
    "sqlalchemy": "200",
    "fastapi": "200",
}
# How many the instructions are counted of: the first ones, which specialize, and those after.
# Callgrind takes some fifty times as long as the work itself.
COUNTED = {
    "django": ("60", "180"),
    "flask": ("20", "60"),
    "jinja2": ("20", "60"),
    "sqlalchemy": ("10", "30"),
    "fastapi": ("20", "60"),
}
# Times the instructions of stock's worker. What is above 1 is what the test of each count takes:
# the same interpreter takes more, by about 1 %, if its heap isn't sealed.
MOST = dict.fromkeys(COUNTED, 1.02) | {"sqlalchemy": 1.03}


@pytest.fixture(scope="module")
def site(patched: Path) -> dict[str, str]:
    """How an interpreter finds the packages, installed by the patched one."""
    return modules(site_packages(patched, SEALED / "served.txt"))


@pytest.mark.parametrize("end", ("os._exit", "sys.exit"))
def test_idle_worker_copies_next_to_no_code(patched: Path, end: str) -> None:
    """It runs what the library does after a fork; one that ends in order, what is done then."""
    found = traced(patched, COLD, "none", "immortalize", "--end", end)
    copied = found["code_pages"] * PAGE
    print({"end": end, "code": copied})
    assert copied <= (64 if end == "os._exit" else 128) * KIB
    rows = for_code(sealed_rows(found))
    assert not rows, describe(rows)


@pytest.mark.slow  # minutes, with those below
@pytest.mark.parametrize("warm", ("0", "200"), ids=("cold", "warm"))
@pytest.mark.parametrize("application", REQUESTS)
def test_only_code_is_written_for_code(
    patched: Path, site: dict[str, str], application: str, warm: str
) -> None:
    """2 MB at most, for all that the worker specializes; and no page that holds anything else."""
    options = ("immortalize", REQUESTS[application], "--warm", warm)
    found = traced(patched, COLD, application, *options, **site)
    copied = found["code_pages"] * PAGE
    print({"code": copied, **sorts(sealed_rows(found))})
    assert copied > 20 * PAGE, "the application has run"
    assert copied <= 2 * MB
    rows = for_code(sealed_rows(found))
    assert not rows, describe(rows)


def test_a_write_for_code_is_seen() -> None:
    """What for_code() looks for is what the interpreter's functions are called."""
    row = {"code": False, "type": "type", "part": "tp_version_tag", "function": "f", "callers": []}
    assert not for_code([row])
    for other in (
        {"callers": ["assign_version_tag", "_PyType_Lookup"]},
        {"callers": ["_PyEval_EvalFrameDefault", "_Py_Specialize_LoadAttr"]},
        {"function": "_PyFunction_GetVersionForCurrentState"},
        {"type": "code"},
        {"part": "co_warmup"},
    ):
        assert for_code([row | other])
        assert not for_code([row | other | {"code": True}])


@pytest.mark.slow
@pytest.mark.parametrize("application", COUNTED)
def test_requests_take_no_more_instructions(
    patched: Path, stock: Path, site: dict[str, str], application: str
) -> None:
    """Sealed cold, against a worker of stock: the first requests, and those after."""
    counts = COUNTED[application]
    ours = instructions_of_parts(patched, COLD, application, "immortalize", *counts, **site)
    theirs = instructions_of_parts(stock, COLD, application, "nothing", *counts, **site)
    ratios = [one / other for one, other in zip(ours, theirs, strict=True)]
    print({"stock": theirs, "patched": ours, "ratios": ratios})
    assert max(ratios) <= MOST[application]


def test_program_of_its_own_writes_code_alone(patched: Path) -> None:
    """Records are read by code that never ran: nothing but its own pages is written."""
    options = ("--mode", "immortalize", "--records", "3000", "--end", "os._exit", "--cold")
    found = traced(patched, SEALED / "records.py", *options)
    rows = sealed_rows(found)
    print({"code": found["code_pages"] * PAGE, **sorts(rows)})
    assert not reading(rows), describe(reading(rows))
