"""python -m cowtrace: names who writes to shared memory, and shows it."""

from __future__ import annotations

import json
import platform
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from harness import TESTS, run_json
from measuring import MAX_BOOKKEEPING, reading, sorts

WORKLOAD = TESTS / "cowtrace" / "workload.py"
DENY = TESTS / "cowtrace" / "deny.py"
READ = next(
    number
    for number, line in enumerate(WORKLOAD.read_text().splitlines(), 1)
    if line.endswith("# READ")
)
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "chrome"))), None)

# In the page: what a user would do, and what they would then see, as JSON in the title.
PROBE = """<script>
{
const rows = () => [...document.getElementById('writers').tBodies[0].rows];
const seen = () => rows().filter(row => row.getClientRects().length);
const pages = list => list.map(row => Number(row.cells[0].dataset.n));
const result = {all: pages(seen())};
document.querySelector('#writers th button').click();
result.ascending = pages(seen());
const filter = document.getElementById('filter');
filter.value = 'STR reference';
filter.dispatchEvent(new Event('input'));
result.filtered = seen().map(row => row.textContent.toLowerCase());
result.found = document.getElementById('found').innerText;
const map = document.querySelector('svg[data-cells]'), box = map.getBoundingClientRect();
map.dispatchEvent(new MouseEvent('mousemove', {clientX: box.left + 3, clientY: box.top + 3}));
result.tip = document.getElementById('tip').innerText;
result.labels = [...document.querySelectorAll('[role=img]')].map(
  image => image.getAttribute('aria-label'));
result.figures = [...document.querySelectorAll('.figure')].map(figure => figure.innerText);
result.scrolls = document.documentElement.scrollWidth > innerWidth;
result.requests = performance.getEntriesByType('resource').length;
document.title = JSON.stringify(result);
}
</script>"""


def backends(python: Path) -> list[str]:
    """Return the ways of trapping writes that are permitted here, the best first."""
    return list(run_json(python, "import cowtrace, json; print(json.dumps(cowtrace.backends()))"))


def trace(
    python: Path,
    tmp_path: Path,
    *options: str,
    before: str = "collect",
    besides: str = "nothing",
    end: str = "os._exit",
    wrapper: tuple[str, ...] = (),
    status: int = 0,
) -> tuple[dict[str, Any], str]:
    """Trace the workload; return the report and the table."""
    report = tmp_path / "report.json"
    program = [str(WORKLOAD), before, besides, end]
    command = [str(python), "-m", "cowtrace", "--json", str(report), *options, *program]
    done = subprocess.run(
        [*wrapper, *command], capture_output=True, text=True, timeout=600, check=False
    )
    assert (done.returncode, done.stdout) == (status, "the parent's own words\n"), done.stderr
    return json.loads(report.read_text()), done.stderr


def pages(report: dict[str, Any], **wanted: object) -> int:
    """Return the number of pages whose cause is as *wanted*."""
    return sum(
        writer["pages"]
        for writer in report["writers"]
        if all(writer[key] == value for key, value in wanted.items())
    )


def test_stock_names_reference_counts(python: Path, tmp_path: Path) -> None:
    report, table = trace(python, tmp_path)
    counts = pages(report, part="reference count")
    assert counts > 0.8 * report["pages"] > 300
    here = {"file": str(WORKLOAD), "line": READ}
    assert pages(report, part="reference count", **here) > 0.8 * counts
    assert pages(report, part="reference count", type="__main__.Record", **here) > 100
    # The loop over a list is inlined by later versions.
    functions = ("listiter_next", "_PyEval_EvalFrameDefault")
    assert any(pages(report, part="reference count", function=name) > 100 for name in functions)
    assert report["violating_pages"] == 0
    assert f"{WORKLOAD.name}:{READ}" in table


def test_stock_names_the_collector(python: Path, tmp_path: Path) -> None:
    code = "import gc, os\nx = [[] for _ in range(20000)]\n"
    code += "gc.collect() if not os.fork() else os.wait()"
    report = tmp_path / "report.json"
    subprocess.run(
        [python, "-m", "cowtrace", "--quiet", "--no-exit", "--json", report, "-c", code], check=True
    )
    assert pages(json.loads(report.read_text()), type="list", part="GC header") > 200


