"""A process that looks at another one's memory from outside, so that looking changes nothing.

A child that reads its own figures dirties pages by it, and so would its parent: a page that
either of the two writes is no longer shared by both. The kernel tells a third process all there
is to know: /proc/PID/smaps_rollup has the sums, /proc/PID/pagemap each page, whether it is there
and whether this process alone maps it (bits 63 and 56; see
https://docs.kernel.org/admin-guide/mm/pagemap.html).

    observer = Observer()              # before the heap is loaded
    figures = observer.watch(work)     # forks; work() runs in the child
"""

from __future__ import annotations

import array
import gc
import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TextIO

from workload.heap import memory, take_out

PAGE = os.sysconf("SC_PAGE_SIZE")
ENDS = ("os._exit", "sys.exit", "return")
PRESENT, ALONE = 1 << 63, 1 << 56


def mappings(pid: int) -> Iterator[tuple[int, int, str]]:
    """Yield (start, end, kind) of each private writable mapping of a process.

    Kinds: stack; data, which is what a program or library has of its own; heap, all the rest.
    """
    library_end = 0
    for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
        span, mode, _, _, _, *path = line.split(None, 5)
        start, end = (int(part, 16) for part in span.split("-"))
        name = path[0] if path else ""
        # What follows a file's last mapping without a gap and has no name is its .bss.
        of_file = name.startswith("/") or (not name and start == library_end)
        library_end = end if of_file else 0
        if mode == "rw-p" and not name.startswith("[v"):
            yield start, end, "stack" if name == "[stack]" else "data" if of_file else "heap"


def pages(pid: int) -> Iterator[tuple[int, str, bool]]:
    """Yield (address, kind, whether this process alone has it) of each page that is there."""
    with open(f"/proc/{pid}/pagemap", "rb") as file:
        for start, end, kind in mappings(pid):
            file.seek(start // PAGE * 8)
            entries = array.array("Q", file.read((end - start) // PAGE * 8))
            for number, entry in enumerate(entries):
                if entry & PRESENT:
                    yield start + number * PAGE, kind, bool(entry & ALONE)


def observe(pid: int) -> Iterator[dict[str, Any]]:
    """Look at the process, and once more at each later step; yield what has changed since."""
    first = memory(pid)
    shared = {address for address, _, alone in pages(pid) if not alone}
    yield {}
    while True:
        last = memory(pid)
        copied = Counter({"heap": 0, "data": 0, "stack": 0})
        copied.update(kind for at, kind, alone in pages(pid) if alone and at in shared)
        yield {
            "child_rss": last["Rss"],
            "dirty": last["Private_Dirty"] - first["Private_Dirty"],
            "copied": {kind: count * PAGE for kind, count in copied.items()},
        }


def forked(work: Callable[[], object], end: str = "os._exit") -> int | None:
    """Fork, and run work() in the child; return how it ended, as os.waitstatus_to_exitcode().

    It ends by os._exit(), by sys.exit(), or, where *end* is "return", as it may after this call,
    which returns None there. The status is 1 if work() raises an exception.
    """
    sys.stdout.flush()
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    try:
        work()
    except BaseException:
        sys.excepthook(*sys.exc_info())  # type: ignore[arg-type]
        os._exit(1)
    if end == "os._exit":
        os._exit(0)
    if end == "sys.exit":
        sys.exit()
    return None


class Observer:
    """A process, started at once, that looks at others; it ends with its maker."""

    def __init__(self) -> None:
        questions, self.ask = os.pipe()
        self.answer, answers = os.pipe()
        if os.fork() == 0:
            os.close(self.ask)
            with open(questions) as source, open(answers, "w") as target:
                serve(source, target)
            os._exit(0)
        os.close(questions)
        os.close(answers)

    def look(self) -> bytes:
        """Have this process looked at; return what has changed since the first look, as JSON."""
        os.write(self.ask, b"%d\n" % os.getpid())
        return os.read(self.answer, 4096)

    def watch(self, work: Callable[[], object]) -> dict[str, Any]:
        """Fork, run work() in the child, and return how the child's memory changed by it.

        In bytes: child_rss; dirty, the growth of its Private_Dirty; copied, by kind of memory:
        pages that it shared before, and no longer does. Raises SystemExit if work() fails.
        """
        reader, writer = os.pipe()

        def observed() -> None:
            self.look()
            work()
            os.write(writer, self.look())

        if forked(observed):
            sys.exit("the child failed")
        return dict(json.loads(os.read(reader, 4096)))


def measure(
    work: Callable[[], object], observer: Observer | None, end: str, mode: str, **named: object
) -> dict[str, Any]:
    """Collect, do what the *mode* says with the heap, and let a child do the *work*.

    Returns what is *named*, and in bytes: rss, of the parent; sealed, what the mode added to that;
    and what *observer* saw of the child. Without one the child ends as *end* says: its status, or
    None in the child itself, which makes no other dictionary on its way to the end.
    """
    gc.collect()
    rss = memory()["Rss"]
    objects = take_out(mode)
    sealed = memory()["Rss"] - rss
    found = {"mode": mode, **named, "objects": objects, "rss": rss, "sealed": sealed}
    if observer:
        return {**found, **observer.watch(work)}
    return {**found, "status": forked(work, end)}


def serve(questions: TextIO, answers: TextIO) -> None:
    """Look at each process whose pid is asked for; answer by a line of JSON."""
    observed: dict[int, Iterator[dict[str, Any]]] = {}
    for line in questions:
        pid = int(line)
        if pid not in observed:
            observed[pid] = observe(pid)
        print(json.dumps(next(observed[pid])), file=answers, flush=True)
