"""What the machine is, and whether it is fit to measure time on."""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

# The part of all processors' time that others may use, and for how many seconds it is watched.
BUSY_LIMIT = 0.02
WATCHED = 2.0
CPUFREQ = Path("/sys/devices/system/cpu/cpu0/cpufreq")


def describe() -> dict[str, Any]:
    """Return what a reader of results wants to know of the machine; sizes in bytes."""
    cpuinfo = _text(Path("/proc/cpuinfo"))
    model = re.search(r"^(?:model name|Model|cpu model)\s*: (.*)", cpuinfo, re.MULTILINE)
    cache = _text(Path("/sys/devices/system/cpu/cpu0/cache/index2/size")).strip()
    return {
        "processor": model[1] if model else platform.processor() or platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "level 2 cache": cache or "not told",
        "memory": os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"),
        "virtual": "hypervisor" in cpuinfo,
        "governor": _text(CPUFREQ / "scaling_governor").strip() or "not told",
        "system": platform.platform(),
        "libc": " ".join(platform.libc_ver()),
        "load": os.getloadavg()[0],
    }


def system_show() -> str:
    """Return what `pyperf system show` says."""
    command = [sys.executable, "-m", "pyperf", "system", "show"]
    ran = subprocess.run(command, capture_output=True, text=True)
    return ran.stdout + ran.stderr


def warnings(measured: bool = False) -> list[str]:
    """Return what makes times measured here and now doubtful, a line each. Watches for a while.

    If something was *measured* just now, the load average tells of that, and isn't looked at.
    """
    found = []
    busy = busy_share(WATCHED)
    if busy > BUSY_LIMIT:
        found.append(f"other processes use {busy:.0%} of the processors")
    load, cores = os.getloadavg()[0], os.cpu_count() or 1
    if load > 0.25 * cores and not measured:
        found.append(f"the load average is {load:.1f}, with {cores} processors")
    if len(os.sched_getaffinity(0)) < 2:
        found.append(
            "there is one processor only: what the system does takes it from the benchmark"
        )
    governor = _text(CPUFREQ / "scaling_governor").strip()
    if governor and governor != "performance":
        found.append(f"the frequency of the processors is scaled ({governor}); pyperf system tune")
    return found


def busy_share(seconds: float) -> float:
    """Return the part of all processors' time, from 0 to 1, that was used meanwhile."""

    def read() -> tuple[int, int]:
        times = [int(word) for word in _text(Path("/proc/stat")).splitlines()[0].split()[1:]]
        return sum(times) - times[3] - times[4], sum(times)  # idle, and waiting for a disk

    before = read()
    time.sleep(seconds)
    after = read()
    return (after[0] - before[0]) / max(1, after[1] - before[1])


def _text(path: Path) -> str:
    """Return the content of *path*; nothing where it can't be read."""
    try:
        return path.read_text()
    except OSError:
        return ""
