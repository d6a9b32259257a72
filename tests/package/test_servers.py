"""Servers and pools on stock CPython 3.14: what the package does for the memory of their workers

integrations/cases.py runs them, as it does with the patched 3.11. Without its extension the package
changes nothing: so the same programs run before. The patched 3.14 runs them, too, to compare.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from integrations import cases

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]
# A worker of a server has some MB of its own: code that runs, and SQLite's cache.
SIZE = replace(cases.SMALL, products=50_000)
# Of what all processes take together in stock, the most that they may take.
SHARES = {
    "gunicorn, sync": 0.6,
    "gunicorn, gthread": 0.6,
    "uvicorn and FastAPI under gunicorn": 0.6,
    "uWSGI": 0.6,
    "Celery, prefork": 0.6,
    "multiprocessing, fork": 0.5,
    "multiprocessing, forkserver": 0.6,
    "ProcessPoolExecutor": 0.6,
    "MPIRE": 0.5,
    "joblib, multiprocessing": 0.6,
}


@pytest.mark.parametrize("name", SHARES)
def test_workers_share(
    environment: Callable[[str], Path],
    stock_of: Callable[..., Path],
    patched_of: Callable[[str], Path],
    name: str,
) -> None:
    python = stock_of("3.14")
    (package,) = environment("3.14").parents[1].glob("lib/python*/site-packages")
    places = {"stock": (python, None), "package": (python, package)}
    if name != "uWSGI":  # its interpreter is the one that it was compiled with
        places["patched"] = (patched_of("3.14"), None)
    found = {
        what: cases.CASES[name](cases.Place(program, python, folder), SIZE)
        for what, (program, folder) in places.items()
    }
    print(name, found)  # for the package's README, by -rP
    before = found.pop("stock")
    assert before["workers"] == SIZE.workers
    for after in found.values():
        assert after["workers"] == SIZE.workers
        assert after["private_dirty"] < 0.35 * before["private_dirty"]
        assert after["total_pss"] < SHARES[name] * before["total_pss"]
