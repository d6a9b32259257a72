"""Let forked processes share what is loaded: make objects, or all of them, immortal.

An immortal object is never freed, its reference count is never written, and the garbage collector
does not look at it: processes forked later share its memory for good. This works on CPython 3.12
to 3.15 on Linux, by an extension, and on CPython 3.11 with the series of patches that this package
belongs to, by its gc. On every other interpreter the functions here do nothing, and say so once, as
a debug message of the logger "immortal_objects". So a library can use them anywhere.
"""

from __future__ import annotations

import functools
import types
from typing import Any, Callable, Protocol, TypeVar, overload

from . import _backend
from ._backend import say_that_nothing_changes
from ._heap import before_first_fork, immortalize_heap
from ._mortal import mortal_types
from ._preload import preload_forkserver
from ._report import Report, report

__all__ = [
    "Report",
    "before_first_fork",
    "immortal",
    "immortalize_heap",
    "is_immortal",
    "mortal_types",
    "preload_forkserver",
    "report",
]

T = TypeVar("T")
C = TypeVar("C", bound=type)

# The attributes of a function that is put into a class here: itself, for functools.wraps() copies
# attributes; and whether it stands in for what the class inherits, having none of its own.
_MARK = "_makes_instances_immortal"
_STANDS_IN = "_stands_in_for_an_inherited"
# Bits of type.__flags__: made by a class statement or the like; not to be changed; has a way of its
# own to be called.
_HEAP_TYPE, _IMMUTABLE_TYPE, _HAS_VECTORCALL = 1 << 9, 1 << 8, 1 << 11


class _AnyProtocol(Protocol):
    pass


# This one looks for another __init__ to call, but only in a class that has none of its own.
_PROTOCOL_INIT = _AnyProtocol.__dict__["__init__"]


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
    code, defaults and closure, but not its globals. Not reached are objects that hold something,
    such as generators, views of memory and cursors: they stay mortal, unless *obj* is one. What the
    object comes to refer to later is mortal. Static and class methods: put it below @staticmethod
    and @classmethod.

    With *instances*, a decorator of classes, each instance becomes immortal, too, with all that it
    refers to by then, when its construction by a call of the class ends: after the outermost
    __init__, unless that raises an exception. Instances of subclasses are included. Not included
    are:

    - instances that exist already, such as the members of an enumeration;
    - instances that are made without a call of __init__: by copy, pickle, or cls.__new__(cls);
    - what a metaclass or a factory adds to an instance when its __init__ is done;
    - instances of a subclass with a __new__() of its own, or of a base class that comes first, that
      doesn't call super()'s, if it has an __init_subclass__() that doesn't call super()'s, either.

    Raises TypeError if *obj* is a frame, if *instances* is used for anything but a class that can
    be changed and whose call arrives at __new__ and __init__ (msgspec.Struct's doesn't), and for
    other arguments; MemoryError if there is no memory left for the work.
    """
    if len(args) > 1 or (args and instances):
        raise TypeError("use immortal(obj), @immortal, or @immortal(instances=True)")
    if args:
        return _immortalize(args[0])
    return _with_instances if instances else _immortalize


def is_immortal(obj: object) -> bool:
    """Tell whether the object is immortal; False where the interpreter can't tell."""
    if not _backend.CHOSEN.able:
        say_that_nothing_changes()
    return _backend.CHOSEN.is_immortal(obj)


def _immortalize(obj: T) -> T:
    if type(obj) is types.FrameType:
        raise TypeError("cannot make a frame object immortal")
    if not _backend.CHOSEN.able:
        say_that_nothing_changes()
    _backend.CHOSEN.immortalize(obj)
    return obj


def _with_instances(cls: C) -> C:
    """Make the class immortal, and each instance of it or of a subclass once it is made."""
    if not isinstance(cls, type) or cls.__flags__ & (_HEAP_TYPE | _IMMUTABLE_TYPE) != _HEAP_TYPE:
        raise TypeError("@immortal(instances=True) is for classes that can be changed")
    if _makes_instances_itself(cls):
        raise TypeError(
            f"@immortal(instances=True) is for classes that call __new__ and __init__, but "
            f"{cls.__name__} doesn't: call immortal() with its instances, in a msgspec.Struct's "
            "__post_init__() for instance"
        )
    if _backend.CHOSEN.able:
        _cover(cls)
        _wrap_init_subclass(cls)
    return _immortalize(cls)


def _makes_instances_itself(cls: Any) -> bool:
    """Tell whether a call of the class doesn't arrive at __new__ and __init__.

    So it is with msgspec.Struct, TypedDict, and the classes of nanobind's modules.
    """
    owner = next(base for base in type(cls).__mro__ if "__call__" in vars(base))
    call = vars(owner)["__call__"]
    return (
        type(vars(cls).get("__init__")).__module__ == "nanobind"
        or isinstance(call, type)
        or (
            isinstance(call, types.WrapperDescriptorType)
            and bool(owner.__flags__ & _HAS_VECTORCALL)
            and owner is not type
        )
    )


# A call of a class runs its __new__ and then the __init__ of what that returned. The end of the
# latter is the moment. But an __init__ may come late, from a decorator such as dataclass, which
# would leave alone one that it finds; or from a class before ours in the order of resolution. So
# __new__ sees to it that the __init__ which is to run is wrapped.


