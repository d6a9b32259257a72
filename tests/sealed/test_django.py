"""A forked Django worker serves requests from a sealed heap, and shares its data.

sealed/web.py tells what the work is, and what the growth is measured against.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from harness import run, run_json, site_packages
from measuring import MAX_BOOKKEEPING, SEALED, describe, instructions, sorts, writers

pytestmark = pytest.mark.slow  # minutes

WEB = SEALED / "web.py"
MIB = 1 << 20
PAGE = 4096


@pytest.fixture(scope="module")
def site(patched: Path) -> str:
    """A PYTHONPATH with Django, installed by the patched interpreter."""
    return str(site_packages(patched, SEALED / "django.txt"))


@pytest.fixture(scope="module")
def database(patched: Path, site: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database of 2,000 products."""
    path = tmp_path_factory.mktemp("web") / "database"
    options = ("--mode", "nothing", "--products", "2000", "--database", str(path))
    run(patched, WEB, *options, env={"PYTHONPATH": site})
    return path


def test_worker_copies_no_data(patched: Path, site: str) -> None:
    found = run_json(patched, WEB, "--mode", "immortalize", env={"PYTHONPATH": site})
    print(found)  # for the README, by -rP
    assert found["objects"] > 1_000_000
    assert found["growth"] <= 2 * MIB
    # What was shared and is no longer: code that runs, too, and what any child has of its own.
    assert found["copied"]["heap"] + found["copied"]["data"] <= 4 * MIB
    assert found["sealed"] <= 0.01 * found["rss"], "sealing itself adds to the parent's RSS"


def test_worker_copies_a_mortal_heap(stock: Path, site: str) -> None:
    """The bars above mean something."""
    options = ("--mode", "nothing", "--products", "20000")
    found = run_json(stock, WEB, *options, env={"PYTHONPATH": site})
    assert found["growth"] > 4 * MIB
    assert found["copied"]["heap"] > 8 * MIB


def test_worker_writes_into_few_immortal_pages(patched: Path, site: str, database: Path) -> None:
    """A worker has some state of its own in objects of Django that were sealed: who, for -rP."""
    files = ("--database", str(database), "--cached", "2000")
    options = (*files, "--requests", "1000", "--end", "sys.exit")
    rows = writers(patched, WEB, "--mode", "immortalize", *options, PYTHONPATH=site)
    print(describe(rows))
    pages = sorts(rows)
    assert pages["reading"] * PAGE <= MIB // 2, describe(rows)
    assert pages["malloc"] * PAGE <= 2 * MIB, describe(rows)
    assert pages["code"] * PAGE <= 2 * MIB, describe(rows)
    assert pages["bookkeeping"] <= MAX_BOOKKEEPING, describe(rows)


@pytest.mark.slow
@pytest.mark.skipif(not shutil.which("valgrind"), reason="no valgrind")
def test_sealing_costs_no_instructions(patched: Path, site: str, database: Path) -> None:
    """The same interpreter, sealed or not; the same requests."""
    files = ("--database", str(database), "--cached", "2000")
    options = (*files, "--requests", "200", "--end", "os._exit")
    unsealed = instructions(patched, WEB, "--mode", "nothing", *options, PYTHONPATH=site)
    sealed = instructions(patched, WEB, "--mode", "immortalize", *options, PYTHONPATH=site)
    print({"unsealed": unsealed, "sealed": sealed, "ratio": sealed / unsealed})
    assert sealed <= unsealed
