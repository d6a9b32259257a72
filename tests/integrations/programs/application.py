"""The shop of Misc/workload as a WSGI application, its products loaded into memory.

SHOP_DATABASE in the environment names its database, SHOP_PRODUCTS says how many products to load.
It has served some requests when the import ends: it is warm. Answers name the worker's process.
One page more than the project has: /report/, which reads all the products in memory.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from workload.shop import serving

PRODUCTS = int(os.environ["SHOP_PRODUCTS"])
django = serving.start(Path(os.environ["SHOP_DATABASE"]))

from django.db import connections  # noqa: E402
from workload.shop import catalogue  # noqa: E402

catalogue.load(PRODUCTS)
serving.serve(django, serving.WARM, PRODUCTS)
connections.close_all()  # a connection must not be used by two processes


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Any:
    if environ["PATH_INFO"] == "/report/":
        start_response("200 OK", [("X-Worker", str(os.getpid()))])
        value = sum(product.price * product.stock for product in catalogue.PRODUCTS.values())
        return [str(value).encode()]

    def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
        return start_response(status, [*headers, ("X-Worker", str(os.getpid()))], *rest)

    return django(environ, start)
