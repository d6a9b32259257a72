"""What is published of timed runs: a folder for each build in pyperformance-config/results/.

It has what the summary is made from, as well: the raw JSON of pyperf, which pyperf reads as it is.
Neither the machine's name nor where anything lies on it is in there.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..core import paths
from ..core.errors import BuildError
from . import callgrind, startup

RESULTS = callgrind.CONFIG / "results"
RATIOS = "ratios.json"
TEXTS = (RATIOS, "ratios.svg", "summary.md")
RAW = ("stock.json", "patched.json")


def record(folder: Path, found: Mapping[str, Any]) -> None:
    """Publish the timed run in *folder*; BuildError unless *found*, its result, is fit for it."""
    if not found["publishable"]:
        why = "; ".join(found["warnings"]) or f"size {found['size']}, {len(found['failed'])} failed"
        raise BuildError(f"not recorded, for it is not for publication: {why}")
    target = RESULTS / str(found["name"])
    target.mkdir(parents=True, exist_ok=True)
    for name in TEXTS:
        (target / name).write_text(_anywhere((folder / name).read_text()))
    for name in RAW:
        suite = json.loads((folder / name).read_text())
        for part in (suite, *suite["benchmarks"]):
            part.get("metadata", {}).pop("hostname", None)
        _compress(_anywhere(json.dumps(suite, separators=(",", ":"))), target / f"{name}.gz")
    if (folder / startup.FILE).exists():
        _compress((folder / startup.FILE).read_text(), target / f"{startup.FILE}.gz")


def times() -> dict[str, Any]:
    """Return what ratios.json has of each published run, by the name of the build."""
    files = sorted(RESULTS.glob(f"*/{RATIOS}"))
    return {file.parent.name: json.loads(file.read_text()) for file in files}


def _compress(text: str, file: Path) -> None:
    """Write the text compressed: the same text makes the same file, without a time in its head."""
    file.write_bytes(gzip.compress(text.encode(), mtime=0))


def _anywhere(text: str) -> str:
    """Return the text without the folders of this machine that the project lies in."""
    for folder, instead in ((f"{paths.ROOT}/", ""), (str(Path.home()), "~")):
        text = text.replace(folder, instead)
    return text
