"""Prints the bytes of an instance in a forked child, for classes known before the call and not.

later_attribute.py seen|cold same|later
"""

import sys

from memory import in_child, kilobytes, seal

COUNT = 200_000


class Document:
    def __init__(self, number):
        self.id = number
        self.name = None
        self.tags = None


if sys.argv[1] == "seen":
    template = Document(0)
seal()


def make():
    before = kilobytes("Anonymous")
    made = []
    for number in range(COUNT):
        document = Document(number)
        if sys.argv[2] == "later":
            document._cached = None  # as a cached property or an ORM does
        made.append(document)
    return (kilobytes("Anonymous") - before) * 1024 / len(made)


in_child(make)
