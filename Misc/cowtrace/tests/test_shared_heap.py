"""A forked child writes to no page of an immortal heap; needs an interpreter that has one."""

import gc
import os
import py_compile
import subprocess
import sys
import tempfile
import textwrap
import unittest
import zipfile

import cowtrace


@unittest.skipUnless(hasattr(gc, "immortalize_heap"), "needs gc.immortalize_heap()")
class SharedHeapTests(unittest.TestCase):
    # Its child ends where the program does.
    CODE = textwrap.dedent("""
        import cowtrace, gc, os
        records = [str(i) for i in range(20000)]
        cowtrace.follow(os.environ["COWTRACE_DIRECTORY"])
        def work():
            sum(map(len, records))
        work()
        gc.immortalize_heap()
        if os.fork() == 0:
            work()
        else:
            assert os.wait()[1] == 0
        """)

    # How many pages a process may copy when it ends, whatever its heap
    PAGES_AT_END = 64

    def check(self, *command, **options):
        """Run *command*: Python code writes to no object of the sealed heap."""
        data, by_code, written = self.writes(*command, **options)
        self.assertEqual(by_code, [])
        pages = sum(writer["pages"] for writer in written)
        self.assertLessEqual(pages, self.PAGES_AT_END, written)
        return data

    def writes(self, *command, **options):
        """Run *command*; return the report, the writes of Python code to the
        sealed heap, and these and those of the interpreter."""
        with tempfile.TemporaryDirectory() as directory:
            subprocess.run(
                [sys.executable, *command],
                check=True,
                env={**os.environ, "COWTRACE_DIRECTORY": directory},
                timeout=300,
                **options,
            )
            data = cowtrace.read(directory).data
        self.assertEqual(len(data["processes"]), 1)
        self.assertGreater(data["shared_pages"], 300)
        # Variables of C may share a page with static objects.  Objects of more
        # than 512 bytes lie among the blocks of malloc(), which changes its
        # own data and blocks that are free beside them; writes to the objects
        # themselves count.  The hooks of a debug build overwrite what is
        # freed.
        written = [
            writer
            for writer in data["writers"]
            if writer["immortal"]
            and (writer["memory"] != "malloc heap" or writer["immortal_object"])
            and (not writer["memory"].startswith("static data") or writer["part"] == "hash")
            and not writer["function"].startswith("_PyMem_Debug")
        ]
        # What the library does after each fork counts like the end.
        library = ("threading.py", "_weakrefset.py", os.path.join("logging", "__init__.py"))
        by_code = [
            writer
            for writer in written
            if writer["python_function"]
            and not writer["exit"]
            and not writer["file"].endswith(library)
        ]
        return data, by_code, written

    def test_writes_to_large_objects(self):
        # The other tests mean something: a write to an object of more than
        # 512 bytes counts, and a new block beside it does not.
        large = (
            textwrap.dedent("""
            class Large:
                __slots__ = [f"slot{n}" for n in range(200)]
            objects = [Large() for _ in range(200)]
            """)
            + self.CODE
        )

        def use(work):
            return large.replace("    work()\nelse", f"    {work}\n    os._exit(0)\nelse")

        data = self.check("-c", use("[bytes(n) for n in range(600, 9000)]"))
        self.assertTrue(
            [
                writer
                for writer in data["writers"]
                if writer["memory"] == "malloc heap" and writer["immortal"]
            ]
        )
        beside = [writer for writer in data["writers"] if writer["memory"] == "malloc heap"]
        self.assertFalse([writer for writer in beside if writer["violates"]])
        for work, pages in (
            ("for obj in objects: obj.slot150 = None", 50),
            ("objects[100].slot190 = None", 1),
        ):
            with self.subTest(work):
                data, by_code, _written = self.writes("-c", use(work))
                self.assertGreaterEqual(
                    sum(
                        writer["pages"]
                        for writer in by_code
                        if writer["memory"] == "malloc heap"
                        and writer["type"] == "__main__.Large"
                        and writer["part"] == "body"
                    ),
                    pages,
                    data["writers"],
                )

    def test_every_way_to_run(self):
        with tempfile.TemporaryDirectory() as directory:
            script = os.path.join(directory, "__main__.py")
            compiled = os.path.join(directory, "compiled.pyc")
            archive = os.path.join(directory, "archive.zip")
            with open(script, "w") as file:
                file.write(self.CODE)
            py_compile.compile(script, compiled, doraise=True)
            with zipfile.ZipFile(archive, "w") as file:
                file.write(script, "__main__.py")
            for path in script, compiled, directory, archive:
                with self.subTest(path=path):
                    self.check(path)
            with self.subTest("-m"):
                self.check("-m", "compiled", cwd=directory)
            with self.subTest("-c"):
                self.check("-c", self.CODE)
            with self.subTest("stdin"), open(script) as file:
                self.check(stdin=file)

    def test_free_lists(self):
        # What died before the call lies among what is shared.
        for work in (
            "errors = [MemoryError() for _ in range(9)]",
            "[float('1' * n + f'e-{n}') for n in range(1, 900, 7)]",
            "[f'{1.1e200:.{n}e}' for n in range(1, 900, 7)]",
            "iterators = [iter(future) for _ in range(9)]",
        ):
            with self.subTest(work):
                self.check(
                    "-c",
                    "import asyncio\n"
                    "loop = asyncio.new_event_loop()\n"
                    "future = loop.create_future()\n"
                    "loop.close()\n" + self.CODE.replace("sum(map(len, records))", work),
                )

    def test_code(self):
        # Code that was cold is specialized by the child: in pages of its own.
        functions = "".join(f"def f{i}(): return len(records) + {i}\n" for i in range(200))
        functions += textwrap.dedent("""
            def use():
                for i in range(200):
                    f = globals()[f'f{i}']
                    for _ in range(100):
                        f()
            """)
        data = self.check(
            "-c", functions + self.CODE.replace("    work()\nelse", "    use()\nelse")
        )
        code = [writer for writer in data["writers"] if writer["code"]]
        self.assertGreater(sum(writer["pages"] for writer in code), 5)
        self.assertEqual(data["code_pages"], sum(writer["pages"] for writer in code))
        self.assertLess(data["code_pages"], 60)
        self.assertEqual({writer["cause"] for writer in code}, {"code"})
        self.assertFalse([writer for writer in code if writer["immortal"]])

    def test_classes(self):
        # The first instances of a class that had none, an attribute that no
        # instance had, subscripts by a method, methods of instances that have
        # a dict of their own
        self.check(
            "-c",
            textwrap.dedent("""
            class Cold:
                def __init__(self): self.x = 1
                def __getitem__(self, key): return key
                def method(self): return self.x
            class Warm(Cold): pass
            class List(list):
                def method(self): return len(self)
            class Error(Exception):
                def method(self): return 1
            warm, a_list, error = Warm(), List(), Error()
            a_list.x = error.x = 1
            def use():
                for i in range(100):
                    for cls in Cold, Warm:
                        obj = cls()
                        obj.later = obj[i] + obj.method()
                    warm[i], warm.method(), a_list.method(), error.method()
            """)
            + self.CODE.replace("    work()\nelse", "    use()\nelse"),
        )

    def test_generators(self):
        # They are as large as their code tells.
        self.check(
            "-c",
            textwrap.dedent("""
            def generator():
                yield
            async def async_generator():
                yield
            kept = [(generator(), async_generator()) for _ in range(99)]
            """)
            + self.CODE.replace("sum(map(len, records))", "[object() for _ in range(9999)]")
            # At exit they would be closed.
            .replace("    work()\nelse", "    work()\n    os._exit(0)\nelse"),
        )


if __name__ == "__main__":
    unittest.main()
