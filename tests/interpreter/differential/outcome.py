"""Run a program in an interpreter, in one of three ways, and tell what it did."""

from __future__ import annotations

import difflib
import json
import os
import re
import subprocess
import tempfile
import zlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .program import Program

HERE = Path(__file__).resolve().parent
TIMEOUT = 30
# Several files append to one of these, in the order in which a process closes them. With immortal
# objects it is another, as documented: an owner before what it owns. What they write is the same.
SHARED = ("later", "pair")
WORD = re.compile(r"closed|later|pair \d|.")
NOTHING = "b''"
BROKEN = "broken: "
GONE = re.compile(r"'NoneType' object|Python is likely shutting down|None, Python is")
ENVIRONMENT = {
    "PYTHONHASHSEED": "0",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONWARNINGS": "ignore::ResourceWarning",
    "SETUPTOOLS_USE_DISTUTILS": "stdlib",  # which an environment's setuptools replaces
    "ASAN_OPTIONS": "detect_leaks=0:allocator_may_return_null=1:handle_segv=0",
}


@dataclass(frozen=True)
class Outcome:
    """What a program did: its status, its lines, and the files that it left."""

    status: int | str
    lines: tuple[str, ...]
    any_order: tuple[str, ...]
    errors: tuple[str, ...]
    files: tuple[tuple[str, str], ...]

    def leaks_less(self, other: Outcome) -> bool:
        """Tell whether this finalized all that *other* did, and also what leaked there.

        An object leaked if the main process did not finalize it, and all of a child's if a canary
        did. No child may finalize what only a thread of its parent holds.
        """
        more = Counter(self.any_order) - Counter(other.any_order)
        if not more or Counter(other.any_order) - Counter(self.any_order):
            return False
        extra = [line.rpartition(" by ") for line in more]
        leaked = {name for name, _, role in extra if role == "main"}
        leaking = {role for name, _, role in extra if "canary" in name}
        return all(
            role == "main" or ((name in leaked or role in leaking) and "of a thread" not in name)
            for name, _, role in extra
        )

    def lost_by(self, other: Outcome) -> set[str]:
        """The files that *other* left empty, or gzip's that it left broken; here they are whole."""
        theirs = dict(other.files)
        return {
            name
            for name, ours in self.files
            if theirs.get(name) == NOTHING != ours
            or (theirs.get(name, "").startswith(BROKEN) and not ours.startswith(BROKEN))
        }

    @property
    def twice(self) -> list[str]:
        """The objects that one process finalized more than once."""
        lines = Counter(line for line in self.any_order if "#" in line)
        return [line for line, times in lines.items() if times > 1]

    def differs(self, other: Outcome) -> Iterator[str]:
        """Say in which way *other* is not the same."""
        if self.twice and not other.twice:
            yield f"twice: {self.twice}"
        names = ["status", "lines", "any_order", "errors", "files"]
        lost = self.lost_by(other)
        for name in names[:2] if self.leaks_less(other) else names:
            ours, theirs = getattr(self, name), getattr(other, name)
            if name == "files":
                ours = tuple(one for one in ours if one[0] not in lost)
                theirs = tuple(one for one in theirs if one[0] not in lost)
            if ours != theirs:
                if isinstance(ours, tuple):
                    theirs, ours = (list(map(str, some)) for some in (theirs, ours))
                    lines = [line for line in difflib.ndiff(theirs, ours) if line[0] in "+-"]
                    yield f"{name} (- stock, + patched):\n    " + "\n    ".join(lines)[:1500]
                else:
                    yield f"{name}: stock {theirs}, patched {ours}"


def unpacked(content: bytes) -> str:
    """Return how much a gzip file holds, or why it can't be read."""
    length = 0
    while content:
        member = zlib.decompressobj(wbits=31)
        try:
            length += len(member.decompress(content))
        except zlib.error as error:
            return f"{BROKEN}{error}"
        if not member.eof:
            return f"{BROKEN}its end is missing"
        content = member.unused_data
    return str(length)


def complaints(lines: list[str]) -> list[str]:
    """Return the lines on stderr, each ignored exception as one, without source lines.

    Stock's finalizers fail at exit where they need what is gone by then; those of immortal
    objects find all they need, and so these failures are no difference.
    """
    found: list[str] = []
    about = ""
    for line in lines:
        if line.startswith("Exception ignored "):
            about = line
        elif not about and not line.startswith("    "):
            found.append(line)
        elif about and re.match(r"[A-Za-z_][\w.]*(:|$)", line) and "Traceback" not in line:
            if not GONE.search(line):
                found.append(f"{about}: {line}")
            about = ""
    return found


