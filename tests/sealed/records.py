"""records.py --mode MODE --records N: what does a forked child copy that works on records?

Runs in the interpreter to be measured, on the standard library alone. Loads N records, works on
others like them as a server warms up, does what MODE says (nothing, freeze, immortalize), and forks
a child that reads all records completely, twice, sorts, hashes, compares and formats them, dumps
them as JSON and as pickles, and collects garbage. Prints one JSON object, sizes in bytes:

    objects        that the mode took out of collection
    rss            of the parent, loaded
    sealed         what the mode added to that
    child_rss      Rss of the child at its end
    dirty          growth of the child's Private_Dirty
    copied         of that, by kind of memory, what had been there before the work, and shared
    own            the same, in the control
    growth         (dirty - own) / child_rss: the share of the heap that the child copied

The control. A child has needs of its own that no sealing takes away: its stack, the first arena of
its allocator, the data of libc and of the interpreter that no two processes share, the buffers of
the streams. They are the same for the same work. So the control is a process of its own, in the
same mode, whose child does the same work - as many passes, as many portions, as many records in a
portion, the same functions on the same types - but over and over on a few records: on an empty
heap. No growth by N hides in it, for what the child builds is bounded by PORTION. (A child that
first builds N records itself would be no control: by building it dirties as much as by copying, and
any failure would fit in.)
"""

from __future__ import annotations

import argparse
import datetime
import gc
import itertools
import json
import pickle
import subprocess
import sys
from collections.abc import Iterator
from operator import attrgetter
from typing import Any

from observer import ENDS, Observer
from observer import measure as watched
from workload.heap import MODES, Record

FEW = 100
WARM = 2000
PORTION = 200
OLD, NEW = "%s %r %d", "{0.iban} {0.holder!a} {1:%Y-%m-%d}"


class Account:
    """An object with a __dict__ that nobody asks for: vars() would make one, in the object."""

    def __init__(self, number: int) -> None:
        self.holder = f"Zoë {number}"
        self.iban = f"IBAN-{number}".encode()
        self.limit = number * 1_000_000_007


class Customer(Record):
    """A row with more kinds of values: text beyond ASCII, bytes, dates, a frozen set."""

    __slots__ = ("account", "flags", "note", "seen")

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.account = Account(number)
        self.flags = frozenset((number, f"flag-{number % 13}"))
        self.note = f"naïve note \N{SNOWMAN} {number}"
        self.seen = datetime.datetime(2020, 1, 1) + datetime.timedelta(seconds=number)


class Sink:
    """A file that keeps nothing of what is written but its length."""

    __slots__ = ("length",)

    def __init__(self) -> None:
        self.length = 0

    def write(self, data: str | bytes) -> None:
        self.length += len(data)


def load(count: int) -> dict[str, Customer]:
    """Return *count* records by name."""
    return {customer.name: customer for customer in map(Customer, range(count))}


def portions(table: dict[str, Customer], count: int) -> Iterator[list[tuple[str, Customer]]]:
    """Yield *count* records in portions, over and over where the table has fewer."""
    rounds = itertools.repeat(table.items(), count // len(table) + 1)
    stream = itertools.islice(itertools.chain.from_iterable(rounds), count)
    while portion := list(itertools.islice(stream, PORTION)):
        yield portion


def read(name: str, row: Customer) -> float:
    """Read every object of a record; return a sum, so that nothing is left out."""
    total = len(name) + row.number + row.price + sum(row.position) + len(row.name)
    for tag in row.tags:
        total += tag if isinstance(tag, bool) else len(tag)
    for key, value in row.attributes.items():
        total += len(key) + (sum(value) if isinstance(value, list) else len(str(value)))
    account = row.account
    total += len(account.holder) + len(account.iban) + account.limit
    return total + len(row.note) + row.seen.second + sum(type(flag) is int for flag in row.flags)


def as_json(value: Any) -> Any:
    """Return what JSON is to have in place of an object that it doesn't know."""
    if isinstance(value, Customer):
        names = (*Record.__slots__, *Customer.__slots__)
        return {name: getattr(value, name) for name in names}
    if isinstance(value, Account):
        return {"holder": value.holder, "iban": value.iban.decode(), "limit": value.limit}
    if isinstance(value, frozenset):
        return sorted(value, key=str)
    return value.isoformat()


def work(table: dict[str, Customer], count: int) -> float:
    """Do the whole work on *count* records of the table; return a checksum."""
    total = 0.0
    for _ in range(2):
        for portion in portions(table, count):
            for name, row in portion:
                total += read(name, row)
    for portion in portions(table, count):
        rows = [row for _, row in portion]
        for key in ("name", "price", "position", "tags", "note", "seen"):
            rows.sort(key=attrgetter(key))
        for row in rows:
            values = (row, row.name, row.price, row.position, row.tags, row.note, row.seen)
            total += hash(values) & 1
            total += hash((row.flags, row.account.iban, row.account.holder, row.account)) & 1
            total += sum(
                hash(value) & 1 for value in row.attributes.items() if value[0] != "history"
            )
        for first, second in itertools.pairwise(rows):
            total += first == second or first.name < second.name or first.note != second.note
            total += first.tags == second.tags or first.seen <= second.seen
            total += first.attributes == second.attributes or first.flags < second.flags
            total += first.account.holder <= second.account.holder
        for row in rows:
            text = f"{row.name:>20}|{row.price:.2f}|{row.number:,}|{row.tags!r}|{row.note!s:.9}"
            text += OLD % (row.note, row.attributes, row.account.limit)
            text += NEW.format(row.account, row.seen)
            total += len(text) + len(str(row.position)) + len(row.note.encode())
        sink = Sink()
        for piece in json.JSONEncoder(default=as_json).iterencode(rows):
            sink.write(piece)
        for row in rows:
            sink.write(json.dumps(row, default=as_json, sort_keys=True, ensure_ascii=False))
        for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
            pickle.dump(rows, sink, protocol)
        total += sink.length
    return total


def measure(mode: str, records: int, count: int, end: str = "", warm: int = WARM) -> dict[str, Any]:
    """Load *records*, do what the mode says, and let a child work on *count* of them.

    Works on *warm* others before.
    """
    observer = None if end else Observer()
    table = load(records)
    for _ in range(warm // FEW):  # new ones each time, or pickle has changed their layout
        work(load(FEW), FEW)

    def child() -> None:
        work(table, count)
        gc.collect()

    return watched(child, observer, end, mode, records=records)


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--mode", choices=MODES, required=True)
    parser.add_argument("--records", type=int, default=300_000, metavar="N")
    parser.add_argument("--count", type=int, metavar="N", help="measure one process, N of work")
    parser.add_argument("--end", choices=ENDS, help="measure nothing, but let the child end so")
    parser.add_argument("--cold", action="store_true", help="don't warm up")
    return parser.parse_args()


def main() -> None:
    options = parse()
    count = options.records if options.count is None else options.count
    warm = 0 if options.cold else WARM
    found = measure(options.mode, options.records, count, options.end, warm)
    if options.count is None and not options.end:
        control = [__file__, "--mode", options.mode, "--records", str(FEW), "--count", str(count)]
        control += ["--cold"] if options.cold else []
        done = subprocess.run([sys.executable, *control], check=True, stdout=subprocess.PIPE)
        found["own"] = json.loads(done.stdout)["dirty"]
        found["growth"] = (found["dirty"] - found["own"]) / found["child_rss"]
    if found.get("status", 0) is not None:
        print(json.dumps(found))


if __name__ == "__main__":
    main()
