"""A function of an immortal heap runs often under a profiler; it still reads the right global.

The function is called 70,000 times, more than a counter of 16 bits holds. The name of the global
is the one whose cached index looks like an instruction.

    tracing_sealed_code.py setprofile|settrace|opcodes
"""

import sys

from memory import seal

BINARY_SUBSCR = 25
for number in range(200):
    globals()[f"g{number}"] = f"g{number}"
target = list(globals())[BINARY_SUBSCR]
exec(f"def read():\n    return {target}\n", globals())


def generator():
    while True:
        yield globals()["read"]()


def nothing(*_):
    return None


def trace_opcodes(frame, event, arg):
    frame.f_trace_opcodes = True
    return trace_opcodes


def main():
    read = globals()["read"]
    running = generator()
    for _ in range(100):
        read()
        next(running)
    seal()
    print(target, read(), next(running))
    if sys.argv[1] == "setprofile":
        sys.setprofile(nothing)
    else:
        sys.settrace(trace_opcodes if sys.argv[1] == "opcodes" else nothing)
    for _ in range(70_000):
        read()
    for _ in range(1000):
        next(running)
    sys.setprofile(None)
    sys.settrace(None)
    print(target, read(), next(running))
    read.__code__ = read.__code__.replace(co_name="again")
    print(read(), read.__code__.co_name)


main()
