"""Start the shop in this process, and ask it for pages without a server between.

docker/demo/requests.lua asks for the same pages.
"""

from __future__ import annotations

import io
import itertools
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

WARM = 100  # requests, after which Django's own caches are filled

Application = Callable[[dict[str, Any], Callable[..., object]], Any]


def start(database: Path) -> Application:
    """Set Django up on the database file; return the project's WSGI application."""
    os.environ["SHOP_DATABASE"] = str(database)
    os.environ["DJANGO_SETTINGS_MODULE"] = "workload.shop.settings"
    from django.core.wsgi import get_wsgi_application

    application: Application = get_wsgi_application()
    return application


def requested(products: int) -> Iterator[str]:
    """Yield the paths of requests, without end, spread over all the products."""
    for number in itertools.count():
        key = number * 7919 % products
        yield f"/list/{key // 20}/"
        yield f"/product/{key + 1}/"
        yield f"/search/maker {number % 500}/"
        yield f"/basket/{key + 1}/"


def environ(path: str, query: str = "", **more: str) -> dict[str, Any]:
    """Return what a WSGI server of several processes gives to an application for a GET.

    *more* are further variables, as HTTP_COOKIE. The names are PEP 3333's.
    """
    return {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "",
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "SERVER_NAME": "shop.example",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "HTTP_HOST": "shop.example",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": False,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        **more,
    }


def serve(application: Application, count: int, products: int) -> int:
    """Send *count* requests, as ten users with cookies; return the number of bytes answered."""
    cookies: dict[int, str] = {}
    length = 0
    for number, path in enumerate(itertools.islice(requested(products), count)):
        status: list[str] = []

        def start(line: str, headers: list[tuple[str, str]], status: list[str] = status) -> None:
            status.append(line)
            for name, value in headers:
                if name == "Set-Cookie":
                    cookies[number % 10] = value.split(";")[0]  # noqa: B023

        asked = environ(path, HTTP_COOKIE=cookies.get(number % 10, ""))
        answer = application(asked, start)
        length += sum(map(len, answer))
        answer.close()
        if status[0][:3] not in ("200", "302"):
            sys.exit(f"{path}: {status[0]}")
    return length
