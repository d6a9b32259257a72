"""web.py --mode MODE: what does a forked Django worker copy that serves requests?

Runs in an interpreter that has Django; its work is the shop of the workload. Makes a SQLite
database, loads 100,000 products from it into memory, serves 100 requests, does what MODE says
(nothing, freeze, immortalize) and forks a worker that serves 1,000 requests and collects garbage.
They go through Django's WSGI handler: pages from memory, from the database, JSON, sessions. Prints
one JSON object; its sizes are those of records.py, in bytes.

The control is a process of its own, in the same mode, that has a handful of products in memory
and otherwise does the same: the same 1,000 requests as to code, pages, queries and rows, so its
worker has the same needs of its own: SQLite's page cache, the session store, what a request takes.
What a worker writes into Django's own code and data would be in both and cancel out; it shows in
`copied`, which needs no control: pages that were there and shared when the work began.
"""

from __future__ import annotations

import argparse
import gc
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from observer import ENDS, Observer
from observer import measure as watched
from workload.heap import MODES
from workload.shop.serving import WARM, serve, start

PRODUCTS, FEW = 100_000, 100
REQUESTS = 1000


def measure(mode: str, database: Path, cached: int, requests: int, end: str = "") -> dict[str, Any]:
    """Load the application with *cached* products in memory, and let a worker serve *requests*."""
    observer = None if end else Observer()
    application = start(database)
    from django.db import connections
    from workload.shop import catalogue

    catalogue.load(cached)
    serve(application, WARM, cached)
    connections.close_all()  # a connection must not be used by two processes

    def worker() -> None:
        serve(application, requests, cached)
        gc.collect()

    return watched(worker, observer, end, mode, cached=cached)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mode", choices=MODES, required=True)
    parser.add_argument("--products", type=int, default=PRODUCTS, metavar="N")
    parser.add_argument("--requests", type=int, default=REQUESTS, metavar="N")
    parser.add_argument("--database", type=Path, metavar="FILE", help="make it if it isn't there")
    parser.add_argument("--cached", type=int, metavar="N", help="measure once, with so many cached")
    parser.add_argument("--end", choices=ENDS, help="measure nothing, but let the worker end so")
    return parser.parse_args()


def main() -> None:
    options = parse()
    if options.cached is not None:
        cached, requests = options.cached, options.requests
        found = measure(options.mode, options.database, cached, requests, options.end)
        if found.get("status", 0) is not None:
            print(json.dumps(found))
        return
    if options.database:
        start(options.database)
        from workload.shop import catalogue

        catalogue.fill(options.products)
        return
    script = [sys.executable, __file__, *sys.argv[1:]]
    with tempfile.TemporaryDirectory() as folder:
        database, copy = Path(folder, "database"), Path(folder, "copy")
        subprocess.run([*script, "--database", str(database)], check=True)
        results = []
        for cached in (options.products, FEW):
            shutil.copyfile(database, copy)
            command = [*script, "--database", str(copy), "--cached", str(cached)]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE)
            results.append(json.loads(done.stdout))
    found, control = results
    found["own"] = control["dirty"]
    found["growth"] = found["dirty"] - found["own"]
    print(json.dumps(found))


if __name__ == "__main__":
    main()
