"""A parent goes on working after the call: prints its RSS in kB, after use of holes of loading.

Nine of ten records that were loaded are dropped before the call, each in a page with others.
"""

import gc
import random

from memory import kilobytes, seal


def records(count, letter):
    return [{"id": i, "text": letter * (i % 300), "tags": [i, i + 1]} for i in range(count)]


chance = random.Random(2)
loaded = records(400_000, "x")
kept = chance.sample(loaded, 40_000)
del loaded
gc.collect()
seal()
work = records(350_000, "y")
print(kilobytes())