class Server:
    """A warm process of an interpreter, which runs programs in children."""

    def __init__(self, python: Path, *options: str) -> None:
        self.process = subprocess.Popen(
            [str(python), str(HERE / "serve.py"), *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, **ENVIRONMENT},
        )

    def run(self, source: str, folder: Path) -> dict[str, Any]:
        """Run a program; return its status and what it printed."""
        assert self.process.stdin and self.process.stdout
        job = {"source": source, "folder": str(folder), "timeout": TIMEOUT}
        self.process.stdin.write(json.dumps(job) + "\n")
        self.process.stdin.flush()
        return dict(json.loads(self.process.stdout.readline()))

    def close(self) -> None:
        """End the process."""
        self.process.communicate()


class Interpreter:
    """An interpreter under test, with its two servers, which belong to one thread."""

    def __init__(self, python: Path) -> None:
        self.python = python
        self.servers: dict[str, Server] = {}
        code = "import os; print(os.path.dirname(os.__file__))"
        ran = subprocess.run([python, "-c", code], capture_output=True, text=True, check=True)
        self.library = ran.stdout.strip()

    def run(self, one: Program) -> Outcome:
        """Run a program and look at what it did."""
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place:
            folder = Path(place, "work")
            folder.mkdir()
            if one.way == "alone":
                found = self._alone(one.source, folder)
            else:
                if one.way not in self.servers:
                    options = ["seal"] if "sealed" in one.way else []
                    self.servers[one.way] = Server(self.python, *options)
                found = self.servers[one.way].run(one.source, folder)
            files = sorted(path for path in folder.rglob("*") if path.is_file())
            return self._outcome(found, folder, files)

    def _alone(self, source: str, folder: Path) -> dict[str, Any]:
        """Run a program by itself."""
        script = folder.with_name("program.py")
        script.write_text(source)
        with (
            folder.with_name("out").open("wb") as out,
            folder.with_name("err").open("wb") as err,
        ):
            process = subprocess.Popen(
                [str(self.python), str(script)],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                cwd=folder,
                env={**os.environ, **ENVIRONMENT},
                start_new_session=True,
            )
            status: int | str = "timed out"
            try:
                status = process.wait(TIMEOUT)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, 6)
                process.wait()
        texts = {
            name: folder.with_name(name).read_text(errors="replace") for name in ("out", "err")
        }
        return {"status": status, **texts}

    def _outcome(self, found: dict[str, Any], folder: Path, files: list[Path]) -> Outcome:
        lines = self._clean(found["out"], folder)
        errors = complaints(self._clean(found["err"], folder))
        left = []
        for path in files:
            name = re.sub(r"(named|tmp)\w+", r"\1", path.name)
            content = path.read_bytes()
            if path.suffix == ".gz":
                text = unpacked(content)
            elif path.suffix == ".zip" or name.startswith("database"):
                text = str(len(content))
            else:
                text = self._plain(repr(content), folder)
            if name.startswith(SHARED):
                text = " ".join(sorted(WORD.findall(text)))
            left.append((name, text[:5000]))
        return Outcome(
            found["status"],
            tuple(line for line in lines if "~" not in line),
            tuple(sorted(line for line in lines if "~" in line)),
            tuple(sorted(errors)),
            tuple(sorted(left)),
        )

    def _clean(self, text: str, folder: Path) -> list[str]:
        return self._plain(text, folder).splitlines()

    def _plain(self, text: str, folder: Path) -> str:
        text = text.replace(str(folder.parent), "FOLDER").replace(self.library, "LIBRARY")
        text = re.sub(r"(maximum recursion depth exceeded)[a-zA-Z ]+", r"\1", text)
        text = re.sub(r"(?<=LIBRARY)(\S*, line )\d+", r"\1", text)
        return re.sub(r"(named|tmp)\w{8}\b", r"\1", re.sub(r"0x[0-9a-f]{6,}", "0x", text))

    def close(self) -> None:
        """End the servers."""
        for server in self.servers.values():
            server.close()
        self.servers.clear()
