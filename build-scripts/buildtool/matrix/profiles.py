"""The Conan profiles of cross compilers, made from ci/targets.toml and ci/machines.toml."""

from __future__ import annotations

import json

from ..core import paths, targets
from ..core.targets import Target

FOLDER = paths.ROOT / "ci" / "profiles"
# Of clang without a version in its name, that of Debian 12, for where it isn't installed yet.
CLANG = "14"


def texts() -> dict[str, str]:
    """Return the text of each profile that is made, by its name."""
    found = {}
    for target in targets.load().values():
        row = targets.machines()[target.system].get(target.arch, {})
        if target.profile == target.name and "triplet" in row:
            found[target.profile] = _text(target, row)
    return found


def write() -> None:
    """Write the profiles anew."""
    for name, text in texts().items():
        (FOLDER / name).write_text(text)


def _text(target: Target, row: dict[str, object]) -> str:
    lines = [f'{{% set arch, triplet = "{row["conan"]}", "{row["triplet"]}" %}}']
    kind = "gcc"
    if target.compiler.startswith("clang"):
        kind = "clang"
        version = target.compiler.partition("-")[2] or CLANG
        lines.append(f'{{% set clang, fallback = "{target.compiler}", "{version}" %}}')
    lines += [
        f"{{% set packages = {json.dumps(target.packages)} %}}",
        f'{{% set sysroot, runner = "{row["sysroot"]}", "{target.runner}" %}}',
        f'{{% include "cross/{kind}" %}}',
    ]
    answers = row.get("answers")
    if isinstance(answers, list):
        lines += ["", "[buildenv]", *answers]
    return "".join(f"{line}\n" for line in lines)
