"""Traces that were cut short, names of addresses, and figures."""

import ctypes
import os
import tempfile
import unittest

import cowtrace
from cowtrace import _elf, _report, _symbols, _trace

BACKENDS = cowtrace.backends()


class ReadTests(unittest.TestCase):
    def record(self):
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "trace")
            block = bytearray(50_000)
            cowtrace._cowtrace.start(path, BACKENDS[0], False)
            try:
                for i in range(0, len(block), 4096):
                    block[i] = 1
            finally:
                cowtrace._cowtrace.stop()
            with open(path, "rb") as file:
                return file.read()

    def test_cut_short(self):
        data = self.record()
        whole = _trace.Process(data)
        self.assertGreater(len(whole.writes), 10)
        last = len(data)
        for size in (last - 1, last - 100, last // 2, 200):
            process = _trace.Process(data[:size])
            self.assertLessEqual(len(process.writes), len(whole.writes))
        # The reader of the report has to know.
        self.assertEqual(len(_trace.Process(data[:-1]).writes), len(whole.writes) - 1)

    def test_not_a_trace(self):
        for data in (b"", b"\0" * 100, b"#!/bin/sh\n" * 100):
            with self.assertRaises(ValueError):
                _trace.Process(data)

    def test_just_begun(self):
        with tempfile.TemporaryDirectory() as directory:
            with open(os.path.join(directory, "1"), "xb"):
                pass
            self.assertEqual(_trace.read_directory(directory), [])
            with open(os.path.join(directory, "2"), "xb") as file:
                file.write(self.record())
            (process,) = _trace.read_directory(directory)
            self.assertEqual(process.pid, os.getpid())

    def test_merge(self):
        now = {"by": {"line": {"a": 3, "b": 1}}}
        then = {"by": {"line": {"b": 9, "c": 2}}}
        self.assertEqual(_report.merge(now, None, "line"), [("a", 3, 0), ("b", 1, 0)])
        self.assertEqual(_report.merge(now, then, "line"), [("b", 1, 9), ("a", 3, 0), ("c", 0, 2)])

    def test_size(self):
        self.assertEqual(_report.size(0, 4096), "0 KiB")
        self.assertEqual(_report.size(255, 4096), "1,020 KiB")
        self.assertEqual(_report.size(256, 4096), "1.0 MiB")
        self.assertEqual(_report.size(1 << 20, 4096), "4.0 GiB")


class SymbolTests(unittest.TestCase):
    def setUp(self):
        with open("/proc/self/maps") as file:
            self.maps = file.read()

    def test_own_functions(self):
        symbols = _symbols.Symbols({})
        symbols.add(self.maps)
        for name in ("PyObject_GetAttr", "PyDict_GetItem"):
            function = getattr(ctypes.pythonapi, name)
            address = ctypes.cast(function, ctypes.c_void_p).value
            self.assertEqual(symbols.label(address), name)
            self.assertEqual(symbols.label(address + 1), name)
        self.assertEqual(symbols.label(1), "0x1")

    def test_not_elf(self):
        self.assertRaises(ValueError, _elf.ElfFile, __file__)
        symbols = _symbols.Symbols({})
        symbols.add(f"1000-3000 r-xp 00000000 08:01 7   {__file__}\n")
        self.assertEqual(symbols.label(0x1010), "test_reading.py+0x10")

    def test_plain(self):
        for name, plain in (
            ("f", "f"),
            ("f.constprop.0", "f"),
            ("memcpy@@GLIBC_2.14", "memcpy"),
            ("f.cold", "f"),
            (".init", ".init"),
        ):
            self.assertEqual(_symbols.plain(name), plain)


if __name__ == "__main__":
    unittest.main()
