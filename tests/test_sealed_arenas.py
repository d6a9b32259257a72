"""Pymalloc's own tables share no page with a sealed heap."""

from __future__ import annotations

import json
from pathlib import Path

from harness import run

# The vector of arenas grows, at 17 of them and at 33, into a hole between immortal objects.
CODE = """
import cowtrace, gc, json
objects = [bytes(size) for size in (1530, 3060) for _ in range(400)]
del objects[::2]
small = [bytes(400) for _ in range(100_000)]
del small[50_000:]
gc.immortalize_heap()
with cowtrace.trace() as trace:
    [bytes(400) for _ in range(200_000)]
print(json.dumps(trace.report().data["writers"]))
"""


def test_arenas_lie_apart(patched: Path) -> None:
    """What pymalloc writes itself, that is; not by a call of malloc()."""
    writers = json.loads(run(patched, CODE))
    assert any(writer["symbol"] == "usedpools" for writer in writers), "nothing was allocated"
    heap = [
        writer
        for writer in writers
        if writer["immortal"] and writer["memory"] == "malloc heap" and writer["via"] is None
    ]
    assert heap == []
