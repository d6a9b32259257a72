"""A real piece of work for each package; run as: work.py NAME, in the interpreter under test.

Does the work, immortalizes the heap where the interpreter can, does the work twice more with
a collection in between, and prints the three results as one line of JSON.
"""

from __future__ import annotations

import gc
import hashlib
import json
import sys
from collections.abc import Callable
from typing import Any

WORK: dict[str, Callable[[], Any]] = {}
WAITING: list[Any] = []  # greenlets


def work(function: Callable[[], Any]) -> Callable[[], Any]:
    WORK[function.__name__] = function
    return function


@work
def numpy() -> Any:
    import numpy as np

    rng = np.random.default_rng(7)
    a = rng.standard_normal((60, 60))
    solved = np.linalg.solve(a, np.arange(60.0))
    objects = np.array([{"n": i} for i in range(100)] + [None] * 20, dtype=object)
    objects[10:20] = objects[0:10]
    record = np.zeros(5, dtype=[("name", "U8"), ("value", "f8")])
    record["name"] = ["a", "b", "c", "d", "e"]
    masked = np.ma.masked_greater(np.arange(10), 5)
    strings = np.char.upper(np.array(["x", "yy", "zzz"]))
    view = memoryview(np.arange(12, dtype=np.int16).reshape(3, 4))
    return [
        np.allclose(a @ solved, np.arange(60.0)),
        sum(o["n"] for o in objects if o is not None),
        record.tolist(),
        int(masked.sum()),
        strings.tolist(),
        view.tolist(),
        np.einsum("ij,jk->ik", np.eye(3), np.ones((3, 2))).tolist(),
        hashlib.sha256(np.sort(rng.integers(0, 1000, 5000)).tobytes()).hexdigest(),
        np.vectorize(lambda x: x * 2)(np.arange(4)).tolist(),
        str(np.datetime64("2024-02-29") + np.timedelta64(1, "D")),
    ]


@work
def pandas() -> Any:
    import io

    import pandas as pd

    frame = pd.DataFrame(
        {
            "when": pd.date_range("2024-01-01", periods=200, freq="h"),
            "kind": pd.Categorical([["a", "b", "c"][i % 3] for i in range(200)]),
            "value": [i * 1.5 for i in range(200)],
            "name": [f"n{i % 7}" for i in range(200)],
        }
    )
    grouped = frame.groupby(["kind", "name"], observed=True)["value"].agg(["sum", "mean", "count"])
    daily = frame.set_index("when").resample("D")["value"].sum()
    merged = frame.merge(pd.DataFrame({"name": ["n1", "n2"], "extra": [10, None]}), on="name")
    back = pd.read_csv(io.StringIO(frame.to_csv(index=False)), parse_dates=["when"])
    applied = frame.head(20).apply(lambda row: f"{row['name']}:{row['value']}", axis=1)
    return [
        grouped.reset_index().to_json(),
        [round(x, 6) for x in daily],
        merged["extra"].isna().sum().item(),
        bool((back["when"] == frame["when"]).all()),
        list(applied),
        frame["name"].str.upper().value_counts().sort_index().to_dict(),
        pd.concat([frame.head(2), frame.tail(2)]).drop(columns="when").to_dict("records"),
    ]


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
def cryptography() -> Any:
    from cryptography import x509
    from cryptography.exceptions import InvalidSignature
    from cryptography.fernet import Fernet, InvalidToken
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ed25519
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

    key = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
    signature = key.sign(b"message")
    public = key.public_key()
    public.verify(signature, b"message")
    try:
        public.verify(signature, b"other")
        forged = ""
    except InvalidSignature:
        forged = "InvalidSignature"
    token = Fernet(b"A" * 43 + b"=")
    try:
        token.decrypt(b"nonsense")
        bad = ""
    except InvalidToken:
        bad = "InvalidToken"
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "example")])
    request = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, None)
    derived = PBKDF2HMAC(hashes.SHA256(), 32, b"salt", 1000).derive(b"password")
    return [
        signature.hex(),
        forged,
        bad,
        token.decrypt(token.encrypt(b"secret")).decode(),
        AESGCM(bytes(16)).encrypt(bytes(12), b"data", b"aad").hex(),
        derived.hex(),
        request.is_signature_valid,
        public.public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        ).decode(),
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
def greenlet() -> Any:
    import greenlet as g

    log: list[Any] = []

    def child(first: Any) -> Any:
        received = first
        try:
            while received is not None:
                log.append(received)
                received = parent.switch(received * 2)
        except g.GreenletExit:
            log.append("killed")
        return "end"

    parent = g.getcurrent()
    one, two = g.greenlet(child), g.greenlet(child)
    for i in range(5):
        log.append(("from child", one.switch(i)))
        two.switch(i * 10)
    log.append(one.switch(None))
    log.append(one.dead)
    two.throw(g.GreenletExit)

    def failing() -> None:
        raise ValueError("inside")

    try:
        g.greenlet(failing).switch()
    except ValueError as raised:
        log.append(str(raised))
    nested = g.greenlet(lambda: [g.greenlet(lambda n=n: n).switch() for n in range(10)])
    log.append(nested.switch())

    # Some that wait in the middle of an expression, from one call to the next.
    def wait(n: int) -> None:
        while True:
            _ = [f"text {n}", [n, {"key": parent.switch(["held", n])}]]

    if not WAITING:
        WAITING.extend(g.greenlet(wait) for _ in range(5))
        for n, waiting in enumerate(WAITING):
            waiting.switch(n)
    log.append([waiting.switch(None) for waiting in WAITING])
    # One that is never finished: cleared away when it is dropped, or at exit.
    g.greenlet(child).switch("unfinished")
    gc.collect()
    return log


