"""What an interpreter is made from: the one list, and the hashes that are made of it.

build.sh builds anew, and the matrix forgets a result, when one of these files changes. A patch is
no more than its diff here: its message changes often, and changes nothing that is built.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

from ..core import paths, versions
from ..core.targets import Target
from ..recipe import exported
from ..series import order, patchfile

# What builds a target that the recipe doesn't build.
HOSTED = ("build-scripts/buildtool/matrix/upstream_build.py",)


def inputs(target: Target, version: str, immortal: bool = True) -> list[Path]:
    """Return the files that an interpreter for *target* is made from, those of its kind alone.

    conandata.yml is not among them: only what it says of the version counts, in digest().
    """
    wanted = [*exported.TOOLS, f"build-scripts/versions/{versions.Python(version).minor}.yml"]
    if target.profile:
        wanted += ["conanfile.py", f"ci/profiles/{target.profile}"]
        wanted += ["ci/profiles/cross/*", "ci/conan/*"]
    else:
        wanted += HOSTED
    if target.system == "Windows":
        wanted += exported.WINDOWS
    elif target.profile:
        wanted += exported.COWTRACE
    kept = sorted(exported.files(paths.ROOT, *wanted))
    return [*kept, *patches(versions.series(versions.conan_data(), version), immortal)]


def patches(series: str, immortal: bool = True) -> list[Path]:
    """Return the patches of *series*, in order, or none for stock; BuildError."""
    if not series or not immortal:
        return []
    folder = paths.series_folder(series)
    return [folder / name for name in order.read(folder / "series").names]


def digest(files: Iterable[Path], version: str) -> str:
    """Return a hash of names and contents, of patches the diffs; those that are missing count.

    What conandata.yml says of *version*, and of what all versions have in common, is part of it.
    """
    data = versions.conan_data()
    known = [data["sources"][version], data["debian"].get(version), data["libraries"]]
    found = hashlib.sha256(repr(known).encode())
    for path in files:
        content = _content(path) if path.is_file() else b"missing"
        found.update(f"{path.relative_to(paths.ROOT)} {len(content)}\n".encode() + content)
    return found.hexdigest()


def series_digest(series: str, immortal: bool = True) -> str:
    """Return the SHA-256 of the diffs of *series*, one after the other as they are applied."""
    found = hashlib.sha256()
    for path in patches(series, immortal):
        found.update(_content(path))
    return found.hexdigest()


def patch_digests(series: str, immortal: bool = True) -> dict[str, str]:
    """Return for each patch that a kind gets the beginning of the hash of its diff."""
    found = {path.name: hashlib.sha256(_content(path)) for path in patches(series, immortal)}
    return {name: one.hexdigest()[:16] for name, one in found.items()}


def _content(path: Path) -> bytes:
    content = path.read_bytes()
    return patchfile.diff_of(content) if path.suffix == ".patch" else content
