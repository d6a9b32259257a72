"""Compare the outcomes of two interpreters, case by case, and write the report."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from ..core import markdown
from .single import GOOD, WHOLE, Outcome

ABSENT = "absent"
UNKNOWN = "not known"
# Outcomes that no test should have; "skipped" is bad only where the other side passes.
BAD = ("failed", "timed out", "crashed")


@dataclass(frozen=True)
class Difference:
    """A case with its outcomes: of the first run, then of the runs alone, in each interpreter."""

    module: str
    case: str
    stock: list[str]
    patched: list[str]
    kind: str


def differences(stock: Sequence[Outcome], patched: Sequence[Outcome]) -> list[Difference]:
    """Compare the runs of one module: the first of each side, then those alone, if any."""
    names = {case for outcome in (*stock, *patched) for case in outcome.cases}
    found = []
    for case in sorted(names):
        ours = [_of(case, outcome) for outcome in patched]
        theirs = [_of(case, outcome) for outcome in stock]
        seen = {*ours, *theirs} - {UNKNOWN}
        if seen <= set(GOOD) or len(seen) < 2:
            continue
        found.append(
            Difference((*stock, *patched)[0].module, case, theirs, ours, _kind(case, theirs, ours))
        )
    return found


def _of(case: str, outcome: Outcome) -> str:
    """Return the outcome of *case*; a module that came to a bad end may not have got to it."""
    whole = outcome.cases.get(WHOLE, ABSENT)
    ended = case == WHOLE or not whole.startswith((ABSENT, "timed out", "crashed"))
    return outcome.cases.get(case, ABSENT if ended else UNKNOWN)


def _is_bad(outcome: str) -> bool:
    return outcome.startswith(BAD)


def worse(case: str, stock: str, patched: str) -> bool:
    """Tell whether patched doesn't pass what stock passes, or fails where stock doesn't.

    The series may take a case out of a module, for another in its place, but no whole module.
    """
    if _is_bad(patched):
        return not _is_bad(stock)
    if patched == ABSENT:
        return case == WHOLE
    return patched in ("skipped", "no tests", "environment changed") and stock in GOOD


def _kind(case: str, stock: list[str], patched: list[str]) -> str:
    """Return "regression", "unstable" or "other".

    It is a regression if patched was worse at first and in one of the runs alone at least, while
    stock was never bad. Without runs alone, the first run decides.
    """
    first, *alone = [worse(case, s, p) for s, p in zip(stock, patched, strict=True)]
    if first and (not alone or any(alone)) and not any(map(_is_bad, stock)):
        return "regression"
    return "unstable" if len(set(stock)) > 1 or len(set(patched)) > 1 else "other"


def has_regression(found: Sequence[Difference]) -> bool:
    """Tell whether any of *found* is a regression."""
    return any(one.kind == "regression" for one in found)


def counts(outcomes: Sequence[Outcome]) -> dict[str, int]:
    """Count the outcomes of all cases, the modules' own left out.

    A hunt for leaks knows no cases: there the modules count, as "modules passed".
    """
    states = [state for one in outcomes for case, state in one.cases.items() if case != WHOLE]
    states = states or [f"modules {one.cases[WHOLE]}" for one in outcomes if WHOLE in one.cases]
    return dict(sorted(Counter(states).items()))


TITLES = {
    "regression": "Regressions: patched does not pass what stock passes",
    "unstable": "Unstable: did not come out the same each time",
    "other": "Other differences (tests that one side doesn't have, skips, what only stock fails)",
}


def write(
    folder: Path,
    title: str,
    sides: dict[str, tuple[Path, list[Outcome]]],
    found: Sequence[Difference],
) -> Path:
    """Write report.md and report.json into *folder*; return the path of the former."""
    rows: list[tuple[object, ...]] = []
    for side, (python, outcomes) in sides.items():
        cases = ", ".join(f"{number} {state}" for state, number in counts(outcomes).items())
        rows.append((side, f"`{python}`", len(outcomes), cases))
    lines = [f"# {title}", "", markdown.table(("", "interpreter", "modules", "cases"), rows)]
    lines += ["Several outcomes: the first run, then the runs of the module alone.", ""]
    for kind, heading in TITLES.items():
        some = [one for one in found if one.kind == kind]
        lines += [f"## {heading}", ""]
        of_kind = [
            (one.module, one.case, *map(", ".join, (one.stock, one.patched))) for one in some
        ]
        head = ("module", "case", "stock", "patched")
        lines += [markdown.table(head, of_kind) if some else "None.\n"]
    page = folder / "report.md"
    page.write_text("\n".join(lines), encoding="utf-8")
    data = {
        "title": title,
        "differences": [asdict(one) for one in found],
        **{
            side: {"python": str(python), "modules": [outcome.as_json() for outcome in outcomes]}
            for side, (python, outcomes) in sides.items()
        },
    }
    (folder / "report.json").write_text(json.dumps(data, indent=1) + "\n", encoding="utf-8")
    return page
