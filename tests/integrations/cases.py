"""The real programs of Misc/integrations, each with what it takes to run it under load.

test_workers.py runs them. With --record it does so at full size, and puts the figures into
Misc/integrations/measured.json, from which Misc/integrations/table.py makes the README's table.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from harness import site_packages
from waiting import free_port, wait_for
from workload.shop.serving import requested

from . import observing
from .observing import EXAMPLES, PROGRAMS, Figures, environment

MEASURED = EXAMPLES / "measured.json"
# The applications' report reads all that they have: every so many requests is for one.
REPORT = 50


@dataclass(frozen=True)
class Size:
    """How many workers share how much, and how many requests a server gets."""

    workers: int
    records: int
    products: int
    requests: int


SMALL = Size(workers=4, records=50_000, products=5000, requests=400)
FULL = Size(workers=8, records=300_000, products=100_000, requests=2000)
ITEMS = 2_000_000  # in the list of PyTorch's data set


@dataclass(frozen=True)
class Place:
    """The interpreter to measure, and one which installs packages for it.

    *package* is a folder with immortal-objects and its extension; without one it is that of Misc/.
    """

    python: Path
    installer: Path
    package: Path | None = None

    def sites(self, wanted: str = "small.txt") -> list[Path]:
        """Return the folders with the package, if it is another one, and those that a file pins."""
        ours = [self.package] if self.package else []
        return [*ours, site_packages(self.installer, PROGRAMS / wanted)]


def script(name: str, place: Place, size: Size) -> Figures:
    """A program in Misc/integrations that makes a pool of workers."""
    env = environment(*place.sites(), DATA_RECORDS=str(size.records))
    return observing.pool([place.python, EXAMPLES / name], size.workers, env)


def compiled_numpy(place: Place, size: Size) -> Figures:
    """With a NumPy compiled for the patched interpreter; the wheel is one compiled for stock."""
    env = environment(*place.sites(), DATA_RECORDS=str(size.records))
    if place.python == place.installer:
        compiled = site_packages(place.installer, PROGRAMS / "numpy.txt")
        env = environment(compiled, *place.sites(), DATA_RECORDS=str(size.records))
    return observing.pool([place.python, EXAMPLES / "numpy_pandas.py"], size.workers, env)


def forked_test(place: Place, size: Size) -> Figures:
    """One child: pytest-forked runs a test at a time."""
    env = environment(*place.sites(), DATA_RECORDS=str(size.records))
    # Nothing of this project's own tests: neither conftest.py nor settings.
    options = ("--noconftest", "-c", os.devnull, "-p", "no:cacheprovider", "-p", "pytest_hook")
    tests = ["-m", "pytest", "--forked", *options, PROGRAMS / "forked_case.py"]
    return observing.pool([place.python, *tests], 1, env)


@contextlib.contextmanager
def redis() -> Iterator[str]:
    """Run Debian's redis-server, with nothing on disk; give its URL."""
    port = free_port()
    options = ("--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", "/tmp")
    with observing.started(["redis-server", *options], dict(os.environ)):
        wait_for(port)
        yield f"redis://127.0.0.1:{port}/0"


def celery(place: Place, size: Size) -> Figures:
    with redis() as url:
        env = environment(*place.sites(), DATA_RECORDS=str(size.records), BROKER=url)
        count = str(size.workers)
        options = ("-c", count, "-O", "fair", "--prefetch-multiplier", "1")
        worker = [place.python, "-m", "celery", "-A", "tasks", "worker", *options]
        client = [place.python, PROGRAMS / "send_tasks.py", count]
        return observing.pool(worker, size.workers, env, client)


@contextlib.contextmanager
def airflow_home(place: Place, size: Size) -> Iterator[dict[str, str]]:
    """Make Airflow's folder, and a database with a DAG in it; run its API server.

    Gives the environment of its scheduler.
    """
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        settings = {
            "CORE__EXECUTOR": "airflow_executor.ImmortalLocalExecutor",
            "CORE__PARALLELISM": str(size.workers),
            "CORE__DAGS_FOLDER": str(PROGRAMS / "dags"),
            "CORE__DAGS_ARE_PAUSED_AT_CREATION": "False",
            "CORE__LOAD_EXAMPLES": "False",
            "CORE__EXECUTION_API_SERVER_URL": f"http://127.0.0.1:{port}/execution/",
        }
        env = environment(
            *place.sites("airflow.txt"),
            AIRFLOW_HOME=folder,
            DATA_RECORDS=str(size.records),
            DATA_WORKERS=str(size.workers),
            **{f"AIRFLOW__{name}": value for name, value in settings.items()},
        )
        airflow = [str(place.python), "-m", "airflow"]
        for command in (["db", "migrate"], ["dags", "reserialize"]):
            subprocess.run([*airflow, *command], env=env, check=True, capture_output=True)
        api = [*airflow, "api-server", "--host", "127.0.0.1", "--port", str(port), "--workers", "1"]
        with observing.started(api, env):
            wait_for(port)
            yield env


