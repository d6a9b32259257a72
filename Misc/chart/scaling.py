"""scaling.py [THREADS]: do threads of a free-threaded CPython read the same objects side by side?

It needs a free-threaded interpreter with immortal-objects, and a machine with nothing else to do.
1 to THREADS threads (all processors by default) read 16 records that the main thread has made, once
mortal and once immortal, each in a process of its own. It prints JSON with ratios: all reads per
second by that number of threads, divided by those of one thread that reads mortal records. The
figure is the median of several rounds. More threads than processors say nothing, and are refused.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import threading
import time

from immortal_objects import immortal, is_immortal

RECORDS, BURST, SECONDS, ROUNDS = 16, 2_000, 0.5, 5
MODES = ("mortal", "immortal")


class Record:
    """An instance with some values in it, none of which is immortal from the start."""

    def __init__(self, number: int) -> None:
        self.name = f"customer {number}"
        self.price = number * 1.5 + 1000.25
        self.details = {"city": f"city {number}", "history": [number + 2000, number + 3000]}


def burst(records: list[Record]) -> None:
    """Look at the records' values, which counts references to them."""
    for _ in range(BURST // RECORDS):
        for record in records:
            details = record.details
            _ = record.name, record.price, details["city"], details["history"]


def throughput(records: list[Record], number: int) -> float:
    """Return how many bursts per second *number* threads do, all together."""
    start, rates = threading.Barrier(number), [0.0] * number

    def work(index: int) -> None:
        burst(records)
        start.wait()
        began, done = time.perf_counter(), 0
        while (now := time.perf_counter()) - began < SECONDS:
            burst(records)
            done += 1
        rates[index] = done / (now - began)

    threads = [threading.Thread(target=work, args=(index,)) for index in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(rates)


def measure(mode: str, threads: int) -> list[float]:
    """Return the throughput for 1 to *threads* threads, the median of all rounds."""
    records = [Record(number) for number in range(RECORDS)]
    if mode == "immortal":
        immortal(records)
    if is_immortal(records[0].name) != (mode == "immortal"):
        sys.exit(f"error: the records aren't {mode}: this interpreter can't do it")
    return [
        statistics.median(throughput(records, number) for _ in range(ROUNDS))
        for number in range(1, threads + 1)
    ]


def main(arguments: list[str]) -> None:
    processors = len(os.sched_getaffinity(0))
    if arguments and arguments[0] in MODES:
        print(json.dumps(measure(arguments[0], int(arguments[1]))))
        return
    if getattr(sys, "_is_gil_enabled", lambda: True)():
        sys.exit("error: this interpreter has a GIL; take a free-threaded one")
    threads = int(arguments[0]) if arguments else processors
    if not 1 <= threads <= processors:
        sys.exit(f"error: {threads} threads on {processors} processors say nothing; take fewer")
    found = {}
    for mode in MODES:
        command = [sys.executable, __file__, mode, str(threads)]
        ran = subprocess.run(command, check=True, stdout=subprocess.PIPE)
        found[mode] = json.loads(ran.stdout)
    one = found["mortal"][0]
    ratios = {mode: [round(rate / one, 3) for rate in rates] for mode, rates in found.items()}
    print(json.dumps({"python": sys.version.split()[0], "processors": processors, **ratios}))


if __name__ == "__main__":
    main(sys.argv[1:])
