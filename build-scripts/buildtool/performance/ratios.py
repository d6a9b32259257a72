"""From times to ratios: patched to stock, each with its 95 % confidence interval.

A round measures a benchmark in both interpreters, one right after the other, so the logarithm of
its ratio is one observation that slow drift of the machine doesn't touch. A benchmark's ratio is
the geometric mean over the rounds; its interval is Student's t of these logarithms, with as many
degrees of freedom as there are rounds, less one. The geometric mean over all benchmarks takes each
benchmark's logarithm as one observation, again with Student's t: its interval says how far another
set of such benchmarks might lie, which is more than what a repetition of these might.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pyperf._utils import tdist95conf_level  # type: ignore[import-untyped]

from ..core.errors import BuildError


@dataclass(frozen=True)
class Ratio:
    """How long patched takes, divided by how long stock takes; and the ends of its interval."""

    name: str
    value: float
    low: float
    high: float
    observations: int

    @property
    def is_significant(self) -> bool:
        """Tell whether 1 lies outside of the interval."""
        return not self.low <= 1 <= self.high


def of_logarithms(name: str, logarithms: Sequence[float]) -> Ratio:
    """Return the geometric mean with its interval, which one observation leaves without bounds."""
    count = len(logarithms)
    if not count:
        raise BuildError(f"{name}: nothing was measured")
    mean = math.fsum(logarithms) / count
    if count == 1:
        return Ratio(name, math.exp(mean), 0.0, math.inf, 1)
    error = statistics.stdev(logarithms) / math.sqrt(count)
    half = tdist95conf_level(count - 1) * error
    return Ratio(name, math.exp(mean), math.exp(mean - half), math.exp(mean + half), count)


def of_rounds(name: str, rounds: Sequence[Mapping[str, Sequence[float]]]) -> Ratio:
    """Return a benchmark's ratio from its rounds: {"stock": SECONDS, "patched": SECONDS} each."""
    logarithms = [
        math.log(statistics.mean(one["patched"]) / statistics.mean(one["stock"])) for one in rounds
    ]
    return of_logarithms(name, logarithms)


def geometric_mean(found: Sequence[Ratio]) -> Ratio:
    """Return that of all benchmarks."""
    return of_logarithms("geometric mean", [math.log(one.value) for one in found])
