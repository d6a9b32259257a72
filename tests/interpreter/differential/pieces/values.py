# ruff: noqa: E402, F821
# ruff: noqa: UP031
"""Pieces of programs: strings, numbers, copies and weak references.

Names that end in _N get the number of the piece; R(low, high) is a random number.
"""

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