def _cover(cls: Any) -> None:
    """Have the instances made immortal that a call of the class makes."""
    if not isinstance(_find(cls, "__new__"), _New):
        _set(cls, "__new__", _New(vars(cls).get("__new__")))
    if "__init__" in vars(cls):
        _prepare(cls)


class _New:
    """The attribute __new__ of a class: what it had or inherits, after a look at its __init__."""

    def __init__(self, own: Any) -> None:
        self.own = own
        # A class that has made an instance is immortal anyway.
        self.functions: dict[type, Any] = {}

    def __get__(self, instance: object, cls: Any) -> Any:
        function = self.functions.get(cls)
        if function is None:
            function = self.functions[cls] = self.function(cls)
        # inspect.signature() asks __new__ first, which here says what __init__ says by now.
        init = cls.__init__
        function.__wrapped__ = function.inner or (
            _without_arguments if init is object.__init__ else init
        )
        return function

    def function(self, cls: Any) -> Any:
        """Return the function that a call of *cls*, or of super() in it, finds as __new__."""
        following = _following(cls, "__new__", self) if self.own is None else self.own
        inner = following.__get__(None, cls) if hasattr(following, "__get__") else following
        alone = inner is object.__new__ and _find(cls, "__new__") is self

        def __new__(made: Any, /, *args: Any, **kwargs: Any) -> Any:
            _prepare(made)
            if alone:
                # object.__new__ takes arguments if no other __new__, but an __init__, is there.
                if (args or kwargs) and _inherits_init_of_object(made):
                    raise TypeError(f"{made.__name__}() takes no arguments")
                return inner(made)
            return inner(made, *args, **kwargs)

        function: Any = __new__
        function.inner = inner if isinstance(inner, types.FunctionType) else None
        return function


def _without_arguments(self: object, /) -> None:
    """The signature of object.__init__, as a class has it that inherits it."""


def _prepare(cls: Any) -> None:
    """See to it that the __init__ of the class is one that makes instances immortal."""
    if not _is_ours(cls.__init__) and not getattr(cls, "_is_protocol", False):
        _wrap_init(cls)


def _wrap_init(cls: Any) -> None:
    """Have cls.__init__ make the instance immortal, if no subclass's __init__ is around it.

    That is the case if it is the one that type(instance) has: no count of calls is needed.
    """
    own = vars(cls).get("__init__")
    if own is _PROTOCOL_INIT:
        own = None

    def __init__(self: Any, /, *args: Any, **kwargs: Any) -> Any:
        outermost = type(self).__init__ is __init__
        inner = _following(type(self), "__init__", __init__) if own is None else own
        if inner is object.__init__ and outermost:  # __new__ has seen the arguments
            args, kwargs = (), {}
        result = inner.__get__(self, type(self))(*args, **kwargs)
        if outermost and result is None:
            _immortalize(self)
        return result  # if it isn't None, the call of the class is a TypeError

    inherited = cls.__init__
    functools.update_wrapper(
        __init__, _without_arguments if inherited is object.__init__ else inherited
    )
    setattr(__init__, _MARK, __init__)
    setattr(__init__, _STANDS_IN, own is None)
    _set(cls, "__init__", __init__)


def _is_ours(function: Any) -> bool:
    return getattr(function, _MARK, None) is function


def _find(cls: type, name: str) -> Any:
    """Return the attribute as it is in the class, or in the first of its bases that has it."""
    return next(vars(base)[name] for base in cls.__mro__ if name in vars(base))


def _following(cls: type, name: str, method: Any = None) -> Any:
    """Return what comes after *method* in the order of resolution, if given, and isn't ours."""
    for base in cls.__mro__:
        found = base.__dict__.get(name)
        if method is not None:
            if found is method:
                method = None
        elif found is not None and not _stands_in(found) and found is not _PROTOCOL_INIT:
            return found
    raise TypeError(f"{cls.__name__} doesn't inherit this {name}")


def _inherits_init_of_object(cls: Any) -> bool:
    init = cls.__init__
    return (init is object.__init__ or _stands_in(init)) and (
        _following(cls, "__init__") is object.__init__
    )


def _stands_in(method: Any) -> bool:
    """Tell whether it is in a class only because that has none of its own."""
    if isinstance(method, _New):
        return method.own is None
    return _is_ours(method) and bool(getattr(method, _STANDS_IN))


def _wrap_init_subclass(cls: Any) -> None:
    """Have each later subclass covered, whatever __new__ it has."""
    inner = vars(cls).get("__init_subclass__")

    def __init_subclass__(sub: Any, /, **kwargs: Any) -> None:
        if inner is None:
            # The owner isn't cls, if a decorator has made a copy of that.
            owner = next(
                base for base in sub.__mro__ if vars(base).get("__init_subclass__") is hook
            )
            super(owner, sub).__init_subclass__(**kwargs)
        else:
            inner.__get__(None, sub)(**kwargs)
        _cover(sub)

    hook = classmethod(__init_subclass__)
    _set(cls, "__init_subclass__", hook)


def _set(cls: Any, name: str, value: Any) -> None:
    """Set an attribute of the class, also where its metaclass doesn't let others do so."""
    try:
        type.__setattr__(cls, name, value)
    except TypeError:  # a metaclass in C, such as that of ctypes, has to do it itself
        setattr(cls, name, value)
