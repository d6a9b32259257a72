"""What has to hold of the series, checked in seconds: only the files it touches are laid out."""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from ..core import git
from ..core.errors import BuildError
from . import order, patchfile, repository
from .patchfile import Patch
from .repository import Base

RULES = """\
the rules of a patch
  name       lower case, digits and -, ending in .patch; no number to tell its place
  subject    what it does, at most 72 columns
  message    has a paragraph that starts with "Reason:" and one that starts with "Cost:" (what it
             costs in time, memory, compatibility or upkeep; "Cost: none." if that is so)
  author     the same for all
  Tests:     (a line "Tests: test_gc test_capi") the modules of CPython's test suite that have to
             pass once the patch is in; `series prefixes` runs them
  tests      it changes at least one of these modules: a test of what the patch is there for
  NEWS       it adds an entry below Misc/NEWS.d/next/, in a section that fits: one for files that
             it changes (C API: Include/; Core and Builtins: Include/, Objects/, Parser/, Python/,
             Programs/, Modules/; Library: Lib/ and Modules/; Build: configure, the Makefile,
             setup.py, Modules/Setup*, PCbuild/; Documentation: Doc/; IDLE: Lib/idlelib/; Tests:
             tests; Tools-Demos: Tools/; Windows: PC/ and PCbuild/; macOS: Mac/)
  diff       applies without fuzz or offset; adds no trailing blanks, no blank lines at a file's
             end, no DOS line ends to a file without; in C no tabs, and no line over 79 columns
             that is longer than what it replaces (PEP 7; generated files are exempt)
  form       exactly what `series export` writes
"""

NEWS = "Misc/NEWS.d/next/"
_TEST = re.compile(r"(?<=/)test_\w+(?=\.py$|/)")
# What a section of the news is about: the files that a patch with an entry there changes.
SECTIONS = {
    "Build": r"configure|Makefile|setup\.py|Modules/Setup|PCbuild/",
    "C API": r"Include/",
    "Core and Builtins": r"(Grammar|Include|Modules|Objects|Parser|Programs|Python)/",
    "Documentation": r"Doc/",
    "IDLE": r"Lib/idlelib/",
    "Library": r"Lib/(?!test/)|Modules/(?!_test)",
    "Security": r"(Include|Lib|Modules|Objects|Parser|Python)/",
    "Tests": r"Lib/test/|Modules/_test",
    "Tools-Demos": r"Tools/",
    "Windows": r"PC/|PCbuild/",
    "macOS": r"Mac/",
}
SUBJECT_LENGTH = 72
# PEP 7: "Maximum line length is 79 characters."
C_LINE_LENGTH = 79
_GENERATED = re.compile(
    r"/clinic/|generated|(^|/)(pycore_)?opcode(_targets)?\.h$|importlib.*\.h$|/frozen"
)


def problems(folder: Path, base: Base) -> list[str]:
    """Return what is wrong with the series in *folder*, one line each; none is a good series."""
    found = list(_listing(folder))
    patches: list[Patch] = []
    for name in order.read(folder / "series").names:
        if (folder / name).exists():
            try:
                patches.append(patchfile.read(folder / name))
            except BuildError as error:
                found.append(str(error))
    found += _authors(patches)
    for patch in patches:
        found += _message(patch)
        found += [f"{patch.name}: {line}" for line in (*_brings(patch), *_added_lines(patch))]
    # A series that isn't complete is not worth applying.
    return found if list(_listing(folder)) else found + _application(folder, base, patches)


def _listing(folder: Path) -> Iterator[str]:
    names = order.read(folder / "series").names
    if not names:
        yield "series: lists no patch"
    for name in sorted(set(names)):
        if not patchfile.NAME.fullmatch(name):
            yield f"series: {name!r} is no name for a patch"
        elif not (folder / name).is_file():
            yield f"series: {name} is listed and isn't there"
        if names.count(name) > 1:
            yield f"series: {name} is listed {names.count(name)} times"
    for path in sorted(folder.glob("*.patch")):
        if path.name not in names:
            yield f"series: {path.name} is there and isn't listed"


def _message(patch: Patch) -> Iterator[str]:
    if not patch.subject:
        yield f"{patch.name}: the message has no subject"
    elif len(patch.subject) > SUBJECT_LENGTH:
        yield f"{patch.name}: the subject has more than {SUBJECT_LENGTH} columns"
    for word in ("Reason", "Cost"):
        if not re.search(rf"(?:\A|\n\n){word}:[ \t]*\n?\S", patch.message):
            yield f'{patch.name}: the message has no paragraph that starts with "{word}:"'
    for test in patch.tests:
        if not re.fullmatch(r"test_\w+", test):
            yield f"{patch.name}: Tests: names {test!r}, which is no test module"


