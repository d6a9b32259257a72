"""What has run: ci/matrix.json, and the table in ci/README.md that is drawn from it."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from ..core import pages, targets
from ..core.paths import ROOT
from . import table as matrixtable
from .examine import NOT_RUN, Result

FILE = ROOT / "ci" / "matrix.json"
README = ROOT / "ci" / "README.md"
BLOCK = "matrix"


def record(folder: Path) -> None:
    """Take the results that runs have kept in *folder* into ci/matrix.json and ci/README.md."""
    known = _read()
    for name in targets.load():
        file = folder / name / "result.json"
        if file.exists():
            entry = json.loads(file.read_text())
            if entry["state"] != NOT_RUN:
                known[name] = entry
    FILE.write_text(json.dumps([asdict(one) for one in _in_order(known)], indent=1) + "\n")
    pages.replace(README, BLOCK, table())


def table() -> str:
    """Return as Markdown the table of what has run, and below it what has not, and why."""
    kept = load()
    ran = {one.target for one in kept}
    left = [one for one in targets.load().values() if one.name not in ran]
    lines = [*matrixtable.lines(kept), ""]
    for reason, hosted in (("yet", False), ("here: a hosted runner does", True)):
        names = [f"`{one.name}`" for one in left if (one.runner == "hosted") == hosted]
        if names:
            lines.append(f"- not run {reason}: {', '.join(names)}")
    return "\n".join(lines) + "\n"


def load() -> list[Result]:
    """Return the results in ci/matrix.json, in the order of the list of targets."""
    return _in_order(_read())


def _read() -> dict[str, dict[str, object]]:
    entries = json.loads(FILE.read_text()) if FILE.exists() else []
    return {entry["target"]: entry for entry in entries}


def _in_order(known: dict[str, dict[str, object]]) -> list[Result]:
    return [Result(**known[name]) for name in targets.load() if name in known]  # type: ignore[arg-type]
