"""The file `series`: one patch name a line, in groups, with comments.

A run of comment and blank lines is the heading of the patches that follow it; a comment can also
stand after a name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..core.errors import BuildError
from ..core.lists import name_of


@dataclass
class Group:
    """A heading and the entries under it, as the lines stand."""

    heading: list[str]
    entries: list[str] = field(default_factory=list)


@dataclass
class Series:
    """The order of the patches, in groups."""

    groups: list[Group]

    @property
    def names(self) -> list[str]:
        """All names, in order."""
        return [name_of(entry) for group in self.groups for entry in group.entries]

    def text(self) -> str:
        """Return the file's content."""
        lines = [line for group in self.groups for line in [*group.heading, *group.entries]]
        return "".join(f"{line}\n" for line in lines)


def parse(text: str) -> Series:
    """Take the file's content apart; what stands above its first blank line is its own group."""
    groups: list[Group] = []
    for line in text.splitlines():
        is_heading = not name_of(line)
        opens = len(groups) == 1 and not groups[0].entries and groups[0].heading[-1:] == [""]
        if not groups or opens or (is_heading and groups[-1].entries):
            groups.append(Group([]))
        (groups[-1].heading if is_heading else groups[-1].entries).append(line)
    return Series(groups)


def read(path: Path) -> Series:
    """Read the file; BuildError if it can't be read."""
    try:
        return parse(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise BuildError(f"{path} can't be read: {error}") from error


def reorder(series: Series, names: Sequence[str]) -> Series:
    """Return *series* with exactly *names*, in that order, each under the heading it had.

    A new name goes under the heading of the name before it. A heading left without patches goes,
    unless it opens or closes the file. Where the order takes a group apart, its heading stands
    over its first part.
    """
    old = series.groups or [Group([])]
    home = {
        name_of(entry): (number, entry)
        for number, group in enumerate(old)
        for entry in group.entries
    }
    groups = [] if old[0].entries else [Group(old[0].heading)]
    current = min((number for number, _ in home.values()), default=0)
    used = {0} if groups else set()
    started = False
    for name in names:
        number, entry = home.get(name, (current, name))
        if not started or number != current:
            heading = [""] if number in used else old[number].heading
            groups.append(Group(heading if started or number not in used else []))
            started, current = True, number
            used.add(number)
        groups[-1].entries.append(entry)
    if len(old) > 1 and not old[-1].entries:
        groups.append(old[-1])
    return Series(groups)