def _authors(patches: list[Patch]) -> Iterator[str]:
    """Yield those whose author isn't that of most."""
    counted = Counter(patch.author for patch in patches)
    for patch in patches:
        if patch.author != (most := counted.most_common(1)[0][0]):
            yield f"{patch.name}: its author is {patch.author or 'nobody'}, that of others {most}"


def _brings(patch: Patch) -> Iterator[str]:
    """Yield what the patch lacks of what a change of CPython carries."""
    changed = sorted(patch.files)
    tested = {one for name in changed if name.startswith("Lib/") for one in _TEST.findall(name)}
    if not patch.tests:
        yield 'the message has no line "Tests:"'
    elif not tested:
        yield "it brings no test: it changes no Lib/test/test_*.py"
    elif not tested & set(patch.tests):
        yield f"Tests: names none of those that it changes: {' '.join(sorted(tested))}"
    entries = [name.removeprefix(NEWS) for name in changed if name.startswith(NEWS)]
    if not entries:
        yield f"it brings no entry below {NEWS}"
    for entry in entries:
        section = entry.partition("/")[0]
        if section not in SECTIONS:
            yield f"the news have no section {section}; they have {', '.join(SECTIONS)}"
        elif not any(re.match(SECTIONS[section], name) for name in changed):
            yield f"its entry in the section {section} doesn't fit: it changes nothing of that"


def _added_lines(patch: Patch) -> Iterator[str]:
    """Yield what is wrong with the lines that the patch adds, each with its place.

    A line may be as long as the longest, and end like those, that its hunk takes away or keeps.
    """
    path, number, longest, ends = "", 0, 0, False
    for line in patch.diff.split("\n"):
        if line.startswith(("+++ ", "--- ", "diff ")):
            path = line.removeprefix("+++ ").removeprefix("b/")
        elif line.startswith("@@ "):
            number, longest, ends = int(re.split("[, ]", line.split("+")[1])[0]) - 1, 0, False
        elif line.startswith("-"):
            longest, ends = max(longest, len(line) - 1), ends or line.endswith("\r")
        elif line.startswith(" "):
            number, ends = number + 1, ends or line.endswith("\r")
        elif line.startswith("+"):
            number += 1
            if line.endswith("\r") and not ends:
                yield f"{path}:{number}: a carriage return"
            if not path.endswith((".c", ".h")) or _GENERATED.search(path):
                continue
            if "\t" in line:
                yield f"{path}:{number}: a tab in C"
            if len(line) - 1 > max(C_LINE_LENGTH, longest):
                yield f"{path}:{number}: a line of {len(line) - 1} columns in C"


def _application(folder: Path, base: Base, patches: list[Patch]) -> list[str]:
    found: list[str] = []
    files = {name for patch in patches for name in patch.files}
    with tempfile.TemporaryDirectory(prefix="series-") as temporary:
        tree = Path(temporary)
        repository.lay(base, tree, files)
        for patch in patches:
            try:
                repository.apply(tree, patch, base.title)
            except BuildError as error:
                # What comes after it may build on it, so it would only repeat the complaint.
                return [*found, str(error)]
            check = ("-c", "core.whitespace=cr-at-eol", "diff", "--check", "HEAD^", "HEAD")
            checked = git.run(tree, *check)
            lines = git.decode(checked.stdout).split("\n")
            found += [f"{patch.name}: {line}" for line in lines if _is_complaint(line)]
        for patch, exported in zip(patches, repository.export(tree), strict=True):
            if (folder / patch.name).read_bytes() != git.encode(exported.text()):
                found.append(
                    f"{patch.name}: isn't in the form that series export writes "
                    "(it may apply with an offset); import and export the series"
                )
    return found


def _is_complaint(line: str) -> bool:
    # "diff --check" also prints the lines themselves, and takes a title's underline for a conflict.
    return bool(re.match(r"[^ +].*:\d+: ", line)) and "conflict marker" not in line


def rebase(base: Base, patches: list[Patch]) -> tuple[list[str], list[str]]:
    """Apply *patches* to *base*; return those that needed less context, and the rejects' lines.

    A patch that doesn't apply is left out, and the next is tried all the same.
    """
    files = {name for patch in patches for name in patch.files}
    reduced: list[str] = []
    rejects: list[str] = []
    with tempfile.TemporaryDirectory(prefix="series-") as temporary:
        tree = Path(temporary)
        repository.lay(base, tree, files)
        for patch in patches:
            for options in ([], ["-C2"], ["-C1"]):
                try:
                    repository.apply(tree, patch, base.title, *options)
                except BuildError as error:
                    failure = str(error)
                else:
                    reduced += [patch.name] if options else []
                    break
            else:
                rejects.append(failure)
    return reduced, rejects
