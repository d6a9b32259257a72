"""Build each prefix of the series in one tree, and run the tests that its newest patch names."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..core import git, paths
from ..core.errors import BuildError, restore_interrupt
from . import repository
from .patchfile import Patch
from .repository import Base

# What a source tree and its debug build take, in bytes, with room for the tests' files.
SPACE = 2 * paths.GIB


@dataclass(frozen=True)
class Plan:
    """How to build: make's and the tests' jobs, a debug build or not, forget what passed."""

    jobs: int
    debug: bool
    again: bool


def keys(base: Base, patches: Sequence[Patch], plan: Plan) -> list[str]:
    """Return for each prefix a hash of all that its result depends on."""
    digest = hashlib.sha256(f"{base.title} {plan.debug}".encode())
    found = []
    for patch in patches:
        digest.update(git.encode(f"{patch.name} {patch.tests}\n{patch.diff}"))
        found.append(digest.hexdigest())
    return found


def build_all(base: Base, patches: Sequence[Patch], folder: Path, plan: Plan) -> None:
    """Build and test every prefix that hasn't passed yet; BuildError at the first that fails.

    *folder* keeps the tree, the build, a log of each prefix, and what passed.
    """
    restore_interrupt()
    paths.require_space(folder, SPACE)
    folder.mkdir(parents=True, exist_ok=True)
    record = folder / "passed.json"
    passed = {} if plan.again or not record.exists() else json.loads(record.read_text())
    wanted = keys(base, patches, plan)
    tree = folder / "source"
    shutil.rmtree(tree / ".git", ignore_errors=True)
    _import_over(base, patches, tree)
    revisions = git.git(tree, "rev-list", "--reverse", f"{repository.TAG}..HEAD").split()
    for number, (patch, key, revision) in enumerate(zip(patches, wanted, revisions, strict=True)):
        title = f"[{number + 1}/{len(patches)}] {patch.name}"
        if key in passed:
            print(f"{title}: passed before", flush=True)
            continue
        git.git(tree, "checkout", "--quiet", "--force", revision)
        start = time.monotonic()
        _build(patch, tree, folder, plan, title)
        passed[key] = patch.name
        record.write_text(json.dumps(passed, indent=1) + "\n")
        print(f"{title}: passed, {time.monotonic() - start:.0f} s", flush=True)


def _import_over(base: Base, patches: Sequence[Patch], tree: Path) -> None:
    """Import into *tree*; a tree that is there keeps the files (and times) that don't change."""
    if not tree.exists():
        repository.import_series(base, patches, tree)
        return
    fresh = tree.with_name("fresh")
    shutil.rmtree(fresh, ignore_errors=True)
    repository.import_series(base, patches, fresh)
    (fresh / ".git").rename(tree / ".git")
    shutil.rmtree(fresh)
    # Only files whose content differs are written, so make does not start all over again.
    git.run(tree, "update-index", "-q", "--refresh")
    git.git(tree, "reset", "--quiet", "--hard", "HEAD")
    git.git(tree, "clean", "--quiet", "-xdf")


def _build(patch: Patch, tree: Path, folder: Path, plan: Plan, title: str) -> None:
    build = folder / ("debug" if plan.debug else "release")
    log = folder / f"{patch.name.removesuffix('.patch')}.log"
    build.mkdir(exist_ok=True)
    configure = tree / "configure"
    stale = build / "configured"
    state = hashlib.sha256(configure.read_bytes()).hexdigest()
    with log.open("wb") as out:

        def step(what: str, *command: str, **environment: str) -> None:
            print(f"{title}: {what}", flush=True)
            environment = {**os.environ, **environment}
            if subprocess.run(
                command,
                cwd=build,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
            ).returncode:
                raise BuildError(f"{title}: {what} failed; its log is {log}")

        if not stale.exists() or stale.read_text() != state:
            compiler = "ccache gcc" if shutil.which("ccache") else "gcc"
            options = ["--with-pydebug"] if plan.debug else []
            step("configure", str(configure), "--quiet", *options, CC=compiler)
            stale.write_text(state)
        _touch_headers(tree, build / "headers")
        step("build", "make", "--quiet", f"-j{plan.jobs}", "all")
        if patch.tests:
            tests = ("./python", "-m", "test", f"-j{plan.jobs}", "--timeout=1200", *patch.tests)
            step(f"test {' '.join(patch.tests)}", *tests)


def _touch_headers(tree: Path, built_with: Path) -> None:
    """Let make compile everything if a header has changed since the last time.

    The Makefile leaves some of Include/internal out, pycore_gc.h for one, but it has
    Python.h for every file, and so does setup.py.
    """
    headers = git.git(tree, "ls-files", "--stage", "*.h")
    if not built_with.exists() or built_with.read_text() != headers:
        (tree / "Include" / "Python.h").touch()
        # The next checkout would write it again, and make compile everything again.
        git.run(tree, "update-index", "-q", "--refresh")
        built_with.write_text(headers)
