"""python -m workload.shop PRODUCTS DATABASE: make the shop's database, with so many products."""

from __future__ import annotations

import sys
from pathlib import Path

from .serving import start

start(Path(sys.argv[2]))

from .catalogue import fill  # noqa: E402  (Django has to be set up)

fill(int(sys.argv[1]))
