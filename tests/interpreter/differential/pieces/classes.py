# ruff: noqa: B008, F821
# ruff: noqa: RUF012
"""Pieces of programs: classes and their instances.

Names that end in _N get the number of the piece; R(low, high) is a random number.
"""


# piece: plain class
class Plain_N:
    kind = R(0, 9)

    def __init__(self, value):
        self.value = value
        self.name = str(value)

    def method(self, add=R(1, 5)):
        return self.value, add, self.kind


plain_N = [Plain_N(i) for i in range(R(1, 40))]
# step
say([one.method() for one in plain_N][-3:])
# step
plain_N[0].later = R(0, 99)
say(sorted(vars(plain_N[0])))
# step
plain_N.append(Plain_N("new"))
plain_N[-1].other = plain_N[0].name
say(show(vars(plain_N[-1])))
# step
Plain_N.kind = [R(0, 9)]
say(plain_N[-1].method())
# step
Plain_N.method = lambda self, add=2: ("replaced", self.value, add)
say(plain_N[0].method())
# step
del plain_N[0].name
say(plain_N[0].name)
# step
plain_N[0].__dict__ = {"value": "of a new dict"}
say(plain_N[0].value)
# step
vars(plain_N[-1])["added"] = 1
say(plain_N[-1].added, len(vars(plain_N[-1])))
# step
plain_N[0].__class__ = type("Other_N", (Plain_N,), {"kind": "other"})
say(plain_N[0].method())
# step
for index in range(R(1, 60)):
    setattr(plain_N[0], f"attribute{index}", index)
say(len(vars(plain_N[0])))


# piece: slots and descriptors
class Field_N:
    def __set_name__(self, owner, name):
        self.name = "_" + name

    def __get__(self, obj, owner=None):
        return self if obj is None else getattr(obj, self.name, "unset")

    def __set__(self, obj, value):
        setattr(obj, self.name, (value, self.name))

    def __delete__(self, obj):
        delattr(obj, self.name)


class Slotted_N:
    __slots__ = ("__weakref__", "_field", "a", "b")
    field = Field_N()

    @property
    def both(self):
        return self.a, self.b


slotted_N = [Slotted_N() for _ in range(R(1, 9))]
# step
slotted_N[0].a = R(0, 99)
slotted_N[0].b = [slotted_N[0].a]
say(slotted_N[0].both)
# step
slotted_N[-1].field = R(0, 99)
say(slotted_N[-1].field)
# step
del slotted_N[-1].field
say(slotted_N[-1].field)
# step
del slotted_N[0].a
say(slotted_N[0].both)
# step
Slotted_N.both = property(lambda self: "new property")
say(slotted_N[0].both)
# step
Slotted_N.field = "plain"
say(slotted_N[0].field)


# piece: metaclass
class Meta_N(type):
    made = []

    def __new__(mcls, name, bases, space, **words):
        cls = super().__new__(mcls, name, bases, space)
        mcls.made.append(name)
        cls.words = words
        return cls

    def __call__(cls, *args):
        return super().__call__(*args)

    def __instancecheck__(cls, obj):
        return obj == 5 or super().__instancecheck__(obj)

    def __prepare__(name, bases, **words):
        return {"prepared": len(words)}


class Made_N(metaclass=Meta_N, flag=R(0, 9)):
    def __init_subclass__(cls, **words):
        cls.sub = sorted(words)


made_N = [Made_N()]


# step
class Sub_N(Made_N, x=1):
    pass


made_N.append(Sub_N())
say(Sub_N.words, Sub_N.sub, Meta_N.made, Sub_N.prepared)
# step
say(isinstance(5, Made_N), isinstance(6, Made_N), isinstance(made_N[-1], Made_N))
# step
Made_N.later = R(0, 9)
say(made_N[-1].later, [one.__name__ for one in Made_N.__subclasses__()])
# step
Meta_N.counter = property(lambda cls: len(cls.made))
say(Made_N.counter)
# step
made_N.append(type(made_N[-1]).__mro__[0]())
say(len(made_N))
# step
Made_N.__abstractmethods__ = frozenset({"missing"})
say(Made_N())


# piece: special methods
class Number_N:
    def __init__(self, n):
        self.n = n

    def __add__(self, other):
        return Number_N(self.n + getattr(other, "n", other))

    __radd__ = __add__

    def __eq__(self, other):
        return self.n == getattr(other, "n", other)

    def __lt__(self, other):
        return self.n < other.n

    def __hash__(self):
        return hash(self.n)

    def __bool__(self):
        return self.n % 2 == 0

    def __index__(self):
        return self.n

    def __len__(self):
        return abs(self.n)

    def __contains__(self, item):
        return item == self.n

    def __iter__(self):
        return iter(range(self.n))

    def __repr__(self):
        return f"Number({self.n})"

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return error[0] is KeyError


numbers_N = [Number_N(i * R(1, 7)) for i in range(R(2, 9))]
table_N = {one: one.n for one in numbers_N}
# step
say(sum(numbers_N), sorted(numbers_N, reverse=True), max(numbers_N))
# step
say([bool(one) for one in numbers_N], list(numbers_N[-1]), 3 in numbers_N[0], [0] * numbers_N[1])
# step
with numbers_N[0]:
    raise KeyError("hidden")
# step
table_N[Number_N(R(0, 9))] = "new"
say(len(table_N), table_N.get(Number_N(0)))
# step
Number_N.__repr__ = lambda self: f"changed {self.n}"
say(numbers_N)
# step
Number_N.__lt__ = lambda self, other: self.n > other.n
say(sorted(numbers_N))
# step
del Number_N.__bool__
say([bool(one) for one in numbers_N])
# step
Number_N.__getattr__ = lambda self, name: name.upper()
say(numbers_N[0].missing)
