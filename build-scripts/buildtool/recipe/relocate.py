"""Make an installation find its own files wherever it is moved to."""

from __future__ import annotations

from pathlib import Path

from ..core.versions import Python

# At the end of sysconfig's build-time variables, which name the place that configure was told.
VARIABLES = """

def _relocate(built_for):
    import sys
    for name, value in build_time_vars.items():
        if isinstance(value, str) and built_for in value:
            build_time_vars[name] = value.replace(built_for, sys.base_exec_prefix)

_relocate({prefix!r})
"""

# A first line that is both shell and Python: the shell starts the interpreter beside the script.
SHEBANG = b"""#!/bin/sh
'''exec' "$(dirname -- "$(realpath -- "$0")")/%s" "$0" "$@"
' '''
"""


def variables(built: Path, prefix: str) -> None:
    """Make sysconfig's variables of a build in *built*, before it is installed, name its place."""
    library = built / (built / "pybuilddir.txt").read_text().strip()
    for path in library.glob("_sysconfigdata_*.py"):
        with path.open("a") as file:
            file.write(VARIABLES.format(prefix=prefix))


def installation(folder: Path, prefix: str, python: Python) -> None:
    """Make what lies in *folder*, and was made for *prefix*, begin at the place where it is."""
    for path in (folder / "bin").iterdir():
        _script(path, prefix, python.program)
    for path in (folder / "lib" / "pkgconfig").iterdir():
        if not path.is_symlink():
            text = path.read_text()
            path.write_text(text.replace(f"prefix={prefix}", "prefix=${pcfiledir}/../.."))
    details = folder / python.library / "build-details.json"
    if details.exists():  # PEP 739: its own folder is where the first path begins
        text = details.read_text().replace(f'"{prefix}"', '"../.."')
        details.write_text(text.replace(f'"{prefix}/', '"./'))


def _script(path: Path, prefix: str, program: str) -> None:
    """Make a script of Python's start the *program* beside it."""
    if path.is_symlink():
        return
    first, _, rest = path.read_bytes().partition(b"\n")
    if first.startswith(f"#!{prefix}/bin/python".encode()):
        path.write_bytes(SHEBANG % program.encode() + rest)
