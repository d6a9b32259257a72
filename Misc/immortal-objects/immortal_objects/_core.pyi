"""What the C extension offers to the package: CPython 3.12 to 3.15, 64-bit Linux."""

from typing import TypeVar

T = TypeVar("T")

def usable() -> str | None:
    """Return None if the extension works in this interpreter, or why it doesn't, in one line."""

def immortalize(obj: T, mortal: tuple[type, ...] = (), /) -> T:
    """Make an object immortal, with all that can be reached from it, and return it.

    Instances of the types in *mortal*, and of subclasses, stay mortal, but for the object itself.

    Raises TypeError for a frame and for anything but types, RuntimeError where usable() gives a
    reason, and MemoryError: some objects are immortal then and others are not, which does no harm.
    """

def immortalize_heap(mortal: tuple[type, ...] = ()) -> int:
    """Collect garbage, then make all objects immortal; return how many became so.

    Instances of the types in *mortal*, and of subclasses, stay mortal. A further call takes what
    was alive at the call before, or all, if more than a third is new.

    Raises TypeError if *mortal* holds anything but types, RuntimeError during a collection and
    where usable() gives a reason, and MemoryError as immortalize().
    """

def is_immortal(obj: object, /) -> bool:
    """Tell whether the object is immortal."""

def census() -> dict[str, dict[type, tuple[int, int]]]:
    """Return objects and bytes by type, by what they are.

    The keys are "immortal", and why others are not: "mortal type" (the latest call of
    immortalize_heap() named the type), "running" (frames), "unfinished" (only C code refers to it),
    "later" (made since that call). Bytes are those of the object and the collector's header, with
    the tables of lists and dicts. Of what is mortal, it counts what the collector tracks.
    """

def drift() -> list[tuple[object, int]]:
    """Return the immortal objects whose count isn't what it was set to, with the difference.

    Sets these counts to the middle of their range again. From 3.14 on a call of C code that runs
    while objects become immortal takes one off the function that it is of and off operands, when
    it returns: once, so that the second of two results is to be empty.
    """

def version() -> str:
    """Return the CPython that the extension was compiled for, as in "3.14.7 GIL"."""
