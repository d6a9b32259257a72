"""copied.py [--plain | --freeze] [RECORDS]: how much of its parent's heap does a forked child copy?

It loads records, 300,000 by default, makes the heap immortal, forks, and the child reads them all
and collects garbage. It prints JSON, all sizes in bytes: what the child copied (how far its
Shared_Dirty fell, by /proc/self/smaps_rollup), its Rss, and the growth of its Private_Dirty, in
which its own new memory is, too. For Linux; needs nothing but this package.
"""

from __future__ import annotations

import gc
import json
import os
import sys
from pathlib import Path

from immortal_objects import immortalize_heap


class Record:
    """An instance with a bit of everything in it."""

    def __init__(self, number: int) -> None:
        self.name = f"customer {number}"
        self.price = number * 1.5
        self.tags = (f"region {number % 977}", number + 1_000_000)
        self.details = {"city": f"city {number % 4999}", "history": [number + 2000, number + 3000]}


def read(records: list[Record]) -> int:
    """Look at every object of every record."""
    total = 0
    for record in records:
        details = record.details
        total += len(record.name) + int(record.price) + len(record.tags[0]) + record.tags[1]
        total += len(details["city"]) + sum(details["history"])  # type: ignore[arg-type]
    return total


def sizes() -> dict[str, int]:
    """Return this process's figures, in bytes."""
    lines = Path("/proc/self/smaps_rollup").read_text().splitlines()[1:]
    return {line.split(":")[0]: int(line.split()[1]) * 1024 for line in lines}


def copied(records: list[Record]) -> dict[str, int]:
    """Fork; return what the child copied by reading and collecting."""
    answer, question = os.pipe()
    pid = os.fork()
    if pid == 0:
        before = sizes()
        read(records)
        gc.collect()
        after = sizes()
        result = {
            "copied": max(0, before["Shared_Dirty"] - after["Shared_Dirty"]),
            "rss": after["Rss"],
            "private_growth": after["Private_Dirty"] - before["Private_Dirty"],
        }
        os.write(question, json.dumps(result).encode())
        os._exit(0)
    os.close(question)
    with open(answer) as file:
        text = file.read()
    os.waitpid(pid, 0)
    found: dict[str, int] = json.loads(text)
    return found


def main(arguments: list[str]) -> None:
    modes = [argument for argument in arguments if argument.startswith("-")]
    numbers = [int(argument) for argument in arguments if not argument.startswith("-")]
    records = [Record(number) for number in range(*numbers or [300_000])]
    objects = 0
    if not modes:
        objects = immortalize_heap()
    elif modes == ["--freeze"]:
        gc.freeze()
    elif modes != ["--plain"]:
        sys.exit(f"error: unknown option {modes[0]}; use --plain or --freeze")
    print(json.dumps({"immortal": objects, **copied(records)}))


if __name__ == "__main__":
    main(sys.argv[1:])
