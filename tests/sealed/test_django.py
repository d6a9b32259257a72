"""A forked Django worker serves requests from a sealed heap, and shares its data.

sealed/web.py tells what the work is, and what the growth is measured against.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from harness import MISC, SEALED, modules, run, run_json, site_packages
from measuring import check_pages, describe, instructions, sorts, writers

pytestmark = pytest.mark.slow  # minutes

WEB = SEALED / "web.py"
MIB = 1 << 20
PAGE = 4096


@pytest.fixture(scope="module")
def site(patched: Path) -> dict[str, str]:
    """How an interpreter finds Django, installed by the patched one."""
    return modules(site_packages(patched, MISC / "workload/workload/shop/requirements.txt"))


@pytest.fixture(scope="module")
def database(patched: Path, site: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database of 2,000 products."""
    path = tmp_path_factory.mktemp("web") / "database"
    options = ("--mode", "nothing", "--products", "2000", "--database", str(path))
    run(patched, WEB, *options, env=site)
    return path


def test_worker_copies_no_data(patched: Path, site: dict[str, str]) -> None:
    found = run_json(patched, WEB, "--mode", "immortalize", env=site)
    print(found)  # for the README, by -rP
    assert found["objects"] > 1_000_000
    assert found["growth"] <= 2 * MIB
    # What was shared and is no longer: code that runs, too, and what any child has of its own.
    assert found["copied"]["heap"] + found["copied"]["data"] <= 4 * MIB
    assert found["sealed"] <= 0.01 * found["rss"], "sealing itself adds to the parent's RSS"


def test_worker_copies_a_mortal_heap(stock: Path, site: dict[str, str]) -> None:
    """The bars above mean something."""
    options = ("--mode", "nothing", "--products", "20000")
    found = run_json(stock, WEB, *options, env=site)
    assert found["growth"] > 4 * MIB
    assert found["copied"]["heap"] > 8 * MIB


def test_worker_writes_into_few_immortal_pages(
    patched: Path, site: dict[str, str], database: Path
) -> None:
    """A worker has some state of its own in objects of Django that were sealed: who, for -rP."""
    files = ("--database", str(database), "--cached", "2000")
    options = (*files, "--requests", "1000", "--end", "sys.exit")
    rows = writers(patched, WEB, "--mode", "immortalize", *options, **site)
    print(describe(rows))
    assert sorts(rows)["reading"] * PAGE <= MIB // 2, describe(rows)
    check_pages(rows, malloc=2 * MIB // PAGE, code=2 * MIB // PAGE)


def test_sealing_costs_no_instructions(patched: Path, site: dict[str, str], database: Path) -> None:
    """The same interpreter, sealed or not; the same requests."""
    files = ("--database", str(database), "--cached", "2000")
    options = (*files, "--requests", "200", "--end", "os._exit")
    unsealed = instructions(patched, WEB, "--mode", "nothing", *options, **site)
    sealed = instructions(patched, WEB, "--mode", "immortalize", *options, **site)
    print({"unsealed": unsealed, "sealed": sealed, "ratio": sealed / unsealed})
    assert sealed <= unsealed
