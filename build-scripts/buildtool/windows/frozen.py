"""Freeze the modules that are part of the interpreter, with a native one of the same source."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ..core import process
from . import msbuild


def freeze(source: Path, python: Path, properties: Mapping[str, str]) -> None:
    """Write Python/frozen_modules/*.h and Python/deepfreeze/deepfreeze.c in *source*.

    The modules are those of PCbuild/_freeze_module.vcxproj; *python* compiles them, as the Unix
    build does when it is a cross build. Raises BuildError if a tool fails.
    """
    project = msbuild.read(source / "PCbuild" / "_freeze_module.vcxproj", properties)
    inputs = []
    for kind in ("GetPath", "None"):
        for item in project.items[kind]:
            if "ModName" not in item.metadata:
                continue
            name, header = item.metadata["ModName"], _path(item.metadata["OutFile"])
            (source / header).parent.mkdir(exist_ok=True)
            _run(source, python, "Programs/_freeze_module.py", name, _path(item.include), header)
            # getpath is run once, from bytes, before the rest is there.
            if kind == "None":
                inputs.append(f"{header}:{name}")
    (source / "Python" / "deepfreeze").mkdir(exist_ok=True)
    output = "Python/deepfreeze/deepfreeze.c"
    _run(source, python, "Tools/scripts/deepfreeze.py", *inputs, "-o", output)


def _path(name: str) -> str:
    """Return a path of a project file, relative to the source's top."""
    return name.replace("\\", "/").removeprefix("../")


def _run(source: Path, python: Path, *command: str) -> None:
    problem = f"{command[0]} failed for {' '.join(command[1:3])}"
    process.run([str(python), *command], problem, cwd=source)
