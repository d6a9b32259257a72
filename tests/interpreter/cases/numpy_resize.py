"""Arrays that were alive at the call can be resized, if the caller keeps ndarray mortal."""

import gc

import numpy
from memory import HAS_SEAL


class Accumulator:
    """Grows its array in place."""

    def __init__(self):
        self.array = numpy.empty(4)
        self.count = 0

    def push(self, value):
        if self.count == len(self.array):
            self.array.resize(2 * self.count)
        self.array[self.count] = value
        self.count += 1


buffer = numpy.zeros(10)
accumulator = Accumulator()
accumulator.push(1)
if HAS_SEAL:
    gc.immortalize_heap(mortal=(numpy.ndarray,))
buffer.resize(20)
for number in range(20):
    accumulator.push(number)
print(buffer.shape, accumulator.count, accumulator.array.shape, accumulator.array.sum())
if HAS_SEAL and (gc.is_immortal(buffer) or not gc.is_immortal(Accumulator)):
    print("the wrong objects are immortal")
