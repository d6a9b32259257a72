"""The list of downloads by which `uv python install` takes our archives instead of its own."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from ..core.errors import BuildError
from . import archive, names

SUFFIX = "-install_only.tar.gz"  # symbols are no burden to who installs it
NAME = re.compile(
    r"cpython-(?P<version>\d+\.\d+\.\d+)(?P<candidate>(?:a|b|rc)\d+)?\+(?P<tag>\d{8})-"
    r"(?P<triple>[\w-]+)-install_only(?:_stripped)?\.tar\.gz"
)


def platforms() -> dict[str, names.Platform]:
    """Return all platforms that there is a name for, by that."""
    return {triple: names.platform(target) for triple, target in names.published().items()}


def entry(path: Path, url: str) -> tuple[str, dict[str, Any]]:
    """Return the key and the entry of an archive that is fetched from the folder *url*."""
    match = NAME.fullmatch(path.name)
    known = platforms()
    if not match or match["triple"] not in known:
        raise BuildError(f"{path.name} is no name of an archive; release.sh archive makes them")
    one = known[match["triple"]]
    major, minor, patch = map(int, match["version"].split("."))
    version = match["version"] + (match["candidate"] or "")
    return f"cpython-{version}-linux-{one.arch}-{one.libc}", {
        "name": "cpython",
        "arch": {"family": one.arch, "variant": None},
        "os": "linux",
        "libc": one.libc,
        "major": major,
        "minor": minor,
        "patch": patch,
        "prerelease": match["candidate"] or "",
        "url": f"{url.rstrip('/')}/{path.name.replace('+', '%2B')}",
        "sha256": archive.sha256(path),
        "variant": None,
        "build": match["tag"],
    }


def write(archives: Iterable[Path], url: str, path: Path) -> None:
    """Write the list of *archives* that lie in the folder *url*; the last of a platform counts."""
    found = dict(entry(one, url) for one in sorted(archives))
    if not found:
        raise BuildError(f"{path.parent} has no archive; release.sh archive makes one")
    text = json.dumps(dict(sorted(found.items())), indent=1) + "\n"
    path.write_text(text)
