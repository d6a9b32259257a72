"""What programs are made of: arguments, logs, tests, tracebacks."""

from __future__ import annotations

import argparse
import gettext
import inspect
import io
import linecache
import logging
import logging.handlers
import operator
import shlex
import timeit
import traceback
import types
import unittest
import unittest.mock
import warnings

PARSER = argparse.ArgumentParser(prog="walk", description="A parser.")
PARSER.add_argument("--count", type=int, default=3, help="how many")
PARSER.add_argument("--verbose", "-v", action="count", default=0)
PARSER.add_argument("names", nargs="*", metavar="NAME")
SUB = PARSER.add_argument_group("more")
SUB.add_argument("--mode", choices=("a", "b"))

FORMAT = logging.Formatter("%(levelname)s %(name)s %(message)s")
LOGGER = logging.Logger("walk.programs", logging.INFO)


class Cases(unittest.TestCase):
    def setUp(self) -> None:
        self.value = [1, 2]

    def test_equal(self) -> None:
        self.assertEqual(self.value, [1, 2])
        with self.assertRaisesRegex(ValueError, "bad"):
            raise ValueError("bad value")

    def test_sub(self) -> None:
        for number in range(3):
            with self.subTest(number=number):
                self.assertLess(number, 3)


def fails(depth: int) -> int:
    if depth:
        return fails(depth - 1)
    raise LookupError("nothing here")


def work_argparse() -> object:
    known = PARSER.parse_args(["--count", "5", "-vv", "--mode", "b", "x", "y"])
    _, others = PARSER.parse_known_args(["--count=7", "--other"])
    return vars(known), others, PARSER.format_help(), shlex.split("a 'b c' d\\ e")


def work_logging() -> object:
    lines = []
    for number in range(5):
        LOGGER.info("number %d of %s", number, "many")
        LOGGER.debug("not this")
        record = LOGGER.makeRecord("walk", logging.INFO, "walk.py", number, "%d", (number,), None)
        lines.append(FORMAT.format(record))
    return lines


def change_logging() -> object:
    logger = logging.Logger("walk.programs", logging.INFO)
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(FORMAT)
    memory = logging.handlers.MemoryHandler(3, target=handler)
    logger.addHandler(memory)
    for number in range(5):
        logger.info("number %d of %s", number, "many")
        logger.debug("not this")
    try:
        fails(1)
    except LookupError:
        logger.exception("failed")
    logger.removeHandler(memory)
    memory.close()
    return stream.getvalue().splitlines()[:6]


def work_traceback() -> object:
    try:
        fails(3)
    except LookupError as error:
        text = "".join(traceback.format_exception(error))
        frames = [frame.name for frame in traceback.extract_tb(error.__traceback__)]
    return (
        text.splitlines()[-1],
        frames,
        traceback.format_exception_only(error_free := ValueError("x")),
        (str(error_free)),
    )


def work_inspect() -> object:
    signature = inspect.signature(argparse.ArgumentParser.add_argument_group)
    bound = inspect.signature(fails).bind(3)
    lines, _ = inspect.getsourcelines(Cases)
    members = [name for name, _ in inspect.getmembers(Cases, inspect.isfunction) if "test_" in name]
    return str(signature), bound.arguments, len(lines), members, inspect.getdoc(operator.add)


def change_unittest() -> object:
    suite = unittest.defaultTestLoader.loadTestsFromTestCase(Cases)
    result = unittest.TextTestRunner(stream=io.StringIO(), verbosity=2).run(suite)
    mock = unittest.mock.Mock(return_value=3)
    patched = types.SimpleNamespace(name="before")
    with unittest.mock.patch.object(patched, "name", "after"):
        during = patched.name
    called = mock(1, a=2), mock.call_args.kwargs
    return result.testsRun, result.wasSuccessful(), called, during, patched


def change_warnings() -> object:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        warnings.warn("old", DeprecationWarning, stacklevel=1)
    return [str(warning.message) for warning in caught], gettext.gettext("text")


def work_timeit() -> object:
    return timeit.timeit("x + 1", "x = 3", number=100) >= 0, bool(linecache.getlines(__file__))
