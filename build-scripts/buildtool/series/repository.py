"""The series as a git branch on the pristine source, and back.

The same series gives the same commits, and the same commits the same patches, on every machine.
"""

from __future__ import annotations

import shutil
import tarfile
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..core.errors import BuildError
from ..core.git import apply as apply_diff
from ..core.git import encode, git, reason, run
from ..install import swap
from . import order, patchfile
from .patchfile import Patch

TAG = "pristine"
BRANCH = "series"

# What a build in the tree, a test or an editor leaves there; the source has no .gitignore.
IGNORED = """\
__pycache__/
*.py[co]
*.[ao]
*.so
*.orig
*.rej
*~
.*.swp
/build*/
/Makefile*
/config.*
/python
"""

_FORMAT = (
    "format-patch", "--stdout", "-1", "--zero-commit", "--no-signature", "-N", "--no-stat",
    "--full-index", "--no-renames", "--no-ext-diff", "--no-textconv", "--no-color", "-U3",
    "--diff-algorithm=histogram", "--indent-heuristic", "--inter-hunk-context=0",
    "--src-prefix=a/", "--dst-prefix=b/", "--no-attach", "--no-thread", "--no-cover-letter",
    "--no-base", "--no-from", "--no-to", "--no-cc", "--no-add-header", "--no-notes",
)  # fmt: skip
_AM = (
    "am", "--quiet", "--no-3way", "--keep-cr", "--keep-non-patch", "--no-scissors",
    "--no-gpg-sign", "--committer-date-is-author-date", "--whitespace=nowarn",
)  # fmt: skip


@dataclass(frozen=True)
class Base:
    """What the series goes on: a verified archive, and patches that come before ours."""

    title: str
    archive: Path
    before: tuple[tuple[str, bytes], ...] = ()


def read_patches(folder: Path) -> list[Patch]:
    """Read the patches that *folder*/series lists, in order."""
    return [patchfile.read(folder / name) for name in order.read(folder / "series").names]


def lay(base: Base, folder: Path, only: Collection[str] | None = None) -> None:
    """Make *folder* a git repository of the pristine source, tagged and on the series' branch.

    *only* limits the files (paths from the source's root), for a check that takes seconds.
    """
    newest = 0
    with tarfile.open(base.archive) as archive:
        archive.extraction_filter = lambda member, path: member
        for member in archive:
            newest = max(newest, int(member.mtime))
            member.name = member.name.partition("/")[2]
            if member.name and (only is None or member.name in only):
                archive.extract(member, folder)
    git(folder, "init", "--quiet", "--template=", f"--initial-branch={BRANCH}")
    git(folder, "config", "core.autocrlf", "false")
    (folder / ".git" / "info").mkdir(exist_ok=True)
    (folder / ".git" / "info" / "exclude").write_text(IGNORED)
    for name, diff in base.before:
        limits = [f"--include={path}" for path in only or ()]
        apply_diff(folder, diff, f"{name} does not apply to {base.title}", *limits)
    git(folder, "add", "--all", "--force")
    message = ("commit", "--quiet", "--allow-empty", "-m", base.title)
    ran = run(folder, *message, date=f"{newest} +0000")
    if ran.returncode:
        raise BuildError(f"the source can't be committed: {reason(ran)}")
    git(folder, "tag", TAG)


def apply(folder: Path, patch: Patch, title: str, *options: str) -> None:
    """Commit *patch* on top of *folder*'s branch, without fuzz; BuildError says where it fails."""
    ran = run(folder, *_AM, *options, data=encode(patchfile.mail(patch)))
    if ran.returncode:
        run(folder, "am", "--abort")
        raise BuildError(f"{patch.name} does not apply to {title}: {reason(ran)}")


def import_series(base: Base, patches: Sequence[Patch], folder: Path) -> None:
    """Make the repository *folder*: the pristine source, and one commit for each patch.

    Raises BuildError if *folder* exists.
    """
    if folder.exists() or folder.is_symlink():
        raise BuildError(f"{folder} exists; remove it or name another place")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with swap.beside(folder, "new") as made:
        made.mkdir()
        lay(base, made)
        for patch in patches:
            apply(made, patch, base.title)
        made.rename(folder)


def export(folder: Path) -> list[Patch]:
    """Return the commits from the tag to HEAD of the repository *folder*, as patches."""
    if not folder.is_dir() or run(folder, "rev-parse", "--verify", TAG).returncode:
        raise BuildError(
            f"{folder} is no git repository with a tag {TAG}; make one with series import"
        )
    if git(folder, "status", "--porcelain", "--untracked-files=no"):
        raise BuildError(f"{folder} has changes that aren't committed; commit or stash them")
    revisions = git(folder, "rev-list", "--reverse", "--parents", f"{TAG}..HEAD").splitlines()
    patches: list[Patch] = []
    for revision, *parents in map(str.split, revisions):
        if len(parents) != 1:
            raise BuildError(f"{revision} is a merge; a series has none: git rebase {TAG}")
        patches.append(patchfile.from_mail(git(folder, *_FORMAT, revision)))
    names = [patch.name for patch in patches]
    for name in names:
        if names.count(name) > 1:
            raise BuildError(
                f"two commits are called {name}; name one by a {patchfile.TRAILER} line"
            )
    return patches


def write(patches: Sequence[Patch], folder: Path) -> None:
    """Make the patches and the file `series` in *folder* be exactly *patches*."""
    listed = folder / "series"
    old = order.read(listed) if listed.exists() else order.Series([])
    new = order.reorder(old, [patch.name for patch in patches])
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (
        swap.alone(folder),
        swap.beside(folder, "new") as made,
        swap.beside(folder, "old") as aside,
    ):
        if folder.exists():
            shutil.copytree(folder, made, ignore=shutil.ignore_patterns("*.patch"))
        made.mkdir(exist_ok=True)
        (made / "series").write_text(new.text(), encoding="utf-8")
        for patch in patches:
            (made / patch.name).write_bytes(encode(patch.text()))
        swap.replace(made, folder, aside)
