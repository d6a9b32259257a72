"""Make-believe interpreters for the comparison of test suites, and what they say of modules."""

from __future__ import annotations

import json
from pathlib import Path

from buildtool.cli import suite
from buildtool.core.errors import exit_status

# An interpreter that knows `-m test` and does what modules.json beside it says of a module:
# [the outcomes of its cases, what it prints, its exit status], one for each time it is run.
PYTHON = """\
#!/usr/bin/env python3
import json, os, pathlib, sys
place = pathlib.Path(__file__).parent
modules = json.loads((place / "modules.json").read_text())
if "-c" in sys.argv:
    print(place / "lib")
elif "--list-tests" in sys.argv:
    print(*modules, sep="\\n")
else:
    name = sys.argv[-1]
    with open(place / "ran", "a") as ran:
        ran.write(f"{name}\\n")
    number = (place / "ran").read_text().split().count(name) - 1
    cases, text, status = modules[name][min(number, len(modules[name]) - 1)]
    print(text)
    report = next((word[12:] for word in sys.argv if "--junit-xml=" in word), "/dev/null")
    kinds = {"passed": "", "failed": "<failure/>", "skipped": "<skipped/>"}
    rows = [f'<testcase name="{case}">{kinds[kind]}</testcase>' for case, kind in cases.items()]
    pathlib.Path(report).write_text(f"<testsuites>{''.join(rows)}</testsuites>")
    if text.startswith("sanitizer: "):
        log = os.environ["UBSAN_OPTIONS"].partition("log_path=")[2]
        pathlib.Path(log + ".1").write_text(text.removeprefix("sanitizer: "))
    if status == "kill":
        os.kill(os.getpid(), 11)
    if status == "hang":
        import time
        time.sleep(600)
    sys.exit(status)
"""
Run = list[object]


def make_python(folder: Path, modules: dict[str, list[Run]]) -> Path:
    (folder / "lib").mkdir(parents=True)
    (folder / "modules.json").write_text(json.dumps(modules))
    python = folder / "python"
    python.write_text(PYTHON)
    python.chmod(0o755)
    return python


def good(*cases: str) -> list[Run]:
    return [[dict.fromkeys(cases or ("t.a", "t.b"), "passed"), "", 0]]


def compare(
    tmp_path: Path,
    stock: dict[str, list[Run]],
    patched: dict[str, list[Run]],
    *arguments: str,
) -> tuple[int, dict[tuple[str, str], str]]:
    """Compare two make-believe interpreters; return the status and the kinds of differences."""
    if not (tmp_path / "stock").exists():
        make_python(tmp_path / "stock", stock)
        make_python(tmp_path / "patched", patched)
    command = ["--stock", str(tmp_path / "stock/python"), "--output", str(tmp_path / "out")]
    command += ["--patched", str(tmp_path / "patched/python"), *arguments]
    status = exit_status(lambda: suite.main(command))
    report = json.loads((tmp_path / "out/report.json").read_text())
    return status, {(one["module"], one["case"]): one["kind"] for one in report["differences"]}


def ran(tmp_path: Path, side: str) -> list[str]:
    return sorted((tmp_path / side / "ran").read_text().split())


BAD: Run = [{"t.a": "passed", "t.b": "failed"}, "", 2]
FINE: Run = good()[0]
