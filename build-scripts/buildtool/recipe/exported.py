"""The files that the recipe takes along, relative to the checkout, in Conan's patterns.

An asterisk stands for what is in folders, too.
"""

from __future__ import annotations

from pathlib import Path

# Of buildtool/core, these alone.
CORE = ("__init__", "apt", "cache", "errors", "git", "lists", "paths", "process", "versions")
TOOLS = (
    "build-scripts/buildtool/__init__.py",
    *[f"build-scripts/buildtool/core/{name}.py" for name in CORE],
    "build-scripts/buildtool/recipe/*.py",
    "build-scripts/buildtool/series/__init__.py",
    "build-scripts/buildtool/series/order.py",
    "build-scripts/packages.txt",
)
# What is true of each minor version, and what a build for Windows needs.
VERSIONS = ("build-scripts/versions/*.yml",)
WINDOWS = ("build-scripts/buildtool/windows/*.py", "ci/windows/*")
# What every interpreter of Linux gets, be it patched or stock.
COWTRACE = (
    "Misc/cowtrace/cowtrace/*.py",
    "Misc/cowtrace/cowtrace/*.css",
    "Misc/cowtrace/cowtrace/*.js",
    "Misc/cowtrace/cowtrace/*.typed",
    "Misc/cowtrace/src/*",
)
PATCHES = ("patches/*/*",)


def files(root: Path, *patterns: str) -> set[Path]:
    """Return the files below *root* that the *patterns* name, compiled ones left out."""
    names = [name.replace("/*", "/**/*") if "*" in name else name for name in patterns]
    found = {path for name in names for path in root.glob(name) if path.is_file()}
    return {path for path in found if "__pycache__" not in path.parts}
