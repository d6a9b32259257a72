"""The suites of real packages on stock CPython 3.14 end as without the package

integrations/suites.py runs and compares them, as it does for the patched 3.11. The heap becomes
immortal before the first test.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from integrations.suites import suites


@pytest.mark.slow
@pytest.mark.timeout(8 * 3600)
@pytest.mark.parametrize("name", suites.SUITES)
def test_suite(
    environment: Callable[[str], Path], stock_of: Callable[..., Path], name: str
) -> None:
    (package,) = environment("3.14").parents[1].glob("lib/python*/site-packages")
    found = suites.compare_package(name, stock_of("3.14"), package)
    print(name, found)
    assert suites.unknown(found) == set()
    assert found["outcomes"]["passed"] > 0.75 * found["tests"]