def test_patched_shares(stock: Path, patched: Path, tmp_path: Path) -> None:
    """Both in one report: a sealed heap is read without touching it."""
    report, table = trace(patched, tmp_path, "--stock", str(stock), before="immortalize_heap")
    assert pages(report, part="reference count", line=READ) == 0
    assert pages(report, part="reference count") < 10
    assert report["pages"] < 0.2 * report["stock"]["pages"]
    assert re.search(r"^stock: 1 process copied .*\nthis:  1 process copied ", table, re.M)


@pytest.mark.parametrize("end", ("os._exit", "sys.exit", "the end"))
def test_no_immortal_object_is_written(patched: Path, tmp_path: Path, end: str) -> None:
    """The proof that a sealed heap is one; a few pages of bookkeeping are counted apart."""
    report, table = trace(patched, tmp_path, before="immortalize_heap", end=end)
    rows = [row for row in report["writers"] if row["immortal"] or row["code"]]
    rows = [row for row in rows if not row["memory"].startswith("static")]
    assert not reading(rows), table
    pages = sorts(rows)
    assert pages["bookkeeping"] <= MAX_BOOKKEEPING, table
    assert pages["malloc"] <= 128, table
    assert pages["code"] <= 64, table


def test_check_is_about_immortal_objects(patched: Path, tmp_path: Path) -> None:
    """What the library does after each fork is a handful of pages; reading adds none."""
    allowed = ("--no-exit", "--check", "--allow", "16")
    report, table = trace(patched, tmp_path, *allowed, before="immortalize_heap")
    assert f"writes to immortal objects: {report['violating_pages']}\n" in table
    # An object's own memory, and a block that malloc() puts beside it.
    code = (
        "import gc, os\n"
        "class Large: __slots__ = [f'slot{n}' for n in range(200)]\n"
        "large = [Large() for _ in range(200)]\n"
        "gc.immortalize_heap()\n"
        "def work(): WORK\n"
        "(work(), os._exit(0)) if not os.fork() else os.wait()"
    )
    written = "[setattr(one, 'slot99', 2) for one in large]"
    for work, status in (("[bytes(n) for n in range(600, 9000)]", 0), (written, 1)):
        command = [patched, "-m", "cowtrace", "--quiet", *allowed, "-c", code.replace("WORK", work)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode == status, (work, done.stderr)
        if status:
            said = r"cowtrace: immortal objects were written to, \d+ pages; .*\.Large: body\)\n"
            assert re.fullmatch(said, done.stderr)


@pytest.mark.parametrize("end", ("os._exit", "sys.exit", "the end", "crash"))
def test_every_end_is_traced(python: Path, tmp_path: Path, end: str) -> None:
    report, _ = trace(python, tmp_path, end=end)
    assert pages(report, file=str(WORKLOAD), line=READ) > 300
    assert (pages(report, exit=True) > 100) == (end in ("sys.exit", "the end"))


@pytest.mark.parametrize("besides", ("threads", "signals", "grandchild", "system_calls"))
def test_program_behaves_as_ever(any_python: Path, tmp_path: Path, besides: str) -> None:
    if besides == "system_calls" and "userfaultfd" not in backends(any_python):
        pytest.skip("userfaultfd(2) is not permitted here; without it, this is known to fail")
    report, _ = trace(any_python, tmp_path, besides=besides)
    assert len(report["processes"]) == (2 if besides == "grandchild" else 1)
    for process in report["processes"]:
        assert process["pages"] > 300
    if besides == "system_calls":
        assert any(writer["system_call"] is not None for writer in report["writers"])


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the filter is for x86-64")
@pytest.mark.parametrize("allowed, backend", ((0, "mprotect"), (1, "userfaultfd-user")))
def test_fallback(python: Path, tmp_path: Path, allowed: int, backend: str) -> None:
    if backend not in backends(python):
        pytest.skip(f"{backend} is not permitted here")
    wrapper = (sys.executable, str(DENY), str(allowed))
    report, table = trace(python, tmp_path, wrapper=wrapper)
    assert [process["backend"] for process in report["processes"]] == [backend]
    assert pages(report, part="reference count", line=READ) > 300
    assert "fail with EFAULT" in table
    # The one that is missing, asked for by name.
    command = [python, "-m", "cowtrace", "--backend", "userfaultfd", WORKLOAD]
    done = subprocess.run([*wrapper, *command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert re.fullmatch(r"cowtrace: userfaultfd is not permitted here; .*\n", done.stderr)


def test_same_pages_by_every_backend(python: Path, tmp_path: Path) -> None:
    names = backends(python)
    if len(names) == 1:
        pytest.skip(f"only {names[0]} is permitted here")
    counts = [trace(python, tmp_path, "--backend", name)[0]["pages"] for name in names]
    assert max(counts) - min(counts) < 0.03 * min(counts), dict(zip(names, counts, strict=True))


class Title(HTMLParser):
    """Finds the text of the title."""

    text = ""

    def handle_data(self, data: str) -> None:
        if self.lasttag == "title":
            self.text += data


def look(html: Path, tmp_path: Path) -> dict[str, Any]:
    """Return what a user sees in the page, on a phone, when they use it."""
    html.write_text(html.read_text().replace("</body>", PROBE + "</body>"))
    flags = "--headless --no-sandbox --disable-gpu --no-first-run --disable-background-networking"
    profile = f"--user-data-dir={tmp_path / 'profile'}"
    command = [str(CHROMIUM), *flags.split(), profile, "--window-size=500,900", "--dump-dom"]
    done = subprocess.run(
        [*command, html.as_uri()], capture_output=True, text=True, timeout=300, check=True
    )
    title = Title()
    title.feed(done.stdout)
    found: dict[str, Any] = json.loads(title.text)
    return found


def verify(seen: dict[str, Any], report: dict[str, Any]) -> None:
    """Fail unless what is seen is what the report says, and works."""
    assert sum(seen["all"]) == report["pages"]
    assert seen["all"] == sorted(seen["all"], reverse=True)
    assert seen["ascending"] == sorted(seen["all"])
    assert all("str" in text and "reference" in text for text in seen["filtered"])
    assert re.match(r"\d+ rows, ", seen["found"])
    assert re.fullmatch(r"(\d+ of )?\d+ pages.*", seen["tip"])
    assert not seen["scrolls"], "the page is wider than a phone"
    assert seen["requests"] == 0
    assert all(seen["labels"])


@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium")
def test_page(stock: Path, patched: Path, tmp_path: Path) -> None:
    """Both in one page."""
    html = tmp_path / "report.html"
    options = ("--html", str(html), "--stock", str(stock))
    report, _ = trace(patched, tmp_path, *options, before="immortalize_heap")
    seen = look(html, tmp_path)
    verify(seen, report)
    megabytes = report["stock"]["bytes"] / 2**20
    assert seen["figures"][0] == f"{megabytes:,.1f} MiB copied"
    whole = {figure["memory"] for figure in report["stock"]["map"]["strips"]}
    assert len(seen["labels"]) >= 2 + len(whole)


@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium")
def test_page_of_each_version(python: Path, tmp_path: Path) -> None:
    html = tmp_path / "report.html"
    report, _ = trace(python, tmp_path, "--html", str(html))
    seen = look(html, tmp_path)
    verify(seen, report)
    assert any("str: reference count" in text for text in seen["filtered"])
    assert seen["figures"] == [f"{report['bytes'] / 2**20:,.1f} MiB copied"]


@pytest.mark.parametrize(
    "arguments, message",
    (
        (["missing.py"], "can't open 'missing.py': No such file or directory"),
        (["--json", "missing/x", str(WORKLOAD)], "can't write 'missing/x'"),
        (["--stock", "/bin/false", str(WORKLOAD)], "no cowtrace in '/bin/false': "),
    ),
)
def test_bad_input(python: Path, tmp_path: Path, arguments: list[str], message: str) -> None:
    done = subprocess.run(
        [python, "-m", "cowtrace", *arguments],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"cowtrace: {message}\n"
    assert list(tmp_path.iterdir()) == []
