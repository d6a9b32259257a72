"""Put a built package where the user wants it, as a whole or not at all."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shlex
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..core import versions
from ..core.errors import BuildError
from ..core.paths import existing_parent
from . import manifest, owner, swap

# The file that tells an installation of ours, and what it was made from.
MARKER = ".cpython-immortal.json"
# What the program that runs the interpreter of another machine on this one is called more.
HERE = "-here"


def check(prefix: Path) -> None:
    """Raise BuildError unless *prefix* is free or ours, and its place can be written to."""
    with contextlib.suppress(FileNotFoundError, NotADirectoryError):
        if any(prefix.iterdir()) and not (prefix / MARKER).is_file():
            raise BuildError(
                f"{prefix} exists and is not an installation of ours; use another --prefix"
            )
    place = existing_parent(prefix.parent)
    if prefix.is_file() or not place.is_dir():
        raise BuildError(f"{prefix if prefix.is_file() else place} is a file; use another --prefix")
    try:
        name = place / prefix.name
        with swap.alone(name), swap.beside(name, "new") as tried:
            tried.mkdir()
    except OSError as error:
        raise BuildError(
            f"{place} can't be written to ({error.strerror}); use another --prefix"
        ) from error


def check_mounts(prefix: Path) -> None:
    """Raise BuildError if something is mounted at or in *prefix*, as that can't be replaced."""
    try:
        lines = os.fsdecode(Path("/proc/self/mountinfo").read_bytes()).split("\n")[:-1]
    except OSError:
        return  # not Linux
    for line in lines:
        name = re.sub(r"\\(\d{3})", lambda found: chr(int(found[1], 8)), line.split(" ")[4])
        if Path(name) == prefix:
            raise BuildError(
                f"{prefix} is a mount point and can't be replaced; use --prefix {prefix / 'python'}"
            )
        if prefix in Path(name).parents:
            raise BuildError(f"{name} is mounted inside of {prefix}; unmount it meanwhile")


def is_current(prefix: Path, fingerprint: str) -> bool:
    """Tell whether *prefix* holds an installation that was made from the same things."""
    return bool(marker(prefix).get("fingerprint") == fingerprint)


def marker(prefix: Path) -> dict[str, Any]:
    """Return what the installation in *prefix* notes of itself; nothing if there is none."""
    try:
        found = json.loads((prefix / MARKER).read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def interpreter(prefix: Path) -> Path:
    """Return the program in *prefix* that runs the interpreter on this machine; BuildError.

    Where the target is only compiled there is none, and this is *prefix* itself.
    """
    if marker(prefix) and not (prefix / "bin").is_dir():
        return prefix
    program = prefix / "bin" / versions.installed(prefix).program
    here = program.with_name(program.name + HERE)
    return here if here.exists() else program


def run_command(prefix: Path) -> list[str]:
    """Return what a program of *prefix* runs with on this machine; nothing if it's native."""
    return list(marker(prefix).get("run", []))


def install(
    package: Path,
    prefix: Path,
    name: str,
    fingerprint: str,
    run: Sequence[str] = (),
    record: Mapping[str, Any] | None = None,
    complete: Callable[[Path, Path], None] | None = None,
) -> None:
    """Copy *package* to *prefix*; what was there before goes only when the copy is complete.

    Where *prefix* is a symbolic link, it stays, and what it points to is what is installed.
    Where *run* is what its programs run with on this machine, a script runs the interpreter so.
    The marker notes *record*, too, and what the package has brought. *complete* is called with
    *prefix* and the copy, before it takes that name. Owner, group and mode of *prefix* stay what
    they were, and so do those of the folders in it. Raises BuildError when the copy fails, and
    leaves *prefix* as it was.
    """
    prefix = Path(os.path.realpath(prefix))
    check(prefix)
    check_mounts(prefix)
    try:
        prefix.parent.mkdir(parents=True, exist_ok=True)
        with (
            swap.alone(prefix),
            swap.beside(prefix, "new") as new,
            swap.beside(prefix, "old") as old,
        ):
            ignored = shutil.ignore_patterns("conaninfo.txt", "conanmanifest.txt")
            shutil.copytree(package, new, symlinks=True, ignore=ignored)
            if run:
                _write_script(new / "bin" / versions.installed(new).program, run)
            noted = {"configuration": name, "fingerprint": fingerprint, "run": [*run]}
            files = {"files": manifest.record(new)}
            (new / MARKER).write_text(json.dumps({**noted, **(record or {}), **files}) + "\n")
            if prefix.exists():
                new.chmod(0o700)  # what it is given may be for its owner alone
                owner.give_contents(new, prefix.stat())
            if complete:
                complete(prefix, new)
            owner.restore(prefix, new)
            swap.replace(new, prefix, old)
    except (OSError, shutil.Error) as error:
        reason = error.strerror or "copying failed"
        if error.filename and Path(error.filename) != prefix:
            reason = f"{error.filename}: {reason}"
        raise BuildError(f"{prefix} can't be installed: {reason}; it is as it was") from error


def _write_script(program: Path, run: Sequence[str]) -> None:
    """Write the script that runs *program* beside it, and is sys.executable for it.

    So what a test starts by sys.executable, or a virtual environment's link to it, runs as well.
    """
    argv0 = "-0" if "-L" in run else "--argv0"
    path = program.with_name(program.name + HERE)
    path.write_text(
        "#!/bin/sh\n"
        'folder=$(dirname -- "$(realpath -- "$0")")\n'
        f'exec {shlex.join(run)} {argv0} "$0" "$folder/{program.name}" "$@"\n'
    )
    path.chmod(0o755)
