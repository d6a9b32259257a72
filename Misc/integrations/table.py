"""Print the README's tables of integrations and of suites, from the JSON files beside this script.

tests/integrations/cases.py makes measured.json (bytes; the table has MB, 10^6 bytes), and
tests/packages/suites.py makes suites.json.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

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
HEAD = """\
| with | workers | copied by each: stock | immortal | PSS of each: stock | immortal | \
all processes: stock | immortal | ratio |
| --- | --- | --- | --- | --- | --- | --- | --- | --- |"""
SIZES = ("private_dirty", "pss", "total_pss")


def table(measured: dict[str, dict[str, dict[str, Any]]]) -> str:
    """Return the table as Markdown: Private_Dirty and PSS of the average worker, PSS of all."""
    lines = [HEAD]
    for name, found in measured.items():
        stock, patched = found["stock"], found["patched"]
        link = f"[{name}](Misc/integrations/{EXAMPLES[name]})"
        sizes = [one[key] / 1e6 for key in SIZES for one in (stock, patched)]
        cells = [link, str(stock["workers"]), *(f"{size:.1f}" for size in sizes)]
        cells.append(f"{patched['total_pss'] / stock['total_pss']:.2f}")
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


def loader(found: dict[str, dict[str, Any]]) -> str:
    """Return what a worker of PyTorch's DataLoader copies of the list, as a sentence."""
    size = found["stock"]["list"]
    stock, patched = (found[kind]["growth"] / size for kind in ("stock", "patched"))
    copied = f"a worker copies {stock:.0%} in stock and {patched:.2%} of an immortal heap"
    return f"Of the DataLoader's list, {size / 1e6:.0f} MB, {copied}"


def suites(results: dict[str, dict[str, Any]]) -> str:
    """Return the table of test suites as Markdown: how many tests ran, how many differ."""
    lines = ["| suite | tests | passed | skipped | failed in stock | other than in stock |"]
    lines.append("| --- | --- | --- | --- | --- | --- |")
    for name, found in results.items():
        ended = found["outcomes"]
        counts = [ended.get(outcome, 0) for outcome in ("passed", "skipped", "failed")]
        cells = (name, found["tests"], *counts, len(found["differing"]))
        lines.append(f"| {' | '.join(map(str, cells))} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    measured = json.loads((FOLDER / "measured.json").read_text())
    print(table(measured))
    print(f"{loader(measured[LOADER])}\n")
    print(suites(json.loads((FOLDER / "suites.json").read_text())), end="")
