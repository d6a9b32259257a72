"""A patch as a file of the series: its parts, its stable form, its name.

The stable form is git format-patch output without what changes from one export to the next: the
commit's hash, the number, git's version, and the `index` lines with the hashes of the files.

A patch's file name is no part of the file. While the patch is a commit, the name stands in the
commit message, as a trailer `Patch-File: NAME`, so that a new subject does not rename the file.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from email.header import decode_header, make_header
from pathlib import Path

from ..core import git
from ..core.errors import BuildError

NAME = re.compile(r"[a-z0-9][a-z0-9_.+-]*\.patch")
TRAILER = "Patch-File"
# Longest file name that is made from a subject, without ".patch".
NAME_LENGTH = 60

_INDEX = re.compile(r"^index [0-9a-f]+\.\.[0-9a-f]+.*\n", re.MULTILINE)
_TRAILER_LINE = re.compile(rf"^{TRAILER}: (\S+)$", re.MULTILINE)
_FILE = re.compile(r"^diff --git a/(.+) b/(.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Patch:
    """One patch. Text keeps its line ends, and its bytes that aren't UTF-8, as surrogates."""

    name: str
    header: str
    message: str
    diff: str

    @property
    def subject(self) -> str:
        """The subject without "[PATCH]", unfolded; "" if there is none."""
        unfolded = self.header.replace("\n ", " ")
        found = re.search(r"^Subject:(.*)$", unfolded, re.MULTILINE)
        subject = str(make_header(decode_header(found[1].strip()))) if found else ""
        return subject.removeprefix("[PATCH]").strip()

    @property
    def author(self) -> str:
        """Who the patch is from; "" if nobody."""
        found = re.search(r"^From: (.*)$", self.header.replace("\n ", " "), re.MULTILINE)
        return str(make_header(decode_header(found[1].strip()))) if found else ""

    @property
    def tests(self) -> list[str]:
        """The names of CPython's test modules in the message's `Tests:` lines."""
        return " ".join(re.findall(r"^Tests:(.*)$", self.message, re.MULTILINE)).split()

    @property
    def files(self) -> set[str]:
        """The paths that the patch reads or writes, relative to the source's root."""
        return {name for pair in _FILE.findall(self.diff) for name in pair}

    def text(self) -> str:
        """Return the file's content."""
        return f"{self.header}\n\n{self.message}\n---\n\n{self.diff}"


def parse(name: str, text: str) -> Patch:
    """Take a mail that git format-patch wrote apart; BuildError if it is none."""
    header, blank, rest = text.partition("\n\n")
    message, diff = _split(rest)
    if not blank or not diff or not header.startswith("From "):
        raise BuildError(f"{name} is no patch in git's mail form; make it with series export")
    return Patch(name, header, message.removesuffix("---\n").strip("\n"), diff)


def _split(text: str) -> tuple[str, str]:
    start = re.search(r"^diff --git ", text, re.MULTILINE)
    return (
        (text[: start.start()].rstrip("\n") + "\n", text[start.start() :]) if start else (text, "")
    )


def read(path: Path) -> Patch:
    """Read a patch file; BuildError if it isn't there or is no patch."""
    try:
        return parse(path.name, git.decode(path.read_bytes()))
    except OSError as error:
        raise BuildError(f"{path} can't be read: {error.strerror}") from error


def diff_of(data: bytes) -> bytes:
    """Return of a patch file what changes the source: all of it, if it isn't in git's form."""
    start = re.search(rb"^diff --git ", data, re.MULTILINE)
    return data[start.start() :] if start else data


def mail(patch: Patch) -> str:
    """Return the patch as git am shall commit it: with its name in the message."""
    last = patch.message.rsplit("\n\n", 1)[-1]
    in_trailers = all(re.match(r"(?!Reason|Cost)[A-Za-z-]+: ", line) for line in last.split("\n"))
    gap = "\n" if in_trailers else "\n\n"
    message = f"{patch.message}{gap}{TRAILER}: {patch.name}".lstrip("\n")
    return Patch(patch.name, patch.header, message, patch.diff).text()


def from_mail(text: str) -> Patch:
    """Make the patch, in its stable form, from git format-patch's output for one commit.

    Raises BuildError for a commit that can't be a patch of the series.
    """
    raw = parse("the commit", text)
    names = _TRAILER_LINE.findall(raw.message)
    message = re.sub(rf"^{TRAILER}: .*\n?", "", raw.message, flags=re.MULTILINE)
    message = re.sub(r"\n{3,}", "\n\n", message).strip("\n")
    name = names[-1] if names else name_of(raw.subject)
    if not NAME.fullmatch(name):
        raise BuildError(f"{name!r} is no name for a patch; give it a subject or a {TRAILER} line")
    if re.match(r"(fixup|squash|amend)! ", raw.subject):
        raise BuildError(f"{raw.subject!r} is no patch; fold it in: git rebase -i --autosquash")
    if binary := re.search(
        r"^(?:Binary files .*? and b/(.*) differ|GIT binary.*)$", raw.diff, re.M
    ):
        raise BuildError(f"{name} changes a binary file, {binary[1]}; the series is text only")
    return Patch(name, raw.header, message, _INDEX.sub("", raw.diff))


def name_of(subject: str) -> str:
    """Derive a file name from a subject."""
    slug = re.sub(r"[^a-z0-9]+", "-", subject.lower()).strip("-")
    if len(slug) > NAME_LENGTH:
        slug = slug[: NAME_LENGTH + 1].rpartition("-")[0] or slug[:NAME_LENGTH]
    return f"{slug}.patch"
