"""Write the tables of integrations and of suites, from the JSON files beside this script.

They stand in the README.md beside this script, and in part in that of the repository.

test.sh --record tests/integrations makes measured.json (bytes; the table has MB, 10^6 bytes) and
suites.json.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from buildtool.core import markdown, pages, paths

FOLDER = Path(__file__).resolve().parent
LOADER = "PyTorch's DataLoader"
# Of each integration, the file here that shows the line.
EXAMPLES = {
    "gunicorn, sync": "gunicorn.conf.py",
    "gunicorn, gthread": "gunicorn.conf.py",
    "uvicorn and FastAPI under gunicorn": "gunicorn.conf.py",
    "uWSGI": "uwsgi_application.py",
    "Celery, prefork": "celery_hook.py",
    "Airflow, LocalExecutor": "airflow_executor.py",
    "Airflow, without our records": "airflow_executor.py",
    "multiprocessing, fork": "multiprocessing_fork.py",
    "multiprocessing, forkserver": "forkserver_preload.py",
    "ProcessPoolExecutor": "process_pool_executor.py",
    "MPIRE": "mpire_pool.py",
    "joblib, multiprocessing": "joblib_multiprocessing.py",
    "pytest-forked": "pytest_hook.py",
    "NumPy and pandas, objects": "numpy_pandas.py",
    "NumPy and pandas, NumPy compiled": "numpy_pandas.py",
    LOADER: "pytorch_dataloader.py",
}
HEAD = (
    "with", "workers", "copied by each: stock", "immortal", "PSS of each: stock", "immortal",
    "all processes: stock", "immortal", "ratio",
)  # fmt: skip
# Those that the first page shows.
FIRST = (
    "gunicorn, sync",
    "uvicorn and FastAPI under gunicorn",
    "uWSGI",
    "Celery, prefork",
    "multiprocessing, forkserver",
    "PyTorch's DataLoader",
)
SHORT_HEAD = (
    "MB, with 8 workers", "a worker copies: stock", "immortal",
    "all processes: stock", "immortal", "ratio",
)  # fmt: skip
SIZES = ("private_dirty", "pss", "total_pss")


def table(measured: dict[str, dict[str, dict[str, Any]]]) -> str:
    """Return the table as Markdown: Private_Dirty and PSS of the average worker, PSS of all."""
    rows = []
    for name, found in measured.items():
        stock, patched = found["stock"], found["patched"]
        link = f"[{name}]({EXAMPLES[name]})"
        sizes = [one[key] / 1e6 for key in SIZES for one in (stock, patched)]
        cells = [link, str(stock["workers"]), *(f"{size:.1f}" for size in sizes)]
        rows.append([*cells, f"{patched['total_pss'] / stock['total_pss']:.2f}"])
    return markdown.table(HEAD, rows)


def summary(measured: dict[str, dict[str, dict[str, Any]]]) -> str:
    """Return the first page's table: Private_Dirty of the average worker, PSS of all, in MB."""
    rows = []
    for name in FIRST:
        both = [measured[name][kind] for kind in ("stock", "patched")]
        cells = [f"[{name}](Misc/integrations/{EXAMPLES[name]})"]
        cells += [f"{one[key] / 1e6:.1f}" for key in ("private_dirty", "total_pss") for one in both]
        rows.append([*cells, f"{both[1]['total_pss'] / both[0]['total_pss']:.2f}"])
    return markdown.table(SHORT_HEAD, rows)


def loader(found: dict[str, dict[str, Any]]) -> str:
    """Return what a worker of PyTorch's DataLoader copies of the list, as a sentence."""
    size = found["stock"]["list"]
    stock, patched = (found[kind]["growth"] / size for kind in ("stock", "patched"))
    return (
        f"A DataLoader worker copies {stock:.0%} of its list of {size / 1e6:.0f} MB on stock, and "
        f"{patched:.2%} of\nan immortal heap; what it copies with an empty list is subtracted."
    )


def suites(results: dict[str, dict[str, Any]]) -> str:
    """Return the table of test suites as Markdown: how many tests ran, how many differ."""
    rows = []
    for name, found in results.items():
        ended = found["outcomes"]
        counts = [ended.get(outcome, 0) for outcome in ("passed", "skipped", "failed")]
        rows.append((name, found["tests"], *counts, len(found["differing"])))
    head = ("suite", "tests", "passed", "skipped", "failed in stock", "other than in stock")
    return markdown.table(head, rows)


def main() -> None:
    """Write all tables into their pages."""
    measured = json.loads((FOLDER / "measured.json").read_text())
    ours = FOLDER / "README.md"
    pages.replace(ours, "integrations", table(measured))
    pages.replace(ours, "loader", loader(measured[LOADER]))
    pages.replace(ours, "suites", suites(json.loads((FOLDER / "suites.json").read_text())))
    pages.replace(paths.ROOT / "README.md", "integrations", summary(measured))


if __name__ == "__main__":
    main()
