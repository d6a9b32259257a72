"""Work for packages that reach far into the interpreter, a library or the machine."""

from __future__ import annotations

import gc
import sys
from typing import Any

from registry import WAITING, work


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
