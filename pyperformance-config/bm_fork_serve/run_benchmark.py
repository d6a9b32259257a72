"""A web application is loaded and made immortal; a forked worker serves requests.

"django" is the shop of Misc/workload/, with its database, sessions and templates; "jinja2"
renders pages of a catalogue that is in memory.
"""

from __future__ import annotations

import gc
import tempfile
from collections.abc import Callable
from pathlib import Path

import pyperf
from workload import forked

PRODUCTS, WARM, REQUESTS = 2_000, 40, 100

LAYOUT = """<html><title>{% block title %}{% endblock %}</title>
<nav>{% for name, link in links %}<a href="{{ link }}">{{ name|upper }}</a>{% endfor %}</nav>
{% block body %}{% endblock %}"""
PAGE = """{% extends "layout" %}
{% macro price(product) %}{{ "%.2f"|format(product.price) }}{% endmacro %}
{% block title %}Page {{ number }}{% endblock %}
{% block body %}<ul>{% for product in products %}
<li class="{{ loop.cycle('odd', 'even') }}">{{ product.name }}: {{ price(product) }}
{% if product.tags %}({{ product.tags|join(", ") }}){% else %}-{% endif %}</li>
{% endfor %}</ul>{% endblock %}"""


def django(folder: str) -> Callable[[int], object]:
    """Load the Django project; return what serves so many requests."""
    from workload.shop import serving

    application = serving.start(Path(folder, "database"))
    from django.db import connections
    from workload.shop import catalogue

    catalogue.fill(PRODUCTS)
    catalogue.load(PRODUCTS)

    def serve(count: int) -> None:
        serving.serve(application, count, PRODUCTS)
        connections.close_all()  # a connection must not be used by two processes

    return serve


def jinja2(folder: str) -> Callable[[int], object]:
    """Load the catalogue and its templates; return what renders so many pages."""
    from jinja2 import DictLoader, Environment

    environment = Environment(loader=DictLoader({"layout": LAYOUT, "page": PAGE}), autoescape=True)
    links = [(f"part {number}", f"/part/{number}") for number in range(10)]
    products = [
        {"name": f"product {i}", "price": i * 1.01, "tags": [f"tag {i % 7}"] * (i % 3)}
        for i in range(PRODUCTS)
    ]

    def serve(count: int) -> None:
        template = environment.get_template("page")
        for number in range(count):
            start = number * 20 % PRODUCTS
            template.render(links=links, number=number, products=products[start : start + 20])

    return serve


APPLICATIONS = {"django": django, "jinja2": jinja2}


def main() -> None:
    runner = pyperf.Runner(add_cmdline_args=lambda command, args: command.append(args.application))
    runner.argparser.add_argument("application", choices=sorted(APPLICATIONS))
    name = runner.parse_args().application
    runner.metadata["description"] = f"Serve requests with {name} in a forked worker"
    with tempfile.TemporaryDirectory() as folder:
        serve = APPLICATIONS[name](folder)
        serve(WARM)
        forked.immortalize_heap()

        def work() -> None:
            serve(REQUESTS)
            gc.collect()

        forked.bench(runner, f"fork_serve_{name}", work)


if __name__ == "__main__":
    main()
