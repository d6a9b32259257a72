"""The register of the work that there is, by the name of a package."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

WORK: dict[str, Callable[[], Any]] = {}
WAITING: list[Any] = []  # greenlets


def work(function: Callable[[], Any]) -> Callable[[], Any]:
    WORK[function.__name__] = function
    return function
