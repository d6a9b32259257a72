# ruff: noqa: E402, F821
"""Pieces of programs: containers.

Names that end in _N get the number of the piece; R(low, high) is a random number.
"""

# piece: dicts
table_N = {f"key {i}": [i] for i in range(R(0, 60))}
mixed_N = {1: "a", "b": 2, (3, "c"): None, None: 4, 2.5: b"x"}
views_N = [table_N.keys(), table_N.items(), mixed_N.values()]
# step
table_N["new R(0, 99)"] = R(0, 99)
say(len(table_N), list(table_N)[-1])
# step
table_N.pop("key 0", None)
table_N.pop(f"key {R(0, 60)}", None)
say(len(table_N), [len(view) for view in views_N])
# step
for i in range(R(1, 300)):
    mixed_N[i] = i
say(len(mixed_N))
# step
say(mixed_N.get(1), mixed_N.get("b"), mixed_N.get((3, "c")), (3, "c") in mixed_N)
# step
mixed_N.clear()
mixed_N["again"] = R(0, 9)
say(mixed_N)
# step
say(len(table_N | mixed_N), table_N == dict(table_N), table_N.keys() & {"key 1"})
# step
table_N.update(dict.fromkeys("abc", table_N.get("key 1")))
say(table_N.popitem(), table_N.setdefault("z", []))
# step
del table_N["key 2"]
# step
for key in table_N:
    table_N[key + "x"] = 1
# step
say(show(dict(sorted(table_N.items())[:2])))

# piece: sets and lists
items_N = [[i, str(i)] for i in range(R(1, 99))]
set_N = {str(i) for i in range(R(1, 99))}
frozen_N = frozenset(range(R(1, 30)))
# step
items_N.sort(key=lambda item: item[1])
say(items_N[:3])
# step
items_N += [[R(0, 9), "x"]] * R(1, 9)
say(len(items_N))
# step
del items_N[R(0, 3) : R(4, 9)]
say(len(items_N))
# step
items_N[R(0, 9)].append("changed")
items_N[::2] = []
say(items_N[:2])
# step
set_N.add("new R(0, 9)")
set_N.discard("1")
say(len(set_N), sorted(set_N)[:3])
# step
say(len(frozen_N | {"x"}), frozen_N >= {1}, sorted(frozen_N ^ {1, 99}))
# step
set_N.clear()
say(set_N)
# step
items_N.insert(0, items_N)
say(show(items_N)[:50])
# step
say(hash(frozen_N) == hash(frozenset(range(len(frozen_N)))), items_N.index(items_N[-1]) >= 0)


# step
def compare_N(a, b):
    items_N.append(1)
    return 0


import functools

items_N.sort(key=functools.cmp_to_key(compare_N))

# piece: collections
import array
import collections

deque_N = collections.deque(range(R(1, 99)), maxlen=R(5, 99))
counter_N = collections.Counter("some text with letters")
default_N = collections.defaultdict(list, a=[1])
ordered_N = collections.OrderedDict((str(i), i) for i in range(R(1, 30)))
chain_N = collections.ChainMap({"a": 1}, default_N)
array_N = array.array("d", range(R(1, 30)))
bytes_N = bytearray(b"some bytes" * R(1, 99))
# step
deque_N.append(R(0, 9))
deque_N.rotate(R(0, 9))
deque_N.appendleft("left")
say(list(deque_N)[:4], len(deque_N))
# step
counter_N.update("more letters")
say(counter_N.most_common(2), counter_N["zz"])
# step
default_N["new"].append(R(0, 9))
say(dict(default_N), chain_N["new"])
# step
ordered_N.move_to_end("0")
say(ordered_N.popitem(last=False), list(ordered_N)[-2:])
# step
ordered_N["again"] = R(0, 9)
say(len(ordered_N), show(reversed(ordered_N)))
# step
array_N.extend([R(0, 9)] * R(1, 99))
say(len(array_N), array_N[-1], sum(array_N))
# step
bytes_N += b"more" * R(1, 200)
del bytes_N[: R(0, 9)]
say(len(bytes_N), bytes_N[:5])
# step
with memoryview(bytes_N) as view:
    view[0] = R(65, 90)
    say(bytes(view[:3]))
# step
view = memoryview(array_N)
array_N.append(1)


# step
class Sub_N(collections.UserDict):
    def __missing__(self, key):
        return key * 2


say(Sub_N(a=1)["b"])
