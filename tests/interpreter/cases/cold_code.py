"""Requests in a forked child of an application whose code never ran before the call.

cold_code.py never|cold|warm|changed    make the heap immortal or not, after a warm-up or not;
                                        changed: then set a global that was not there before
"""

import os
import sys

from memory import seal

MODE = sys.argv[1]
WORDS = [f"w{number % 100}" for number in range(2000)]


class Vector:
    def __init__(self, x, y):
        self.x = x
        self.y = y

    def add(self, other):
        return Vector(self.x + other.x, self.y + other.y)

    @property
    def size(self):
        return self.x * self.x + self.y * self.y


class Order:
    tax = 0.2

    def __init__(self, lines):
        self.lines = [(number, number * 1.5) for number in range(lines)]
        self.note = f"n{lines}"

    def total(self):
        return sum(quantity * price for quantity, price in self.lines) * (1 + self.tax)


ORDERS = [Order(20) for _ in range(30)]


def requests():
    text = "\n".join(f"{order.note}: {order.total():.2f}" for order in ORDERS)
    position, step, total = Vector(0, 0), Vector(1, 2), 0
    for _ in range(1000):
        position = position.add(step)
        total += position.size
    counts = {}
    for word in WORDS:
        counts[word] = counts.get(word, 0) + 1
    sieve = [True] * 6000
    for number in range(2, 78):
        if sieve[number]:
            for other in range(number * number, 6000, number):
                sieve[other] = False
    return len(text), total, len(counts), sum(sieve)


if MODE == "warm":
    for _ in range(20):
        requests()
if MODE != "never":
    seal()
if os.fork() == 0:
    if MODE == "changed":
        globals()["_client"] = 1
        Order.tax = 0.3
    for _ in range(60):
        requests()
    os._exit(0)
sys.exit(os.wait()[1])
