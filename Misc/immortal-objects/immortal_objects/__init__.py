"""Immortal objects where the interpreter has them, and no change where it hasn't.

An immortal object is never freed, its reference count is never written, and the garbage collector
does not look at it: processes forked later share its memory for good. CPython 3.11 with the series
of patches that this package belongs to can make any object immortal. On every other interpreter
the functions here do nothing, and say so once, as a debug message of the logger
"immortal_objects". So a library can use them today.
"""

from __future__ import annotations

import functools
import gc
import logging
from typing import Any, Callable, TypeVar, overload

__all__ = ["immortal", "immortalize_heap", "is_immortal"]

T = TypeVar("T")
C = TypeVar("C", bound=type)

# The attribute by which a wrapped __init__ refers to itself.
_MARK = "_makes_instances_immortal"
_OBJECT_NEW: Any = object.__new__


@overload
def immortal(obj: T, /) -> T: ...


@overload
def immortal(*, instances: bool = False) -> Callable[[T], T]: ...


def immortal(*args: Any, instances: bool = False) -> Any:
    """Make an object immortal, with all that can be reached from it, and return it.

    As a decorator, of classes and functions, or as a function, for any value:

        @immortal
        class Settings: ...

        TABLE = immortal(load())

    What is reached are contents, keys and attributes; the types of all these; and a function's
    code, defaults and closure, but not its globals. What the object comes to refer to later is
    mortal. Static and class methods: put it below @staticmethod and @classmethod.

    With *instances*, a decorator of classes, each instance becomes immortal, too, with all that it
    refers to by then, when its construction by a call of the class ends: after the outermost
    __init__, unless that raises an exception. Put it above all other decorators of the class, such
    as dataclasses.dataclass. Instances of subclasses are included. Not included are:

    - instances that exist already, such as the members of an enumeration;
    - instances that are made without a call of __init__: by copy, pickle, or cls.__new__(cls);
    - instances of a subclass whose __init__ is set after the class was made, as decorators such
      as dataclass do, unless that subclass is decorated by this one as well;
    - instances of a subclass with an __init_subclass__() that does not call super()'s.

    Raises TypeError if *obj* is a frame, if *instances* is used for anything but a class, and for
    other arguments; MemoryError if there is no memory left for the work.
    """
    if len(args) > 1 or (args and instances):
        raise TypeError("use immortal(obj), @immortal, or @immortal(instances=True)")
    if args:
        return _immortalize(args[0])
    return _with_instances if instances else _immortalize


def immortalize_heap() -> int:
    """Make all objects of the interpreter immortal; return how many became so, 0 on others.

    For a server: to be called when everything is loaded, right before the first fork. It collects
    garbage beforehand, also where the collector is disabled. Raises RuntimeError during a garbage
    collection, and MemoryError if there is no memory left for the work.
    """
    function = getattr(gc, "immortalize_heap", None)
    if function is None:
        _say_that_nothing_changes()
        return 0
    return int(function())


def is_immortal(obj: object) -> bool:
    """Tell whether the object is immortal; False where the interpreter can't tell."""
    function = getattr(gc, "is_immortal", None)
    if function is None:
        _say_that_nothing_changes()
        return False
    return bool(function(obj))


def _immortalize(obj: T) -> T:
    function = getattr(gc, "immortalize", None)
    if function is None:
        _say_that_nothing_changes()
    else:
        function(obj)
    return obj


@functools.cache
def _say_that_nothing_changes() -> None:
    """Log it; once, by the cache."""
    logging.getLogger(__name__).debug("this interpreter can't make objects immortal: no change")


def _with_instances(cls: C) -> C:
    """Make the class immortal, and each instance of it or of a subclass once it is made."""
    if not isinstance(cls, type):
        raise TypeError("@immortal(instances=True) is for classes")
    if hasattr(gc, "immortalize"):
        _wrap_init(cls)
        _wrap_init_subclass(cls)
    return _immortalize(cls)


def _wrap_init(cls: Any) -> None:
    """Have cls.__init__ make the instance immortal, if no subclass's __init__ is around it.

    That is the case if it is the one that type(instance) has: no count of calls is needed.
    """
    inner = cls.__dict__.get("__init__")
    # By identity, for functools.wraps() copies attributes.
    if inner is not None and getattr(inner, _MARK, None) is inner:
        return
    if inner is None:
        inner = _inherited_init(cls)

    @functools.wraps(inner)
    def __init__(self: Any, /, *args: Any, **kwargs: Any) -> None:
        inner.__get__(self, type(self))(*args, **kwargs)
        if type(self).__init__ is __init__:
            _immortalize(self)

    setattr(__init__, _MARK, __init__)
    cls.__init__ = __init__


def _inherited_init(cls: Any) -> Any:
    """Return an __init__ for a class that has none of its own."""
    fields = _fields(cls)

    @functools.wraps(cls.__init__)
    def __init__(self: Any, /, *args: Any, **kwargs: Any) -> None:
        if _fields(cls) is not fields:
            # dataclass and attrs leave an __init__ alone that they find in the class: this one.
            raise TypeError(f"{cls.__name__}: put @immortal(instances=True) above the others")
        following = super(cls, self).__init__
        if getattr(following, "__objclass__", None) is not object:
            following(*args, **kwargs)
        elif (args or kwargs) and type(self).__new__ is _OBJECT_NEW:
            raise TypeError(f"{type(self).__name__}() takes no arguments")

    return __init__


def _fields(cls: Any) -> Any:
    """Return what dataclass or attrs has put into the class itself; None if neither has."""
    return cls.__dict__.get("__dataclass_fields__", cls.__dict__.get("__attrs_attrs__"))


def _wrap_init_subclass(cls: Any) -> None:
    """Have the __init__ of each later subclass wrapped, if it has one of its own."""
    inner = cls.__dict__.get("__init_subclass__")

    def __init_subclass__(sub: Any, /, **kwargs: Any) -> None:
        if inner is None:
            super(cls, sub).__init_subclass__(**kwargs)
        else:
            inner.__get__(None, sub)(**kwargs)
        if "__init__" in sub.__dict__:
            _wrap_init(sub)

    cls.__init_subclass__ = classmethod(__init_subclass__)
