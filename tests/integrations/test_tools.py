"""Tools that look at memory say the same of an immortal heap, but for what is listed here.

programs/tools.py asks them: Pympler, objgraph, guppy3, memory_profiler, memray, tracemalloc,
and what sys, gc and weakref know by themselves.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from harness import TESTS, modules, run_json, site_packages

FOLDER = TESTS / "integrations" / "programs"

# What may differ once the heap is immortal; the README says so, too.
OTHERWISE = {"getrefcount", "gc", "generations", "untracked", "weakref", "dict_size"}


@pytest.fixture(scope="module")
def said(patched: Path, stock: Path) -> dict[str, dict[str, Any]]:
    """What the tools say in stock, in the patched interpreter, and there of an immortal heap."""
    env = modules(site_packages(patched, FOLDER / "tools.txt"))
    runs = (("stock", stock, "nothing"), ("patched", patched, "nothing"), ("heap", patched, "heap"))
    return {
        name: run_json(python, FOLDER / "tools.py", mode, env=env) for name, python, mode in runs
    }


def test_patched_says_what_stock_says(said: dict[str, dict[str, Any]]) -> None:
    assert said["patched"] == said["stock"]
    assert len(said["stock"]) == 14


def test_of_an_immortal_heap(said: dict[str, dict[str, Any]]) -> None:
    stock, heap = said["stock"], said["heap"]
    differing = {name for name in stock if stock[name] != heap[name]}
    assert differing <= OTHERWISE, [(stock[name], heap[name]) for name in differing - OTHERWISE]


def test_reference_counts(said: dict[str, dict[str, Any]]) -> None:
    """Of an immortal object it is a large number: extensions for stock change it a bit."""
    immortal, fresh = said["heap"]["getrefcount"]
    assert abs(immortal - (3 << 30)) < 1 << 20
    assert fresh == said["stock"]["getrefcount"][1]


def test_collector(said: dict[str, dict[str, Any]]) -> None:
    """Objects are listed, with referrers and referents, but not tracked, and in no generation."""
    assert said["stock"]["gc"] == [1000, 1, 2, True]
    assert said["heap"]["gc"] == [1000, 1, 2, False]
    assert (said["stock"]["generations"], said["heap"]["generations"]) == (1000, 0)


def test_what_the_collector_had_dropped(said: dict[str, dict[str, Any]]) -> None:
    """It is listed, and so are its contents by muppy: 1,000 tuples of a string each, and dicts."""
    assert said["stock"]["untracked"] == [0, 0, 0]
    assert said["heap"]["untracked"] == [2000, 2000, 1000]


def test_weak_references_and_finalizers(said: dict[str, dict[str, Any]]) -> None:
    """An immortal object doesn't die; one made later does, and the garbage of before has."""
    assert said["stock"]["weakref"] == [[True, True], ["died", "died"], [-5, 0]]
    assert said["heap"]["weakref"] == [[False, True], ["died"], [-5]]
    assert said["heap"]["unreachable cycle"] == [-2]


def test_size_of_an_instances_dict(said: dict[str, dict[str, Any]]) -> None:
    """A class in a sealed heap adds no key to those that its instances share: no slot is spare."""
    assert said["heap"]["dict_size"] <= said["stock"]["dict_size"]
    assert said["stock"]["dict_size"] - said["heap"]["dict_size"] <= 30 * 8
