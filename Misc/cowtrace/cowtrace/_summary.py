"""Summaries: what the writes of all processes come to, in a form that JSON knows."""

from __future__ import annotations

import collections
import os
import sys
from collections.abc import Callable
from typing import Any

from ._records import KINDS, STATIC, Write
from ._symbols import printable
from ._trace import Process

Data = dict[str, Any]

CAUSES = (
    "reference counts",
    "GC headers",
    "contents of objects",
    "allocating and freeing",
    "other data",
    "static data",
    "code",
)

# Files of the library have the same name in every interpreter.
LIBRARY = printable(os.path.dirname(os.__file__) + os.sep)

# A map has no more cells than this.
CELLS = 4800

NOTES = {
    "userfaultfd-user": "userfaultfd(2) is permitted for user mode only here: system calls that "
    "write to protected memory fail with EFAULT",
    "mprotect": "mprotect(2) stood in for userfaultfd(2): system calls that write to protected "
    "memory fail with EFAULT",
}


def cause(write: Write) -> int:
    """Return the index in CAUSES of the reason of a write."""
    if write.code:
        return 6
    if write.kind in STATIC:
        return 5
    if write.part in ("reference count", "dk_refcnt"):
        return 0
    if write.part == "GC header":
        return 1
    if write.part:
        return 2 if write.part != "pool header" else 3
    return 3 if write.type in ("free memory", "pool header") else 4


def violates(write: Write) -> bool:
    """Tell whether a write went to an immortal object, or to memory that only such ones have.

    Code is specialized when it runs, and static data is the interpreter's own: neither counts.
    """
    is_immortal = write.immortal_object or write.sealed
    return is_immortal and not write.code and write.kind not in STATIC


def line(write: Write) -> str:
    """Return the line of Python that was at work."""
    if not write.file:
        return "(no Python code)"
    return f"{place(write.file)}:{write.line}"


def place(file: str) -> str:
    """Return a file's name, short if it is one of the library's."""
    return "Lib/" + file[len(LIBRARY) :] if file.startswith(LIBRARY) else file


def lay_there(write: Write) -> str:
    """Return what was written to: a type and its part, or a variable."""
    text = f"{write.type}: {write.part}" if write.part else write.type
    if write.symbol:
        return f"{write.symbol} ({text})" if write.part else write.symbol
    return text


GROUPS: tuple[tuple[str, str, Callable[[Write], str]], ...] = (
    ("cause", "what was written", lambda write: CAUSES[cause(write)]),
    ("function", "C function", lambda write: write.function),
    ("line", "Python line", line),
    ("type", "what lay there", lay_there),
    ("memory", "memory", lambda write: KINDS[write.kind]),
)


def _row(write: Write) -> tuple[tuple[str, Any], ...]:
    """Return what tells one cause from another, by name."""
    row = {
        "cause": CAUSES[cause(write)],
        "function": write.function,
        "via": write.via,
        "module": write.module,
        "file": place(write.file),
        "line": write.line,
        "python_function": write.python_function,
        "type": write.type,
        "part": write.part,
        "offset": write.offset,
        "memory": KINDS[write.kind],
        "symbol": write.symbol,
        "exit": write.exit,
        "immortal": write.immortal,
        "immortal_object": write.immortal_object,
        "violates": violates(write),
        "code": write.code,
        "system_call": write.system_call,
        "callers": write.callers,
    }
    return tuple(row.items())


def _map(process: Process, writes: list[Write]) -> Data:
    """Return the process's memory, a list of strips of cells."""
    regions = [region for region in process.regions if region.traced and region.pages]
    page = process.page_size
    total = sum((region.end - region.start) // page for region in regions)
    per_cell = max(1, -(-total // CELLS))
    written = {write.page: cause(write) for write in writes}
    strips = []
    for region in regions:
        cells: list[list[int] | int] = []
        for start in range(region.start, region.end, per_cell * page):
            end = min(start + per_cell * page, region.end)
            causes = collections.Counter(
                written[address] for address in range(start, end, page) if address in written
            )
            most = causes.most_common(1)
            cells.append([sum(causes.values()), most[0][0]] if most else 0)
        pages = (region.end - region.start) // page
        memory = KINDS[region.kind]
        strips.append({"start": region.start, "memory": memory, "pages": pages, "cells": cells})
    counts = collections.Counter(written.values())
    return {
        "pid": process.pid,
        "pages_per_cell": per_cell,
        "shared_pages": process.shared_pages,
        "causes": [counts[i] for i in range(len(CAUSES))],
        "strips": strips,
    }


def _notes(processes: list[Process]) -> list[str]:
    notes = [NOTES[process.backend] for process in processes if process.backend in NOTES]
    for process in processes:
        notes += [f"process {process.pid}: {note}" for note in process.notes]
    return list(dict.fromkeys(notes))


def _process(process: Process, writes: list[Write]) -> Data:
    return {
        "pid": process.pid,
        "ppid": process.ppid,
        "backend": process.backend,
        "resident_pages": process.resident,
        "shared_pages": process.shared_pages,
        "pages": len(writes),
        "exit_pages": sum(write.exit for write in process.writes),
    }


def summarize(processes: list[Process], exit: bool = True) -> Data:
    """Return what there is to report; without what was written at exit if *exit* is false."""
    writes = {
        process: [write for write in process.writes if exit or not write.exit]
        for process in processes
    }
    every = [write for some in writes.values() for write in some]
    rows = collections.Counter(map(_row, every))
    page_size = processes[0].page_size if processes else os.sysconf("SC_PAGESIZE")
    heap = [write for write in every if write.kind not in STATIC]
    largest = max(processes, key=lambda process: len(writes[process]), default=None)
    version = sys.version.split()[0]
    return {
        "format": 1,
        "python": {"version": version, "executable": printable(sys.executable)},
        "page_size": page_size,
        "pages": len(every),
        "bytes": len(every) * page_size,
        "heap_pages": len(heap),
        "immortal_pages": sum(write.immortal for write in heap),
        "violating_pages": sum(map(violates, every)),
        "code_pages": sum(write.code for write in every),
        "shared_pages": sum(process.shared_pages for process in processes),
        "resident_pages": sum(process.resident for process in processes),
        "notes": _notes(processes),
        "processes": [_process(process, writes[process]) for process in processes],
        "by": {
            name: dict(collections.Counter(map(key, every)).most_common())
            for name, _, key in GROUPS
        },
        "writers": [dict(row) | {"pages": pages} for row, pages in rows.most_common()],
        "map": _map(largest, writes[largest]) if largest else None,
    }
