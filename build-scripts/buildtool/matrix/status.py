"""How much of the matrix has run with what each series is now."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from ..core import targets, versions
from ..core.targets import Target
from ..interpreter import inputs
from . import record
from .examine import FAILED, PASSED, Result

# Nothing of these runs on this machine.
ELSEWHERE = ("hosted", "compile")


def able(series: str) -> list[Target]:
    """Return the targets that can run here with *series*, in the list's order."""
    windows = versions.facts(series).windows
    return [
        one
        for one in targets.load().values()
        if one.runner not in ELSEWHERE and (windows or one.system != "Windows")
    ]


def digests() -> dict[str, str]:
    """Return for each series the beginning of the hash of what it changes, as results name it."""
    names = versions.all_series(versions.conan_data())
    return {name: inputs.series_digest(name)[:8] for name in sorted(names, key=_numbers)}


def kept(folder: Path) -> list[Result]:
    """Return what is recorded in ci/, and what runs have left in *folder*, be it old or not."""
    found = record.load()
    for name in targets.load():
        file = folder / name / "result.json"
        if file.exists():
            found.append(Result(**json.loads(file.read_text())))
    return found


def lines(results: Iterable[Result]) -> list[str]:
    """Return for each series how many targets have passed with it, by tier, and which have not."""
    known = list(results)
    shown = []
    for series, digest in digests().items():
        here = able(series)
        states: dict[str, set[str]] = {PASSED: set(), FAILED: set()}
        for one in known:
            if one.series == digest and one.state in states:
                states[one.state].add(one.target)
        passed = states[PASSED]
        failed = [one.name for one in here if one.name in states[FAILED] - passed]
        left = [one.name for one in here if one.name not in passed and one.name not in failed]
        tiers = ", ".join(
            f"tier {tier} {_of([one for one in here if one.tier == tier], passed)}"
            for tier in sorted({one.tier for one in here})
        )
        shown.append(f"series {series}, {digest}: {_of(here, passed)} targets passed; {tiers}")
        for title, names in (("failed", failed), ("not run with it", left)):
            if names:
                shown.append(f"  {title}: {' '.join(names)}")
    return shown


def _of(some: list[Target], passed: set[str]) -> str:
    done = sum(one.name in passed for one in some)
    return f"{done} of {len(some)}"


def _numbers(series: str) -> list[int]:
    return [int(part) for part in series.split(".")]
