"""Ask an interpreter what it is and where it runs, and compare that with what it should be."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..core import process
from ..core.errors import BuildError
from ..core.targets import Target
from ..core.versions import Python

# Seconds after which an interpreter that doesn't start is given up; QEMU needs one or two.
TIMEOUT = 120

Answers = dict[str, Any]


def ask(python: Path) -> Answers:
    """Return what the interpreter finds from within: see selfreport.py. BuildError if it can't run.

    It leaves no compiled modules behind: they would belong to whoever asks.
    """
    script = Path(__file__).with_name("selfreport.py")
    command = [str(python), "-IB", str(script)]
    env = process.clean_environment()
    said = process.run(command, f"{python} does not run", env=env, timeout=TIMEOUT)
    answers: Answers = json.loads(said)
    return answers


def check(target: Target, options: Mapping[str, str], answers: Answers) -> None:
    """Raise BuildError unless *answers* are those of *target*, built with the recipe's *options*.

    *options* is empty for an interpreter that the recipe didn't build.
    """
    wanted: Answers = {
        name: getattr(target, name)
        for name in ("system", "machine", "bits", "byte_order", "alignment")
    }
    for name in ("immortal", "debug", "free_threaded", "trace_refs", "pymalloc", "computed_gotos"):
        if name in options:
            wanted[name] = options[name] == "True"
    if "address" in options.get("sanitizers", ""):
        wanted["pymalloc"] = False  # configure leaves it out
    python = Python(answers["version"])
    if "immortal_none" in answers:  # which older records lack
        wanted["immortal_none"] = answers["immortal"] or python.facts.upstream_immortal
    wanted["object_size"] = _object_size(target, python, answers)
    wanted["maxsize"] = (1 << (target.bits - 1)) - 1
    if answers["immortal"]:
        wanted["initial"] = 3 << 30 if target.bits == 64 else 5 << 28
    for name, value in wanted.items():
        if answers.get(name) != value:
            raise BuildError(
                f"{target.name} should have {name} {value}, and finds {answers.get(name)}"
            )


def _object_size(target: Target, python: Python, answers: Answers) -> int:
    """Return the size of an object without contents, in bytes."""
    if answers.get("free_threaded"):
        return 3 * target.bits // 8 + 8  # an owner, a shared count, a type; flags, a local count
    words = 2 + (python.facts.trace_refs_words if answers["trace_refs"] else 0)
    return words * target.bits // 8


def describe(answers: Answers) -> str:
    """Return for people what the interpreter found."""
    return (
        f"Python {answers['version']} on {answers['machine']} ({answers['kernel']}), "
        f"{answers['bits']} bits, {answers['byte_order']} endian; immortal objects: "
        f"{'yes' if answers['immortal'] else 'no'}"
    )