def airflow(place: Place, size: Size) -> Figures:
    """The scheduler, and the workers that it forks; each of these forks a process for its task."""
    with airflow_home(place, size) as env:
        scheduler = [place.python, "-m", "airflow", "scheduler", "--skip-serve-logs"]
        client = [place.python, PROGRAMS / "await_dag.py"]
        return observing.pool(scheduler, size.workers, env, client)


@contextlib.contextmanager
def shop(place: Place, products: int) -> Iterator[dict[str, str]]:
    """Make the database of the Django project; give the environment of its server."""
    with tempfile.TemporaryDirectory() as folder:
        names = {"SHOP_DATABASE": f"{folder}/database", "SHOP_PRODUCTS": str(products)}
        env = environment(*place.sites(), **names)
        make = [place.installer, "-m", "workload.shop", str(products), names["SHOP_DATABASE"]]
        subprocess.run(make, env=env, check=True)
        yield env


def reporting(paths: Iterator[str]) -> Iterator[str]:
    """Yield the paths of pages, and in place of some of them the report."""
    for number, path in enumerate(paths):
        yield "/report/" if number % REPORT == REPORT - 1 else path


def gunicorn(options: tuple[str, ...], place: Place, size: Size) -> Figures:
    port = free_port()
    config = ("-c", str(EXAMPLES / "gunicorn.conf.py"), "-w", str(size.workers), "--timeout", "600")
    server = [place.python, "-m", "gunicorn", *config, *options, "-b", f"127.0.0.1:{port}"]
    with shop(place, size.products) as env:
        paths = reporting(requested(size.products))
        command = [*server, "application:application"]
        return observing.server(command, port, size.workers, paths, size.requests, env)


def fastapi(place: Place, size: Size) -> Figures:
    port = free_port()
    options = ("-w", str(size.workers), "-k", "uvicorn_worker.UvicornWorker")
    # On a busy machine the report keeps a worker's event loop from saying that it is alive.
    options = (*options, "--timeout", str(observing.TIMEOUT))
    config = ("-c", EXAMPLES / "gunicorn.conf.py", *options, "-b", f"127.0.0.1:{port}")
    server = [place.python, "-m", "gunicorn", *config, "application_fastapi:application"]
    env = environment(*place.sites(), DATA_RECORDS=str(size.records))
    pages = (f"/customer/{number * 7919 % size.records}" for number in itertools.count())
    paths = reporting(pages)
    return observing.server(server, port, size.workers, paths, size.requests, env)


def uwsgi(place: Place, size: Size) -> Figures:
    """uWSGI is a program with the interpreter in it: each interpreter compiles its own."""
    port = free_port()
    program = site_packages(place.python, PROGRAMS / "uwsgi.txt").parents[2] / "bin" / "uwsgi"
    options = ("--processes", str(size.workers), "--http-socket", f"127.0.0.1:{port}")
    command = [program, "--ini", EXAMPLES / "uwsgi.ini", *options]
    with shop(place, size.products) as env:
        paths = reporting(requested(size.products))
        return observing.server(command, port, size.workers, paths, size.requests, env)


def data_loader(place: Place, size: Size) -> Figures:
    """control: Private_Dirty of a worker whose list is empty; growth: beyond it; list: its size."""
    command = [place.python, EXAMPLES / "pytorch_dataloader.py"]
    found = {}
    for kept in (0, ITEMS):
        names = {"DATA_RECORDS": str(ITEMS), "DATA_KEPT": str(kept)}
        env = environment(*place.sites("torch.txt"), **names)
        found[kept] = observing.pool(command, size.workers, env)
    control = found[0]["private_dirty"]
    growth = found[ITEMS]["private_dirty"] - control
    # sys.getsizeof() of a name, rounded up to what is allocated, and the list's pointer to it.
    return {**found[ITEMS], "control": control, "growth": growth, "list": ITEMS * (80 + 8)}


CASES: dict[str, Callable[[Place, Size], Figures]] = {
    "gunicorn, sync": partial(gunicorn, ()),
    "gunicorn, gthread": partial(gunicorn, ("-k", "gthread", "--threads", "4")),
    "uvicorn and FastAPI under gunicorn": fastapi,
    "uWSGI": uwsgi,
    "Celery, prefork": celery,
    "Airflow, LocalExecutor": airflow,
    "Airflow, without our records": lambda place, size: airflow(place, replace(size, records=0)),
    "multiprocessing, fork": partial(script, "multiprocessing_fork.py"),
    "multiprocessing, forkserver": partial(script, "multiprocessing_forkserver.py"),
    "ProcessPoolExecutor": partial(script, "process_pool_executor.py"),
    "MPIRE": partial(script, "mpire_pool.py"),
    "joblib, multiprocessing": partial(script, "joblib_multiprocessing.py"),
    "pytest-forked": forked_test,
    "NumPy and pandas, objects": partial(script, "numpy_pandas.py"),
    "NumPy and pandas, NumPy compiled": compiled_numpy,
    "PyTorch's DataLoader": data_loader,
}
