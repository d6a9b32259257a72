"""Applications as people have them, for cold.py: each is imported here, and has served nothing yet.

A function of APPLICATIONS gets a folder for its files. What it returns serves requests, and closes
its connections, which must not be used by two processes.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PRODUCTS = 100


def leave_open() -> None:
    """Close nothing."""


@dataclass
class Application:
    """What serves so many requests, and what closes its connections."""

    serve: Callable[[int], None]
    close: Callable[[], object] = leave_open


def nothing(_: Path) -> Application:
    """An application that does nothing."""
    return Application(lambda count: None)


def django(folder: Path) -> Application:
    """The shop of the workload: memory, database, templates, sessions, JSON."""
    from workload.shop import serving

    database = folder / "database"
    # By another process, for it runs much of Django
    made = [sys.executable, "-m", "workload.shop", str(PRODUCTS), str(database)]
    subprocess.run(made, check=True)
    shop = serving.start(database)
    # What Django imports at the first request only
    import django.contrib.sessions.backends.db
    import django.template.defaulttags
    import django.template.loader_tags
    from django.db import connections
    from django.urls import get_resolver
    from workload.shop import catalogue

    get_resolver().url_patterns  # noqa: B018
    assert django.contrib.sessions.backends.db and django.template.loader_tags

    def serve(count: int) -> None:
        if not catalogue.PRODUCTS:
            catalogue.load(PRODUCTS)
        serving.serve(shop, count, PRODUCTS)

    return Application(serve, connections.close_all)


def flask(_: Path) -> Application:
    """Routes, JSON, a template and a signed session."""
    import flask
    from workload.shop import serving

    app = flask.Flask(__name__)
    app.secret_key = "key"
    page = "<ul>{% for item in items %}<li>{{ item.name }}: {{ item.price }}</li>{% endfor %}</ul>"
    items = [{"name": f"item {number}", "price": number * 1.01} for number in range(PRODUCTS)]

    @app.get("/item/<int:number>")
    def item(number: int) -> Any:
        flask.session["last"] = number
        return flask.jsonify(**items[number], page=flask.request.args.get("page", type=int))

    @app.get("/list/<int:number>")
    def listed(number: int) -> str:
        return flask.render_template_string(page, items=items[number : number + 10])

    def start(status: str, headers: list[tuple[str, str]], *_: Any) -> Any:
        assert status == "200 OK", status

    def serve(count: int) -> None:
        for number in range(count):
            path = f"/{('item', 'list')[number % 2]}/{number % PRODUCTS}"
            asked = serving.environ(path, "page=2", HTTP_ACCEPT="text/html")
            answer = app.wsgi_app(asked, start)
            assert b"".join(answer)

    return Application(serve)


def jinja2(_: Path) -> Application:
    """A page with blocks, a macro, filters and a loop; compiled before the fork."""
    from jinja2 import DictLoader, Environment

    layout = """<html><title>{% block title %}{% endblock %}</title>
{% for name, link in links %}<a href="{{ link }}">{{ name|upper }}</a>{% endfor %}
{% block body %}{% endblock %}"""
    page = """{% extends "layout" %}
{% macro price(product) %}{{ "%.2f"|format(product.price) }}{% endmacro %}
{% block title %}Page {{ number }}{% endblock %}
{% block body %}{% for product in products %}<li class="{{ loop.cycle('odd', 'even') }}">
{{ product.name }}: {{ price(product) }}
{% if product.tags %}({{ product.tags|join(", ") }}){% else %}-{% endif %}{% endfor %}
{% endblock %}"""
    templates = Environment(
        loader=DictLoader({"layout": layout, "page": page}), autoescape=True, auto_reload=False
    )
    template = templates.get_template("page")
    templates.get_template("layout")
    links = [(f"part {number}", f"/part/{number}") for number in range(10)]
    products = [
        {"name": f"<product {i}>", "price": i * 1.01, "tags": [f"tag {i % 7}"] * (i % 3)}
        for i in range(PRODUCTS)
    ]

    def serve(count: int) -> None:
        for number in range(count):
            first = number * 20 % PRODUCTS
            template.render(links=links, number=number, products=products[first : first + 20])

    return Application(serve)


def sqlalchemy(_: Path) -> Application:
    """The ORM: rows with a relationship are added, found, changed and deleted."""
    from sqlalchemy import ForeignKey, create_engine, select
    from sqlalchemy.orm import (
        DeclarativeBase,
        Mapped,
        Session,
        configure_mappers,
        mapped_column,
        relationship,
        selectinload,
    )

    class Base(DeclarativeBase):
        pass

    # The annotations are given as objects: their text would be looked up in the module.
    Customer = type(
        "Customer",
        (Base,),
        {
            "__tablename__": "customer",
            "__annotations__": {"id": Mapped[int], "name": Mapped[str]},
            "id": mapped_column(primary_key=True),
            "name": mapped_column(),
            "orders": relationship("Order", back_populates="customer", cascade="all"),
        },
    )
    Order = type(
        "Order",
        (Base,),
        {
            "__tablename__": "order",
            "__annotations__": {"id": Mapped[int], "price": Mapped[float]},
            "id": mapped_column(primary_key=True),
            "price": mapped_column(),
            "customer_id": mapped_column(ForeignKey("customer.id")),
            "customer": relationship("Customer", back_populates="orders"),
        },
    )
    configure_mappers()
    engine = create_engine("sqlite://")

    def serve(count: int) -> None:
        Base.metadata.create_all(engine)
        for number in range(count):
            with Session(engine) as session:
                orders = [Order(price=number * 1.5 + i) for i in range(5)]
                session.add(Customer(name=f"customer {number % 7}", orders=orders))
                session.commit()
                wanted = select(Customer).where(Customer.name == f"customer {number % 7}")
                wanted = wanted.options(selectinload(Customer.orders)).limit(5)
                for found in session.scalars(wanted):
                    assert sum(order.price for order in found.orders) > 0
                    found.name += "+"
                session.delete(found)
                session.commit()

    return Application(serve, engine.dispose)


def fastapi(_: Path) -> Application:
    """A model is validated and dumped, a parameter and a dependency are resolved."""
    from fastapi import Depends, FastAPI
    from pydantic import BaseModel

    class Item(BaseModel):
        name: str
        price: float
        tags: list[str]

    app = FastAPI()

    async def limit(page: int = 1) -> int:
        return page * 10

    async def item(number: int, most: int = Depends(limit)) -> Item:
        return Item(name=f"item {number}", price=number * 1.01, tags=[str(most)])

    item.__annotations__ = {"number": int, "most": int, "return": Item}
    app.get("/item/{number}")(item)

    async def request(number: int) -> None:
        messages: list[Any] = []
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": f"/item/{number}",
            "raw_path": b"",
            "query_string": b"page=2",
            "root_path": "",
            "headers": [(b"host", b"shop.example"), (b"accept", b"application/json")],
            "server": ("shop.example", 80),
            "client": ("client.example", 4000),
        }

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            messages.append(message)

        await app(scope, receive, send)
        assert messages[0]["status"] == 200, messages

    async def requests(numbers: Iterator[int]) -> None:
        for number in numbers:
            await request(number)

    def serve(count: int) -> None:
        asyncio.run(requests(iter(range(count))))

    return Application(serve)


APPLICATIONS: dict[str, Callable[[Path], Application]] = {
    "django": django,
    "flask": flask,
    "jinja2": jinja2,
    "sqlalchemy": sqlalchemy,
    "fastapi": fastapi,
}
