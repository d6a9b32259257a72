"""A forked child changes what its code was specialized for before the call, and goes on working.

changed_later.py CHANGE    nothing; a new global (a client made at first use), a new builtin (as
                           gettext installs), another value of a class's attribute, another
                           method, or instances of a class that was not there before
"""

import builtins
import os
import sys

from memory import seal

LIMIT = 10
COUNT = 20_000


class Node:
    kind = 1

    def __init__(self, number):
        self.number = number

    def value(self):
        return self.number

    @property
    def double(self):
        return self.number * 2


class Leaf(Node):
    def __init__(self, number):
        self.name = "leaf"
        self.number = number

    def value(self):
        return self.number + 1


def attributes(node):
    total = 0
    for _ in range(COUNT):
        total += node.value() + node.number + node.kind + node.double
    return total


def names():
    total = 0
    for _ in range(COUNT):
        total += LIMIT
        total += LIMIT
    return total


def calls():
    some = [1]
    for _ in range(COUNT):
        len(some)
        isinstance(some, list)
        abs(-1)


def work(node):
    attributes(node)
    names()
    calls()


def nothing():
    return Node(1)


def new_global():
    globals()["_client"] = 1
    return Node(1)


def new_builtin():
    builtins._ = str
    return Node(1)


def class_attribute():
    Node.kind = 2
    return Node(1)


def method():
    old = Node.value
    Node.value = lambda self: old(self)
    return Node(1)


def other_class():
    return Leaf(1)


def main():
    for _ in range(3):
        work(Node(1))
    seal()
    if os.fork() == 0:
        node = globals()[sys.argv[1]]()
        for _ in range(5):
            work(node)
        os._exit(0)
    sys.exit(os.wait()[1])


main()
