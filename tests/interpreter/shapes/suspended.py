"""Shapes of code that waits: generators, coroutines, event loops, frames, contexts."""

# ruff: noqa: B039

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import types
from collections.abc import AsyncIterator, Iterator
from typing import Any

from registry import LOG, shape


def producer(n: int) -> Iterator[Any]:
    held = [n]
    try:
        while True:
            held.append((yield len(held)))
            if held[-1] == "stop":
                return held
    except ValueError as error:
        yield f"caught {error}"
    finally:
        held.append("finally")
        LOG.append(len(held))


@shape
def generator_half_way() -> Iterator[Any]:
    obj = producer(1)
    next(obj)
    yield obj
    seen: list[Any] = [obj.send([i]) for i in range(5)]
    seen.append(obj.gi_frame.f_locals["n"])
    seen.append(obj.throw(ValueError("thrown")))
    seen.append(list(obj))
    yield [seen, obj.gi_frame, LOG]


@shape
def generator_delegating() -> Iterator[Any]:
    def outer() -> Iterator[Any]:
        result = yield from producer(1)
        yield ["result", result]

    obj = outer()
    next(obj)
    yield obj
    yield [obj.send("a"), obj.send("stop"), list(obj), LOG]


@shape
def generator_closed() -> Iterator[Any]:
    obj = [producer(i) for i in range(3)]
    next(obj[0]), next(obj[1])
    yield obj
    obj[0].close()
    obj[1].close()
    yield [LOG, next(obj[2]), obj.pop().send("stop") if False else len(obj)]


@shape
def generator_expressions() -> Iterator[Any]:
    obj = (x * y for x in range(3) for y in [1, 2])
    next(obj)
    yield obj
    yield [list(obj), sum(i for i in range(10))]


@types.coroutine
def pause(value: Any) -> Any:
    return (yield value)


async def waits(n: int) -> Any:
    got = []
    for i in range(n):
        got.append(await pause([i]))
    return got


@shape
def coroutine_half_way() -> Iterator[Any]:
    obj = waits(3)
    obj.send(None)
    yield obj
    seen: list[Any] = [obj.send("a"), obj.send("b")]
    try:
        obj.send("c")
    except StopIteration as stop:
        seen.append(stop.value)
    yield seen


@shape
def coroutine_closed() -> Iterator[Any]:
    obj = waits(3)
    obj.send(None)
    yield obj
    obj.close()
    yield [obj.cr_frame, obj.cr_await]


async def numbers(n: int) -> AsyncIterator[Any]:
    try:
        for i in range(n):
            await asyncio.sleep(0)
            yield [i]
    finally:
        LOG.append("closed")


@shape
def async_generator_half_way() -> Iterator[Any]:
    loop = asyncio.new_event_loop()
    obj = numbers(5)
    first = loop.run_until_complete(obj.__anext__())
    yield obj

    async def rest() -> list[Any]:
        return [item async for item in obj]

    seen = [first, loop.run_until_complete(rest()), LOG]
    loop.run_until_complete(loop.shutdown_asyncgens())
    loop.close()
    yield seen


@shape
def event_loop() -> Iterator[Any]:
    obj = asyncio.new_event_loop()
    queue: asyncio.Queue[Any] = asyncio.Queue()

    async def worker(name: str) -> list[Any]:
        got = []
        while (item := await queue.get()) is not None:
            got.append(item)
            await asyncio.sleep(0)
        return [name, got]

    tasks = [obj.create_task(worker(name)) for name in "ab"]
    obj.run_until_complete(asyncio.sleep(0))
    yield [obj, tasks, queue]

    async def feed() -> Any:
        for i in range(10):
            await queue.put([i])
        await queue.put(None)
        await queue.put(None)
        async with asyncio.timeout(30):
            return await asyncio.gather(*tasks)

    result = obj.run_until_complete(feed())
    obj.close()
    yield result


@shape
def exceptions_with_tracebacks() -> Iterator[Any]:
    def fail(n: int) -> None:
        local = [n]
        if n:
            fail(n - 1)
        raise ValueError(local) from KeyError("cause")

    try:
        fail(3)
    except ValueError as error:
        obj = error
    yield obj
    depth, tb = 0, obj.__traceback__
    while tb:
        depth, tb = depth + 1, tb.tb_next
    obj.add_note("note")
    try:
        raise obj
    except ValueError as again:
        same = again is obj
    group = ExceptionGroup("group", [obj, TypeError("t")])  # noqa: F821
    seen = [
        obj.args,
        repr(obj.__cause__),
        depth,
        same,
        obj.__notes__,
        repr(group.split(TypeError)[0]),
    ]
    obj.__traceback__ = None
    yield seen


@shape
def frames() -> Iterator[Any]:
    def inner(value: Any) -> Any:
        import sys

        return sys._getframe()

    obj = inner([1])
    yield [obj]  # in a list, because a frame itself never becomes immortal
    obj.f_locals["value"].append(2)
    seen = [obj.f_locals["value"], obj.f_code.co_name, obj.f_lineno > 0, obj.f_back is not None]
    obj.clear()
    yield seen


@shape
def context_managers_and_variables() -> Iterator[Any]:
    variable: contextvars.ContextVar[Any] = contextvars.ContextVar("v", default=[0])
    token = variable.set([1])
    context = contextvars.copy_context()
    stack = contextlib.ExitStack()
    stack.callback(LOG.append, "exit")
    yield [variable, context, stack, token]
    variable.set([2])
    seen = [context[variable], context.run(variable.get), variable.get()]
    context.run(variable.set, [3])
    variable.reset(token)
    stack.close()
    yield [*seen, context[variable], variable.get(), LOG]
