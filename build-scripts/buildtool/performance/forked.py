"""Benchmarks whose workers are forked from a heap that was sealed right after their imports.

pyperformance-config/forked/ does it, in the interpreter that is measured.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pyperf  # type: ignore[import-untyped]

from ..core.errors import BuildError
from .callgrind import CONFIG

# What pyperf hands on to its workers
ENVIRONMENT: Mapping[str, str] = {"PYTHONPATH": str(CONFIG / "forked")}
# These measure programs that they start, which no fork of theirs changes.
LEFT_OUT = ("2to3", "hg_startup", "python_startup", "python_startup_no_site")
HEAPS = {"stock": "as it was", "patched": "sealed"}


def check(output: Path, side: str) -> None:
    """Raise BuildError unless pyperf's *output* tells that each worker was forked as it should."""
    for benchmark in pyperf.BenchmarkSuite.load(str(output)):
        for run in benchmark.get_runs():
            heap = run.get_metadata().get("forked_from_heap")
            if heap != HEAPS[side]:
                raise BuildError(
                    f"{benchmark.get_name()} was to be forked from a heap that is {HEAPS[side]}, "
                    f"and was forked from {heap or 'none'}"
                )
