# ruff: noqa: B008, B019, B039, B905, E402, F821
"""Pieces of programs: functions and what keeps state.

Names that end in _N get the number of the piece; R(low, high) is a random number.
"""

# piece: closures and partials
import functools


def counter_N(start):
    total = [start]
    count = 0

    def add(amount=R(1, 9), *more, scale=2):
        nonlocal count
        count += 1
        total[0] += amount * scale + len(more)
        return count, total[0]

    return add


add_N = counter_N(R(0, 9))
partial_N = functools.partial(add_N, 1, 2, scale=R(1, 9))
method_N = [].append
# step
say(add_N(), partial_N(3))
# step
add_N.__defaults__ = (R(0, 99),)
say(add_N())
# step
add_N.__kwdefaults__["scale"] = R(0, 9)
say(add_N())
# step
add_N.__code__ = (lambda start: lambda *a, **k: "new code").__code__
# step
method_N(R(0, 9))
say(method_N.__self__)
# step
add_N.note = "attribute"
say(sorted(vars(add_N)), add_N.__annotations__, add_N.__name__)
# step
for _ in range(R(1, 99)):
    add_N(1, 2, 3, scale=1)
say(add_N(0), add_N.__closure__[0].cell_contents)

# piece: caches
import functools


@functools.lru_cache(maxsize=R(1, 30))
def square_N(n):
    return n * n


@functools.cache
def tree_N(n):
    return n if n < 2 else tree_N(n - 1) + tree_N(n - 2)


@functools.singledispatch
def kind_N(value):
    return "anything"


@kind_N.register
def _(value: int):
    return "a number"


class Lazy_N:
    @functools.cached_property
    def value(self):
        return R(0, 99)

    @functools.lru_cache
    def method(self, n):
        return n


lazy_N = Lazy_N()
square_N(3)
# step
say([square_N(i % 7) for i in range(R(1, 40))][-1], square_N.cache_info())
# step
say(tree_N(R(2, 50)), tree_N.cache_info())
# step
square_N.cache_clear()
say(square_N.cache_info())
# step
say(kind_N(R(0, 9)), kind_N("x"), kind_N([]))
# step
kind_N.register(str, lambda value: "text")
say(kind_N("x"))
# step
say(lazy_N.value, lazy_N.method(R(0, 9)), sorted(vars(lazy_N)))
# step
del lazy_N.value
say(lazy_N.value)


# piece: exceptions
def raise_N(depth):
    local = [depth]
    if depth:
        raise_N(depth - 1)
    raise ValueError("deep", R(0, 9), local)


caught_N = []
try:
    raise_N(R(0, 9))
except ValueError as error:
    caught_N.append(error)
# step
import traceback

say(len(traceback.extract_tb(caught_N[0].__traceback__)), caught_N[0].args)
# step
raise caught_N[0]
# step
raise KeyError("from") from caught_N[-1]
# step
caught_N[0].add_note("a note")
say(caught_N[0].__notes__)
# step
try:
    try:
        raise_N(1)
    finally:
        {}["missing"]
except KeyError as error:
    caught_N.append(error)
    say(repr(error.__context__))
# step
exec(
    """try:
    raise ExceptionGroup("group", [ValueError(R(0, 9)), TypeError("t")])
except* TypeError as group:
    say(group.exceptions)
except* ValueError as group:
    say(group)
"""
)
# step
frame = caught_N[0].__traceback__.tb_frame
say(frame.f_code.co_name, caught_N[0].__traceback__.tb_next is not None)


# step
def forever_N():
    forever_N()


forever_N()
# step
say(sys.exc_info(), [type(one).__name__ for one in caught_N])

# piece: context variables
import contextvars

variable_N = contextvars.ContextVar("variable", default=R(0, 9))
token_N = variable_N.set("first")
context_N = contextvars.copy_context()
# step
say(variable_N.get(), context_N[variable_N], len(context_N) > 0)
# step
variable_N.set(R(0, 99))
say(variable_N.get(), context_N.get(variable_N))
# step
say(context_N.run(lambda: (variable_N.get(), variable_N.set("inside"))[0]))
# step
variable_N.reset(token_N)
say(variable_N.get())
# step
context_N = contextvars.copy_context()
say(context_N.get(variable_N))

# piece: iterators
import heapq
import itertools

heap_N = [R(0, 99) for _ in range(R(2, 30))]
heapq.heapify(heap_N)
iterators_N = [
    itertools.count(R(0, 9), 3),
    itertools.cycle([1, [2], "3"]),
    itertools.chain([1, 2], (i for i in range(R(1, 50)))),
    itertools.permutations("abcd", 3),
    zip(range(40), iter([[i] for i in range(R(1, 40))])),
    map(lambda a, b: (a, b), range(R(1, 40)), itertools.repeat("x")),
    iter({i: str(i) for i in range(R(1, 40))}.items()),
    reversed([[i] for i in range(R(1, 40))]),
    enumerate({i: i for i in range(R(1, 40))}),
    *itertools.tee(iter([1, 2, 3, 4, 5]), 2),
    iter([1, 2, 3].pop, 1),
    itertools.accumulate(range(R(1, 40)), lambda a, b: a + b),
    (key + str(len(list(group))) for key, group in itertools.groupby("aabbbcdd")),
]
# step
say([show(next(one, "end")) for one in iterators_N])
# step
for _ in range(R(1, 20)):
    heapq.heappush(heap_N, R(0, 99))
say(heapq.heappop(heap_N), heapq.nsmallest(3, heap_N), len(heap_N))
# step
say([show(list(itertools.islice(one, R(1, 20)))) for one in iterators_N])
# step
import copy

say([show(next(copy.copy(one), "end")) for one in iterators_N[:6]])
# step
import pickle

say(show(next(pickle.loads(pickle.dumps(iterators_N[R(0, 3)])), "end")))
