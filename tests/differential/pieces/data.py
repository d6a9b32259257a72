# ruff: noqa: B018, B023, B904, E402, F811, F821, F841, RUF005, RUF006, SIM115
"""Pieces of programs: containers, strings and numbers.

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
set_N.add(f"new R(0, 9)")
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
# piece: strings and numbers
texts_N = ["".join(["text ", str(i)]) for i in range(R(1, 40))]
texts_N += ["äöü" * R(1, 9), "\U0001f600", ""]
big_N = [R(2, 9) ** R(20, 200), -(1 << R(60, 300)), 2**61 - 1]
floats_N = [i / 7 for i in range(R(1, 40))] + [float("inf"), 1e300 * 10]
# step
say(hash(texts_N[0]) == hash("text 0"), texts_N[-3].encode(), texts_N[-2].encode("utf-16"))
# step
say(sys.intern(texts_N[0]) == texts_N[0], sys.intern("".join(["text ", "0"])) == "text 0")
# step
text = texts_N[0]
for _ in range(R(1, 50)):
    text += "x"
texts_N.append(text)
say(len(text), text is texts_N[-1])
# step
say(big_N[0] * big_N[1] % R(1, 9999), big_N[0] // 7, -big_N[1] >> 3, hash(big_N[2]))
# step
big_N[0] += R(0, 9)
say(big_N[0], str(big_N[0])[:5], int(str(big_N[0])) == big_N[0])
# step
say(sum(floats_N[:-2]), max(floats_N), floats_N[0] * 3 - 1, round(floats_N[1], 3))
# step
total = 0.0
for value in floats_N[:-2]:
    total = total * 0.5 + value - 1.0
say(total)
# step
say("%s %r" % (texts_N[0], big_N[1]), f"{floats_N[1]:.3f}", texts_N[0].upper().split())
# step
say({texts_N[0]: 1}["text 0"], texts_N[0] in "".join(texts_N), "text 1" in texts_N)
# step
import decimal
import fractions

say(decimal.Decimal(big_N[0]) / 7, fractions.Fraction(R(1, 9), R(1, 9)), complex(1, R(0, 9)) ** 2)
# step
import datetime

say(datetime.date(2026, 1, R(1, 28)) + datetime.timedelta(days=R(0, 99)))
# piece: copies and pickles
import copy
import pickle


class Node_N:
    def __init__(self, value):
        self.value = value
        self.next = None

    def __reduce_ex__(self, protocol):
        return (dict, ([("value", self.value)],))


class State_N:
    def __getstate__(self):
        return {"a": R(0, 9)}

    def __setstate__(self, state):
        self.state = state


node_N = Node_N([R(0, 9)])
node_N.next = node_N
data_N = {"list": [1, 2, (3, [4])], "set": {1, 2}, "text": "x" * R(0, 99), "big": 10 ** R(1, 99)}
data_N["self"] = data_N["list"]
bytes_N = pickle.dumps(data_N)
# step
again = copy.deepcopy(data_N)
again["list"].append(R(0, 9))
say(again, again["self"] is again["list"])
# step
say(pickle.loads(bytes_N) == data_N, len(pickle.dumps(data_N, R(0, 5))))
# step
say(copy.copy(node_N), copy.copy(data_N) == data_N, copy.copy(data_N) is data_N)
# step
say(vars(copy.copy(State_N())))
# step
data_N["list"].append(R(0, 9))
data_N["new R(0, 9)"] = data_N["list"][:]
say(len(data_N))
# step
import marshal

say(marshal.loads(marshal.dumps(data_N["list"])) == data_N["list"])
# step
import json

say(json.dumps(data_N, default=sorted, sort_keys=True)[:200])
# piece: weak references
import weakref


class Target_N:
    def __init__(self, name):
        self.name = name


targets_N = [Target_N(i) for i in range(R(1, 9))]
weak_N = [weakref.ref(one) for one in targets_N]
proxy_N = weakref.proxy(targets_N[0])
values_N = weakref.WeakValueDictionary(enumerate(targets_N))
keys_N = weakref.WeakKeyDictionary((one, one.name) for one in targets_N)
weakset_N = weakref.WeakSet(targets_N)
weakref.finalize(targets_N[0], say, "~ weakref.finalize N")
# step
say([one() is not None for one in weak_N], proxy_N.name)
# step
say(len(values_N), values_N[0].name, keys_N[targets_N[-1]], targets_N[0] in weakset_N)
# step
targets_N.append(Target_N("later"))
weak_N.append(weakref.ref(targets_N[-1], lambda ref: None))
weakset_N.add(targets_N[-1])
keys_N[targets_N[-1]] = R(0, 9)
say(len(weakset_N), weak_N[-1]().name)
# step
weakref.finalize(targets_N[-1], say, "~ another finalize N", R(0, 9))
# step
proxy_N.name = R(0, 99)
say(targets_N[0].name, weak_N[0]() is targets_N[0], hash(weak_N[0]) == hash(targets_N[0]))
# step
say(weakref.ref(targets_N[0]) is weak_N[0], weakref.WeakMethod(proxy_N.__init__) is not None)
# step
del keys_N[targets_N[0]]
say(len(keys_N))
