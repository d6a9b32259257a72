"""Make instances of classes of each kind in each way; tell which are immortal.

Each function decorates a class with @immortal(instances=True) and returns instances of it by the
way in which they were made. Prints a JSON object: by function, the ways that made immortal
instances and those that didn't, or the TypeError that the decorator has raised.
"""

from __future__ import annotations

import ctypes
import enum
import json
import threading
import typing
from typing import Any

import attrs
import django
import greenlet
import msgspec
import numpy as np
import pydantic
import sqlalchemy as sa
from django.conf import settings
from google.protobuf import timestamp_pb2
from immortal_objects import immortal, is_immortal
from lxml import etree
from sqlalchemy import orm

settings.configure(
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
)
django.setup()

from django.db import connection, models  # noqa: E402

Ways = dict[str, Any]


def use_msgspec() -> Ways:
    @immortal(instances=True)
    class Struct(msgspec.Struct):
        values: list[int]

    return {"call": Struct([1])}


class Prepared(msgspec.Struct):
    """What the error message advises."""

    values: list[int]

    def __post_init__(self) -> None:
        immortal(self)


def use_msgspec_post_init() -> Ways:
    decoded = msgspec.json.decode('{"values": [1]}', type=Prepared)
    return {"call": Prepared([1]), "decode": decoded}


def use_typed_dict() -> Ways:
    typed = immortal(instances=True)(typing.TypedDict("Typed", {"values": list}))
    return {"call": typed(values=[1])}


def use_pydantic() -> Ways:
    @immortal(instances=True)
    class Model(pydantic.BaseModel):
        values: list[int]

    class Outer(pydantic.BaseModel):
        model: Model

    Outer.model_rebuild(_types_namespace={"Model": Model})
    fields = {"values": [1]}
    return {
        "call": Model(**fields),
        "nested": Outer(model=fields).model,
        "model_validate": Model.model_validate(fields),
        "model_validate_json": Model.model_validate_json(json.dumps(fields)),
        "model_construct": Model.model_construct(**fields),
        "model_copy": Model(**fields).model_copy(),
    }


def use_attrs() -> Ways:
    @immortal(instances=True)
    @attrs.define
    class Above:
        values: list[int]

    @attrs.frozen
    @immortal(instances=True)
    class Below:
        values: list[int]

    @attrs.define
    class Sub(Above):
        more: list[int]

    made = Above([1])
    return {"above": made, "below": Below([1]), "sub": Sub([1], [2]), "evolve": attrs.evolve(made)}


def use_sqlalchemy() -> Ways:
    class Base(orm.DeclarativeBase):
        pass

    @immortal(instances=True)
    class Row(Base):
        __tablename__ = "rows"
        id = orm.mapped_column(sa.Integer, primary_key=True)

    engine = sa.create_engine("sqlite://")
    Base.metadata.create_all(engine)
    row = Row(id=1)
    with orm.Session(engine) as session:
        session.add(row)
        session.commit()
    with orm.Session(engine) as session:
        return {"call": row, "loaded": session.scalars(sa.select(Row)).one()}


def use_django() -> Ways:
    @immortal(instances=True)
    class Row(models.Model):
        text = models.TextField()

        class Meta:
            app_label = "classes"

    with connection.schema_editor() as editor:
        editor.create_model(Row)
    row = Row(text="a")
    row.save()
    return {"call": row, "loaded": Row.objects.get(), "deferred": Row.objects.only("id").get()}


def use_protobuf() -> Ways:
    cls = immortal(instances=True)(timestamp_pb2.Timestamp)
    return {"call": cls(seconds=1), "parsed": cls.FromString(b"\x08\x01")}


def derived(base: Any) -> Any:
    """Return a class that has nothing of its own but that its instances are immortal."""

    @immortal(instances=True)
    class Derived(base):
        pass

    return Derived


def use_extensions() -> Ways:
    array = derived(np.ndarray)
    return {
        "lxml": derived(etree.ElementBase)("a"),
        "greenlet": derived(greenlet.greenlet)(len),
        "numpy": array(3),
        "local": derived(threading.local)(),
        "view": np.zeros(3).view(array),
    }


def use_ctypes() -> Ways:
    @immortal(instances=True)
    class Pair(ctypes.Structure):
        _fields_ = (("left", ctypes.c_int),)

    buffer = Pair.from_buffer_copy(bytes(4))
    return {"call": Pair(1), "from_buffer_copy": buffer, "element": (Pair * 2)()[0]}


def use_named_tuple() -> Ways:
    @immortal(instances=True)
    class Pair(typing.NamedTuple):
        values: list[int]

    pair = Pair([1])
    return {"call": pair, "_make": Pair._make([[1]]), "_replace": pair._replace(values=[])}


def use_enum() -> Ways:
    @immortal(instances=True)
    class Flag(enum.Flag):
        RED = 1
        BLUE = 2

    return {"member": Flag.RED, "combination": Flag.RED | Flag.BLUE}


def main() -> None:
    found: dict[str, Any] = {}
    for name, use in list(globals().items()):
        if name.startswith("use_"):
            try:
                ways = use()
            except TypeError as error:
                found[name.removeprefix("use_")] = str(error)
                continue
            covered = [way for way, made in ways.items() if is_immortal(made)]
            rest = [way for way in ways if way not in covered]
            found[name.removeprefix("use_")] = [covered, rest]
    print(json.dumps(found))


if __name__ == "__main__":
    main()
