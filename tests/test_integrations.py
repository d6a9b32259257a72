"""Real servers and pools fork from an immortal heap: their workers' memory, patched and stock.

Misc/integrations has the one line that each of them needs; integrations/cases.py says how they are
run. The bars are for what all processes of a program take together (PSS), and for what a worker
has copied (Private_Dirty). Slow tests check Misc/integrations/measured.json, what the README shows.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

import pytest
from harness import TESTS

sys.path.insert(0, str(TESTS / "integrations"))

import cases

MB = 1_000_000
SERVERS = ("gunicorn, sync", "gunicorn, gthread", "uvicorn and FastAPI under gunicorn", "uWSGI")
# uWSGI is compiled for each interpreter; PyTorch and what it depends on are 5 GB.
SLOW = ("uWSGI", "PyTorch's DataLoader")
# NumPy's wheels count references of immortal objects, too: see the README.
NOT_ALL = "NumPy and pandas, objects"


@pytest.mark.parametrize("name", [name for name in cases.CASES if name not in SLOW])
def test_workers_share(patched: Path, stock: Path, name: str) -> None:
    if "Celery" in name and not shutil.which("redis-server"):
        pytest.skip("no redis-server; Debian's package of that name has it")
    before, after = (
        cases.CASES[name](cases.Place(python, patched), cases.SMALL) for python in (stock, patched)
    )
    print(f"{name}\n  stock   {before}\n  patched {after}")
    assert after["workers"] == before["workers"]
    if name in SERVERS:
        assert after["private_dirty"] < 0.35 * before["private_dirty"]
        assert after["total_pss"] < 0.8 * before["total_pss"]
    elif name == NOT_ALL:
        assert after["private_dirty"] < 0.6 * before["private_dirty"]
    else:
        assert before["private_dirty"] > 30 * MB, "the data is read"
        assert after["private_dirty"] < 3 * MB
        # One child alone is no great share.
        assert after["total_pss"] < (0.9 if after["workers"] == 1 else 0.5) * before["total_pss"]
