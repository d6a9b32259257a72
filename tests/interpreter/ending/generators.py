# in any order
import contextlib


def generator(name):
    try:
        yield
    finally:
        say("closed", name)


@contextlib.contextmanager
def manager(name):
    try:
        yield
    finally:
        say("left", name)


g = generator("kept")
next(g)
m = manager("entered")
m.__enter__()


async def agenerator():
    try:
        yield 1
    finally:
        say("async closed")


a = agenerator()
try:
    a.__anext__().send(None)
except StopIteration:
    pass
seal()
late = generator("late")
next(late)
end()
