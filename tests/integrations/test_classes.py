"""@immortal(instances=True) and classes of well-known packages: covered, refused, or documented.

programs/classes.py makes the instances; the distribution's README says the same.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from harness import DISTRIBUTION, TESTS, modules, run_json, site_packages

PROGRAMS = TESTS / "integrations" / "programs"
REFUSED = {"msgspec", "typed_dict"}
# By package: in which ways made instances are immortal, and in which not: without __init__().
COVERED = {
    "msgspec_post_init": [["call", "decode"], []],
    "pydantic": [
        ["call"],
        ["nested", "model_validate", "model_validate_json", "model_construct", "model_copy"],
    ],
    "attrs": [["above", "below", "sub", "evolve"], []],
    "sqlalchemy": [["call"], ["loaded"]],
    "django": [["call", "loaded", "deferred"], []],
    "protobuf": [["call", "parsed"], []],
    "extensions": [["lxml", "greenlet", "numpy", "local"], ["view"]],
    "ctypes": [["call"], ["from_buffer_copy", "element"]],
    "named_tuple": [["call"], ["_make", "_replace"]],
    "enum": [["member"], ["combination"]],
}


def ask(python: Path, patched: Path) -> dict[str, Any]:
    """Return what classes.py says of the classes that are not refused; check the others."""
    site = site_packages(patched, PROGRAMS / "classes.txt")
    env = modules(DISTRIBUTION, site)
    found = run_json(python, PROGRAMS / "classes.py", env=env)
    refused = {name for name, said in found.items() if isinstance(said, str)}
    assert refused == REFUSED, found
    for name in refused:
        assert found.pop(name).startswith("@immortal(instances=True) is for classes that call ")
    return dict(found)


def test_each_way_to_make_an_instance(patched: Path) -> None:
    assert ask(patched, patched) == COVERED


def test_each_way_in_stock(stock: Path, patched: Path) -> None:
    """The same is refused, and nothing is immortal."""
    expected = {name: [[], covered + rest] for name, (covered, rest) in COVERED.items()}
    assert {
        name: [covered, set(rest)] for name, (covered, rest) in ask(stock, patched).items()
    } == {name: [covered, set(rest)] for name, (covered, rest) in expected.items()}
