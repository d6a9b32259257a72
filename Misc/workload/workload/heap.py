"""heap.py MODE RECORDS: how much of a loaded heap does a forked child that reads it copy?

Runs in the interpreter that is to be measured, so it uses the standard library alone. Loads an
application's heap, does what MODE says (nothing, freeze, immortalize), forks, lets the child read
every record and run gc.collect(), and prints one JSON object; all sizes are in bytes:
heap (growth of the parent by the loading), rss (of the child), dirty (growth of the child's
Private_Dirty, which is what it had to copy), and objects (that the mode took out of collection).
The figures of memory are the kernel's own, from /proc/self/smaps_rollup.
"""

import gc
import json
import os
import sys
from typing import Any

MODES = ("nothing", "freeze", "immortalize")


class Record:
    """One row of an application's in-memory table."""

    __slots__ = ("attributes", "name", "number", "position", "price", "tags")

    def __init__(self, number: int) -> None:
        self.number = number + 1_000_000
        self.name = f"customer-{number:07d}"
        self.price = number * 1.01
        self.position = (number * 0.5, number * 0.25)
        self.tags = (f"region-{number % 977}", f"segment-{number % 61}", number % 7 == 0)
        self.attributes: dict[str, Any] = {
            "city": f"city {number % 4999}",
            "visits": number * 3 + 1000,
            "balance": number / 7,
            "history": [number + 2000, number + 3000],
        }


def load(records: int) -> dict[str, Record]:
    """Return *records* records by name, as a server would load them before it forks."""
    return {record.name: record for record in map(Record, range(records))}


def read(table: dict[str, Record]) -> float:
    """Read every object of every record; return a sum, so that nothing is left out."""
    total = 0.0
    for name, record in table.items():
        total += len(name) + record.number + record.price + sum(record.position)
        for tag in record.tags:
            total += tag if isinstance(tag, bool) else len(tag)
        attributes = record.attributes
        total += len(attributes["city"]) + attributes["visits"] + attributes["balance"]
        total += sum(attributes["history"])
    return total


def memory(process: int | str = "self") -> dict[str, int]:
    """Return the figures of a process's smaps_rollup, in bytes."""
    sizes = {}
    with open(f"/proc/{process}/smaps_rollup") as lines:
        for line in lines:
            fields = line.split()
            if len(fields) == 3 and fields[2] == "kB":
                sizes[fields[0].rstrip(":")] = int(fields[1]) * 1024
    return sizes


def take_out(mode: str) -> int:
    """Do what the mode says with the heap; return how many objects it took out of collection."""
    if mode == "freeze":
        gc.freeze()
        return gc.get_freeze_count()
    if mode == "immortalize":
        return int(gc.immortalize_heap())  # type: ignore[attr-defined]
    return 0


def child(table: dict[str, Record]) -> dict[str, int]:
    """Read all, collect, and return what that cost. Runs in the forked child."""
    before = memory()["Private_Dirty"]
    read(table)
    gc.collect()
    after = memory()
    return {"dirty": after["Private_Dirty"] - before, "rss": after["Rss"]}


def in_child(table: dict[str, Record]) -> dict[str, int]:
    """Fork, run child() there, and return its result."""
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.write(writer, json.dumps(child(table)).encode())
        os._exit(0)
    os.close(writer)
    with open(reader, "rb") as answer:
        result: dict[str, int] = json.loads(answer.read())
    os.waitpid(pid, 0)
    return result


def main() -> None:
    mode, records = sys.argv[1], int(sys.argv[2])
    before = memory()["Private_Dirty"]
    table = load(records)
    heap = memory()["Private_Dirty"] - before
    objects = take_out(mode)
    print(json.dumps({"mode": mode, "heap": heap, "objects": objects, **in_child(table)}))


if __name__ == "__main__":
    main()