@work
def psutil() -> Any:
    import os

    import psutil as ps

    me = ps.Process()
    with me.oneshot():
        mine = [me.pid == os.getpid(), me.ppid() == os.getppid(), me.num_threads() > 0]
    memory = ps.virtual_memory()
    try:
        ps.Process(2**22 + 1)
        error = ""
    except ps.NoSuchProcess as raised:
        error = type(raised).__name__
    return [
        mine,
        memory.total > memory.available > 0,
        me.memory_info().rss > 1 << 20,
        os.getpid() in ps.pids(),
        ps.cpu_count() >= 1,
        len(ps.cpu_times()) > 3,
        me.exe() == os.path.realpath(sys.executable),
        error,
        sorted(me.as_dict(attrs=["pid", "status", "username"])),
    ]


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


@work
def multidict() -> Any:
    import multidict as m

    names = m.CIMultiDict([("Accept", "a"), ("ACCEPT", "b")])
    for i in range(200):
        names.add(f"X-Header-{i % 20}", str(i))
    proxy = m.CIMultiDictProxy(names)
    names.popall("x-header-3")
    plain = m.MultiDict(a=1)
    plain.extend([("a", 2), ("b", plain)])
    upper = m.istr("content-type")
    names[upper] = "text"
    return [
        proxy.getall("accept"),
        len(names),
        "x-header-3" in proxy,
        plain.getall("a"),
        plain["b"] is plain,
        str(upper),
        sorted(set(names.keys()))[:5],
    ]


@work
def frozenlist() -> Any:
    import frozenlist as f

    items = f.FrozenList([1, [2]])
    items.append(items[1])
    items.extend(range(50))
    items.freeze()
    try:
        items.append(1)
        error = ""
    except RuntimeError as raised:
        error = type(raised).__name__
    return [len(items), error, items[1] is items[2], isinstance(hash(f.FrozenList), int)]


def main() -> None:
    function = WORK[sys.argv[1]]
    results = [function()]
    if hasattr(gc, "immortalize_heap"):
        assert gc.immortalize_heap() > 1000
        assert gc.is_immortal(function)
    results.append(function())
    gc.collect()
    results.append(function())
    print(json.dumps(results, default=str))


if __name__ == "__main__":
    main()
