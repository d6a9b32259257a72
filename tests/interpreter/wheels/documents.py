"""Work for packages that read and write documents."""

from __future__ import annotations

import hashlib
from typing import Any

from registry import work


@work
def lxml() -> Any:
    from lxml import etree, html, objectify

    root = etree.Element("root", {"version": "1"})
    for i in range(300):
        child = etree.SubElement(root, "item", id=str(i))
        child.text = f"text {i} \u4e2d"
        child.append(etree.Comment(f"c{i}"))
    text = etree.tostring(root, encoding="unicode")
    again = etree.fromstring(text)
    style = etree.XSLT(
        etree.XML(
            '<xsl:stylesheet version="1.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">'
            '<xsl:template match="/"><n><xsl:value-of select="count(//item)"/></n></xsl:template>'
            "</xsl:stylesheet>"
        )
    )
    page = html.fromstring("<p>a<b>bold</b> <a href='/x'>link</a>")
    page.make_links_absolute("http://example.invalid/")
    try:
        etree.fromstring("<broken>")
        error = ""
    except etree.XMLSyntaxError as raised:
        error = type(raised).__name__
    schema = etree.RelaxNG(
        etree.XML(
            '<element name="a" xmlns="http://relaxng.org/ns/structure/1.0"><zeroOrMore>'
            '<element name="b"><text/></element></zeroOrMore></element>'
        )
    )
    events = [e.tag for _, e in etree.iterparse(__import__("io").BytesIO(b"<x><y/><z/></x>"))]
    return [
        hashlib.sha256(text.encode()).hexdigest(),
        again.xpath("string(//item[@id='17'])"),
        len(again.findall("item")),
        str(style(again)),
        html.tostring(page, encoding="unicode"),
        error,
        [schema.validate(etree.XML(s)) for s in ("<a><b>x</b></a>", "<a><c/></a>")],
        events,
        objectify.fromstring("<r><n>41</n></r>").n + 1,
    ]


@work
def pydantic() -> Any:
    from typing import Annotated, Literal

    from pydantic import BaseModel, Field, TypeAdapter, ValidationError, field_validator

    class Pet(BaseModel):
        kind: Literal["cat", "dog"]
        name: str

    class Person(BaseModel):
        name: Annotated[str, Field(min_length=2)]
        age: int = Field(ge=0)
        pets: list[Pet] = []
        tags: dict[str, float] = {}
        friend: Person | None = None

        @field_validator("name")
        @classmethod
        def title(cls, value: str) -> str:
            return value.title()

    Person.model_rebuild(_types_namespace={"Person": Person})
    person = Person.model_validate_json(
        '{"name": "ann", "age": "31", "pets": [{"kind": "cat", "name": "Tom"}],'
        ' "tags": {"a": 1}, "friend": {"name": "bob", "age": 2}}'
    )
    try:
        Person(name="x", age=-1, pets=[{"kind": "cow"}])
        errors = []
    except ValidationError as raised:
        errors = raised.errors(include_url=False, include_input=False, include_context=False)
    many = TypeAdapter(list[Person]).validate_python(
        [{"name": f"p{i}", "age": i} for i in range(200)]
    )
    return [
        person.model_dump(),
        person.model_copy(update={"age": 5}).model_dump_json(),
        errors,
        sum(p.age for p in many),
        sorted(Person.model_json_schema()["$defs"]),
    ]


@work
def orjson() -> Any:
    import dataclasses
    import datetime
    import uuid

    import orjson as oj

    @dataclasses.dataclass
    class Point:
        x: int
        y: list[Any]

    value = {
        "list": [None, True, False, 1, 2**53, 1.5, "\u4e2d\U0001f600", ""],
        "when": datetime.datetime(2024, 2, 29, 1, 2, 3, tzinfo=datetime.timezone.utc),
        "id": uuid.UUID(int=7),
        "point": Point(1, [{}, [], ()]),
        "many": [{"key": i, "same": "value"} for i in range(500)],
    }
    dumped = oj.dumps(value, option=oj.OPT_SORT_KEYS)
    loaded = oj.loads(dumped)
    try:
        oj.loads(b'{"a": ')
        error = ""
    except oj.JSONDecodeError as raised:
        error = str(raised)
    return [dumped.decode(), loaded["many"][-1], error, oj.dumps(loaded) == oj.dumps(loaded)]


@work
def msgpack() -> Any:
    import io

    import msgpack as mp

    value = {"a": [1, -1, 2**40, 1.5, None, True], "b": b"\x00\x01", "c": {"d": "\u4e2d" * 50}}
    packed = mp.packb([value] * 100, use_bin_type=True)
    stream = mp.Unpacker(io.BytesIO(packed * 3), raw=False, object_hook=lambda d: dict(d))
    extended = mp.packb(
        {"set": {3}}, default=lambda o: mp.ExtType(5, repr(o).encode()), use_bin_type=True
    )
    try:
        mp.packb(object())
        error = ""
    except TypeError as raised:
        error = str(raised).split(" at ")[0][:30]
    return [
        hashlib.sha256(packed).hexdigest(),
        [len(item) for item in stream],
        mp.unpackb(packed)[7] == value,
        repr(mp.unpackb(extended)),
        error,
    ]


@work
def yaml() -> Any:
    import yaml as y

    class Thing:
        def __init__(self, n: int) -> None:
            self.n = n

    class Loader(y.CSafeLoader):
        pass

    Loader.add_constructor("!thing", lambda load, node: Thing(int(load.construct_scalar(node))))
    text = (
        "base: &b {a: 1, b: [x, 2024-02-29, ~, 1.5]}\nuse: *b\nt: !thing 9\nm:\n  <<: *b\n  a: 2\n"
    )
    loaded = y.load(text, Loader)
    try:
        y.load("a: [", y.CSafeLoader)
        error = ""
    except y.YAMLError as raised:
        error = type(raised).__name__
    plain = {"rows": [{"i": i, "s": f"v{i}"} for i in range(200)]}
    dumped = y.dump(plain, Dumper=y.CSafeDumper)
    return [
        loaded["t"].n,
        loaded["use"] is loaded["base"],
        str(loaded["m"]),
        error,
        hashlib.sha256(dumped.encode()).hexdigest(),
        y.load(dumped, y.CSafeLoader) == plain,
        [type(e).__name__ for e in y.parse("[a]", y.CLoader)],
    ]
