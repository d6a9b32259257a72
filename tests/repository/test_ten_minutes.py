"""Misc/TEN-MINUTES.md: each of its commands, in its order, on stock; what it says comes out"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from buildtool.core import paths, process
from waiting import free_port

PAGE = (paths.ROOT / "Misc" / "TEN-MINUTES.md").read_text()
FOUND = re.compile(
    r"^(\d+) workers, each with ([\d.]+) MiB for itself; all take ([\d.]+) MiB$", re.M
)


def blocks(language: str) -> list[str]:
    """Return the page's code blocks in *language*, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE, re.M | re.S)


def figures(text: str) -> list[tuple[int, float, float]]:
    """Return what memory.py printed: workers, MiB of each, MiB of all."""
    return [(int(number), float(own), float(every)) for number, own, every in FOUND.findall(text)]


@pytest.mark.timeout(1800)
def test_every_command(stock_of: Callable[..., Path], tmp_path: Path) -> None:
    for block in blocks("python"):
        (tmp_path / block.partition("\n")[0].removeprefix("# ")).write_text(block)
    assert {path.name for path in tmp_path.iterdir()} == {"app.py", "memory.py"}
    script = "\n".join(blocks("sh"))
    first, _, rest = script.partition("\n")
    assert first == 'checkout="$HOME/cpython-immortal"'
    rest, number = re.subn(r"127\.0\.0\.1:8000", f"127.0.0.1:{free_port()}", rest)
    assert number == 6
    # setuptools builds beside the source.
    checkout = tmp_path / "checkout"
    package = Path("Misc", "immortal-objects")
    shutil.copytree(paths.ROOT / package, checkout / package)
    environment = process.clean_environment() | {
        "PATH": f"{stock_of('3.14').parent}:{os.environ['PATH']}",
        "NO_PROXY": "127.0.0.1",
    }
    ran = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", f"checkout={checkout}\n{rest}"],
        cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=1500,
    )  # fmt: skip
    assert ran.returncode == 0, ran.stdout + ran.stderr
    print(ran.stdout)
    stock, shared = figures(ran.stdout)
    assert (stock[0], shared[0]) == (4, 4)
    # The page shows figures of such a run; its own may differ by what the machine's libraries take.
    (said,) = [block for block in blocks("text") if "workers, each" in block]
    for found, shown in zip((stock, shared), figures(said), strict=True):
        assert found[1] == pytest.approx(shown[1], rel=0.1, abs=1.0)
        assert found[2] == pytest.approx(shown[2], rel=0.1)
    assert shared[1] < 0.1 * stock[1] and shared[2] < 0.5 * stock[2]
