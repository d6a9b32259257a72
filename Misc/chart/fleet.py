"""fleet.py: what immortal objects save in many servers, by a small model.

The model has a server that loads *loaded* MiB and forks *workers*. A worker soon has *hot* MiB for
itself: code that gets hot in it, what it makes. Of the rest each request reads some at random, and
where reading writes, it copies that: of *data* MiB, 1 - exp(-1) after *spread* requests. Nothing
else is copied, all workers get as many requests, and the parent answers none. A worker that is
forked anew after a number of requests begins again with nothing copied; workers are of all ages.

The figures of stock and of patched, if none are given, follow from the first half of the
demonstration in docker/demo/results/. tests/repository/test_charts.py compares the second half
with what the model says of it. All sizes are in MiB.
"""

from __future__ import annotations

import argparse
import json
import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).resolve().parents[2] / "docker" / "demo" / "results"
MIB = 1 << 20
WARM = 500  # requests that a worker takes to have its hot part

Look = dict[str, Any]


@dataclass(frozen=True)
class Server:
    """The figures of one kind of server."""

    loaded: float
    hot: float
    data: float
    spread: float

    def touched(self, requests: float, refork: float = 0) -> float:
        """Return the part of *data* that a worker has copied after *requests*.

        With *refork* that is the average over the ages of workers that are forked anew so often.
        """
        if not refork or refork > requests:
            return 1 - math.exp(-requests / self.spread)
        ages = refork / self.spread
        return 1 + math.expm1(-ages) / ages

    def private(self, requests: float, refork: float = 0) -> float:
        """Return what a worker has for itself."""
        return self.hot + self.data * self.touched(requests, refork)

    def whole(self, workers: int, requests: float, refork: float = 0) -> float:
        """Return what the server takes: all that is loaded, once, and what workers have."""
        return self.loaded + workers * self.private(requests, refork)

    def of_workers(self, workers: int, requests: float) -> float:
        """Return the sum of the workers' Pss.

        Pss parts a page evenly among those that have it. The parent has all that is loaded. Of the
        hot part no worker has the original any more; of *data* a worker has each page with the
        same chance, independently of the others.
        """
        kept = 1 - self.touched(requests)
        alone = (1 - (1 - kept) ** (workers + 1)) / ((workers + 1) * kept)  # the parent's part
        rest = (self.loaded - self.hot - self.data) * workers / (workers + 1)
        return workers * self.private(requests) + self.data * (1 - alone) + rest


def mean(look: Look, figure: str) -> float:
    """Return the average of a *figure* over the workers of *look*."""
    return sum(float(row[figure]) for row in look["workers"]) / len(look["workers"])


def looks(side: str) -> list[Look]:
    """Return what the demonstration saw of stock or patched, in order."""
    return list(json.loads((RESULTS / f"{side}.json").read_text())["looks"])


def half(seen: list[Look]) -> tuple[list[Look], list[Look]]:
    """Return the looks up to half of all requests, and the later ones; those of warm workers."""
    warm = [look for look in seen if mean(look, "answered") >= WARM]
    middle = mean(warm[-1], "answered") / 2
    first = [look for look in warm if mean(look, "answered") <= middle]
    return first, warm[len(first) :]


def fitted(seen: list[Look]) -> Server:
    """Return the server whose workers come nearest to *seen*, which begins with the fork."""
    start = seen[0]
    workers = len(start["workers"])
    shared = sum(row["Pss"] - row["Private_Dirty"] for row in start["workers"]) / MIB
    loaded = shared * (workers + 1) / workers
    points = [(mean(look, "answered"), mean(look, "Private_Dirty") / MIB) for look in half(seen)[0]]
    found = []
    for spread in range(500, 50_001, 50):
        hot, data = _line([(-math.expm1(-n / spread), size) for n, size in points])
        one = Server(loaded, max(hot, 0), max(data, 0), spread)
        found.append((sum((one.private(n) - size) ** 2 for n, size in points), one))
    return min(found, key=lambda pair: pair[0])[1]


def _line(points: list[tuple[float, float]]) -> tuple[float, float]:
    """Return offset and slope of the line by least squares."""
    x, y = (sum(values) / len(points) for values in zip(*points, strict=True))
    above = sum((a - x) * (b - y) for a, b in points)
    slope = above / sum((a - x) ** 2 for a, _ in points)
    return y - slope * x, slope


def report(servers: dict[str, Server], args: argparse.Namespace) -> list[str]:
    """Return the lines of what a fleet of each kind takes."""
    lines = ["MiB        loaded      hot     data   spread   a worker   a server   the fleet"]
    sizes = {}
    for name, one in servers.items():
        whole = one.whole(args.workers, args.requests, args.refork)
        worker = one.private(args.requests, args.refork)
        sizes[name] = whole * args.servers
        lines.append(
            f"{name:<8} {one.loaded:8.1f} {one.hot:8.1f} {one.data:8.1f} {one.spread:8.0f} "
            f"{worker:10.1f} {whole:10.1f} {sizes[name]:11.0f}"
        )
    stock, patched = sizes.values()
    saved = (stock - patched) / 1024
    lines.append(f"saved: {saved:.1f} GiB of {stock / 1024:.1f}, {1 - patched / stock:.0%}")
    for name, one in servers.items():
        free = args.memory * 1024 - one.loaded
        fit = max(0, int(free / one.private(args.requests, args.refork)))
        lines.append(f"{name}: {fit} workers in {args.memory:g} GiB")
    return lines


def main(arguments: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--servers", type=int, default=1)
    add("--workers", type=int, default=8, help="of each server")
    add("--requests", type=float, default=10_000, help="that each worker has answered")
    add("--refork", type=float, default=0, help="requests after which a worker is forked anew")
    add("--memory", type=float, default=16, metavar="GIB", help="of a machine, to fill")
    for name in Server.__dataclass_fields__:
        add(f"--{name}", type=float, help=f"{name} of stock, in place of the demonstration's")
    args = parser.parse_args(arguments)
    given = {name: getattr(args, name) for name in Server.__dataclass_fields__}
    given = {name: value for name, value in given.items() if value is not None}
    stock, patched = (fitted(looks(side)) for side in ("stock", "patched"))
    loaded = given.get("loaded", patched.loaded)
    servers = {"stock": replace(stock, **given), "patched": replace(patched, loaded=loaded)}
    print("\n".join(report(servers, args)))


if __name__ == "__main__":
    main()
