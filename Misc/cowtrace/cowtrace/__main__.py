"""python -m cowtrace: run a program, and tell what its children wrote."""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
from typing import Any

from . import Report, _knows_immortal, read
from ._options import Error, check, last_line, parse
from ._symbols import printable

FORWARDED = (
    signal.SIGINT,
    signal.SIGQUIT,
    signal.SIGTERM,
    signal.SIGHUP,
    signal.SIGUSR1,
    signal.SIGUSR2,
)


def flags() -> list[str]:
    """Return the interpreter's own options, for another one to have."""
    return list(subprocess._args_from_interpreter_flags())  # type: ignore[attr-defined]


def run_stock(options: argparse.Namespace, directory: str) -> dict[str, Any]:
    """Run the program with the other interpreter, and return its report; or raise Error."""
    report = os.path.join(directory, "stock.json")
    how = {"module": ["-m"], "command": ["-c"]}.get(options.how, [])
    wanted = ["--quiet", "--json", report, "--backend", options.backend]
    wanted += ["--child", str(options.child), "--include-exit" if options.exit else "--no-exit"]
    command = [options.stock, *flags(), "-m", "cowtrace", *wanted]
    # Its output would only be there twice.
    done = subprocess.run(
        [*command, *how, options.program, *options.args],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    )
    if done.returncode:
        print(
            f"cowtrace: with {options.stock} the program ended with status "
            f"{done.returncode}: {last_line(done.stderr)}",
            file=sys.stderr,
        )
    try:
        with open(report) as file:
            found: dict[str, Any] = json.load(file)
    except (OSError, ValueError) as error:
        raise Error(f"{options.stock} made no report") from error
    return found


def run(options: argparse.Namespace, directory: str) -> int:
    """Run the program, and return its exit status as Popen gives it."""
    start = ["-c", "from cowtrace import _run; _run.main(globals())", directory]
    wanted = [options.backend, str(int(_knows_immortal())), str(options.child), options.how]
    command = [sys.executable, *flags(), *start, *wanted, options.program, *options.args]
    awaited = {signal.SIGCHLD, *FORWARDED}
    handler = signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, awaited)

    def restore() -> None:
        signal.signal(signal.SIGCHLD, handler)
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)

    child = subprocess.Popen(command, preexec_fn=restore)
    while child.poll() is None:
        info = signal.sigwaitinfo(awaited)
        # What a terminal sends goes to the program as well. Only a process sends with a code that
        # is not positive.
        if info.si_signo in FORWARDED and info.si_code <= 0 and info.si_pid != child.pid:
            child.send_signal(info.si_signo)
    return child.returncode


def note_survivors(data: dict[str, Any]) -> None:
    """Note which processes are still running."""
    for process in data["processes"]:
        if os.path.exists(f"/proc/{process['pid']}"):
            data["notes"].append(f"process {process['pid']}: still running when the program ended")


def trace(options: argparse.Namespace) -> Report:
    """Run the program, with the other interpreter before if one is asked for; or raise Error."""
    with tempfile.TemporaryDirectory(prefix="cowtrace-") as directory:
        traces = os.path.join(directory, "traces")
        os.mkdir(traces)
        stock = None
        if options.stock is not None:
            stock = run_stock(options, directory)
        status = run(options, traces)
        report = read(traces, exit=options.exit)
    report.stock = stock
    report.data["command"] = [printable(arg) for arg in (options.program, *options.args)]
    report.data["status"] = status
    note_survivors(report.data)
    return report


def write(options: argparse.Namespace, report: Report) -> None:
    """Write the reports that are asked for; or raise Error."""
    for path, make in ((options.json, report.json), (options.html, report.html)):
        if path is None:
            continue
        try:
            with open(path, "w", encoding="utf-8") as file:
                file.write(make())
        except OSError as error:
            raise Error(f"can't write {path!r}: {error.strerror}") from error


def violation(report: Report, allowed: int) -> str:
    """Return what --check finds wrong, in one line; "" for *allowed* pages or less."""
    if not any(process["backend"] for process in report.data["processes"]):
        return "no process was traced"
    found = [writer for writer in report.data["writers"] if writer["violates"]]
    if report.violating_pages <= allowed:
        return ""
    most = found[0]
    where = f", {most['file']}:{most['line']}" if most["file"] else ""
    what = f"{most['type']}: {most['part']}" if most["part"] else most["type"]
    return (
        f"immortal objects were written to, {report.violating_pages:,} pages; the most by "
        f"{most['function']}{where} ({what})"
    )


def end_as(status: int) -> None:
    """End by the signal that ended the program."""
    if -status != signal.SIGKILL:
        signal.signal(-status, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, [-status])
    sys.stderr.flush()
    os.kill(os.getpid(), -status)


def main() -> int:
    """Do what sys.argv asks for; return the exit status, which is the program's own if it can."""
    options = parse(sys.argv[1:])
    try:
        check(options)
        report = trace(options)
        write(options, report)
    except (Error, OSError, ValueError) as error:
        print(f"cowtrace: {error}", file=sys.stderr)
        return 2
    if not options.quiet:
        sys.stderr.write(report.table(options.rows))
    status = int(report.data["status"])
    if status < 0:
        end_as(status)
    if status == 0 and options.check and (wrong := violation(report, options.allow)):
        print(f"cowtrace: {wrong}", file=sys.stderr)
        return 1
    return status


if __name__ == "__main__":
    sys.exit(main())
