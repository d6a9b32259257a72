"""Run one module of CPython's test suite in a process of its own, and read what came of it."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
import xml.etree.ElementTree as ET
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from ..core import process
from ..core.errors import BuildError

# Seconds that a module gets beyond its own timeout, to print where it hangs.
GRACE = 60
# The name under which a module's own outcome stands among its cases'.
WHOLE = "(the module)"

GOOD = ("passed", "expected failure")

# For builds with sanitizers, and nothing to others: an interpreter doesn't free all at its end.
SANITIZED = {
    "ASAN_OPTIONS": "detect_leaks=0:allocator_may_return_null=1:handle_segv=0",
    "UBSAN_OPTIONS": "print_stacktrace=1",
}
_HEADER = re.compile(r"^(?:FAIL|ERROR|UNEXPECTED SUCCESS): (\S+) \(([\w.]+)\)", re.MULTILINE)
_STATES = (
    ("skipped", re.compile(r"^1 test skipped:$", re.MULTILINE)),
    ("environment changed", re.compile(r"^1 test altered the execution env", re.MULTILINE)),
    ("no tests", re.compile(r"^1 test run no tests:$", re.MULTILINE)),
)
_LEAK = re.compile(r"^(\S+) leaked \[.*\] (\w+(?: \w+)*), sum=", re.MULTILINE)
_RUNTIME_ERROR = re.compile(r"^(?:\S*/)?(\w+/\w+\.[ch]):\d+:\d+: runtime error: (.*)$", re.M)
_ADDRESS_ERROR = re.compile(r"ERROR: AddressSanitizer: (\S+).*?(?:#0 \S+ in (\S+))?$", re.M)


@dataclass
class Outcome:
    """What one run of a module gave: the outcome of each case and, as WHOLE, of the module."""

    module: str
    cases: dict[str, str]
    seconds: float

    def as_json(self) -> dict[str, Any]:
        """Return it as what json.dump takes."""
        return asdict(self)


@dataclass(frozen=True)
class Settings:
    """How modules run. *timeout* is in seconds for one module; *huntrleaks* like "3:3" or ""."""

    resources: str
    timeout: float
    huntrleaks: str = ""


def run(
    python: Path, module: str, settings: Settings, log: Path, stop: threading.Event | None = None
) -> Outcome:
    """Run *module* with *python*, its output to *log*. Raises BuildError once *stop* is set."""
    log.parent.mkdir(parents=True, exist_ok=True)
    start = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="suite-", ignore_cleanup_errors=True) as folder:
        place = Path(folder)
        report = place / "report.xml"
        (place / "work").mkdir()
        (place / "sanitizer").mkdir()
        command = [
            str(python), "-m", "test", "-v",
            f"--timeout={settings.timeout:.0f}", f"--use={settings.resources}",
            # The report grows with each run, which a hunt would take for a leak.
            f"--huntrleaks={settings.huntrleaks}"
            if settings.huntrleaks
            else f"--junit-xml={report}",
            module,
        ]  # fmt: skip
        with log.open("wb") as out:
            limit = start + settings.timeout + GRACE
            status = _call(command, place, out.fileno(), limit, stop or threading.Event())
        complaints = ""
        for path in sorted((place / "sanitizer").iterdir()):
            complaints += path.read_text(errors="replace")
        text = log.read_text(errors="replace")
        cases = _cases(report, text)
        if complaints:
            with log.open("a") as out:
                out.write(f"\n{complaints}")
    cases[WHOLE] = _state(status, text)
    cases |= _complaints(complaints)
    cases |= {f"{name} leaks {what}": "failed" for name, what in _LEAK.findall(text)}
    return Outcome(module, cases, round(time.monotonic() - start, 1))


def _call(
    command: list[str], place: Path, out: int, limit: float, stop: threading.Event
) -> int | None:
    """Run in *place*, as a session of its own; return the status, or None when *limit* comes.

    *limit* is a time of time.monotonic(), in seconds.
    """
    environment = process.clean_environment()
    logs = f":log_path={place / 'sanitizer' / 'log'}"
    environment |= {name: value + logs for name, value in SANITIZED.items()}
    environment |= {"TMPDIR": str(place / "work"), "LC_ALL": "C.UTF-8"}
    child = subprocess.Popen(
        command,
        cwd=place / "work",
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=out,
        stderr=out,
        start_new_session=True,
    )
    try:
        while time.monotonic() < limit:
            with contextlib.suppress(subprocess.TimeoutExpired):
                return child.wait(0.5)
            if stop.is_set():
                raise BuildError("stopped; a second run goes on from here")
        return None
    finally:
        # Also what a test left running, which would disturb the next one.
        with contextlib.suppress(ProcessLookupError):
            if sys.platform == "win32":
                child.kill()
            else:
                os.killpg(child.pid, signal.SIGKILL)
        child.wait()


def _state(status: int | None, log: str) -> str:
    if status is None or re.search(r"^Timeout \(.*\)!$", log, re.MULTILINE):
        return "timed out"
    if status < 0:
        return f"crashed: {signal.Signals(-status).name}"
    if status:
        return "failed"
    return next((state for state, pattern in _STATES if pattern.search(log)), "passed")


def _cases(report: Path, log: str) -> dict[str, str]:
    """Return the outcome of each case, from the XML and, for sub-tests, from the log's headings."""
    cases: dict[str, str] = {}
    if report.exists():
        # What was killed while it wrote the file gives no cases, and the module is bad anyway.
        with contextlib.suppress(ET.ParseError):
            for case in ET.parse(report).iter("testcase"):
                name, outcome = case.get("name"), _outcome(case)
                # A case that ran more than once is as bad as its worst run.
                if name and (name not in cases or cases[name] in GOOD):
                    cases[name] = outcome
    for case, place in _HEADER.findall(log):
        cases[place if place.endswith(f".{case}") else f"{place}.{case}"] = "failed"
    return cases


def _outcome(case: ET.Element) -> str:
    if case.find("failure") is not None or case.find("error") is not None:
        return "failed"
    if case.find("skipped") is not None:
        return "skipped"
    if case.find("outcome") is not None:
        return "failed"  # an unexpected success
    return "expected failure" if case.find("output") is not None else "passed"


def _complaints(text: str) -> dict[str, str]:
    """Return the sanitizers' complaints as failed cases, without what differs from run to run."""
    found = [f"{path}: {_plain(words)}" for path, words in _RUNTIME_ERROR.findall(text)]
    found += [f"AddressSanitizer: {kind} {where}" for kind, where in _ADDRESS_ERROR.findall(text)]
    return dict.fromkeys(found, "failed")


def _plain(words: str) -> str:
    return re.sub(r"0x[0-9a-f]+|-?\d{3,}", "N", words)


def list_modules(python: Path) -> list[str]:
    """Return the names of the suite's modules in *python*'s library; BuildError if it has none."""
    with tempfile.TemporaryDirectory() as folder:
        command = [str(python), "-m", "test", "--list-tests"]
        # A warning may be in another encoding than ours: Windows has one of its own.
        ran = subprocess.run(command, cwd=folder, capture_output=True, text=True, errors="replace")
    found = [line for line in ran.stdout.split() if line.startswith("test_")]
    if ran.returncode or not found:
        reason = process.last_line(ran.stderr, "it lists no test")
        raise BuildError(f"{python} -m test does not run: {reason}")
    return found
