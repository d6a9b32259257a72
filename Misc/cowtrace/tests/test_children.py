"""Children are traced, whatever they do and however they end, by each backend."""

import textwrap
import unittest

from running import READ, WAIT, BackendMixin, RunMixin, by_backend, child

import cowtrace

BACKENDS = cowtrace.backends()


class ChildTests(BackendMixin):
    def test_reference_counts(self):
        report = self.run_child(READ + "    os._exit(0)\n" + WAIT)
        # Hundreds of pages of strings: half as many where words are short.
        strings = self.pages(
            report, type="str", part="reference count", memory="pymalloc arenas", line=7
        )
        self.assertGreater(strings, 100)
        self.assertEqual(report["pages"] * report["page_size"], report["bytes"])
        for counts in report["by"].values():
            self.assertEqual(sum(counts.values()), report["pages"])
        self.assertLessEqual(report["pages"], report["shared_pages"])
        (process,) = report["processes"]
        self.assertLessEqual(report["shared_pages"], process["resident_pages"])

    def test_collection(self):
        report = self.run_child(
            child(
                """
            gc.collect()
            os._exit(0)
            """,
                "import gc\nlists = [[] for i in range(20000)]\n",
            )
        )
        self.assertGreater(self.pages(report, type="list", part="GC header"), 100)

    def test_exit(self):
        for end, status in (("sys.exit(3)", 3), ("pass", 0), ("os._exit(4)", 4)):
            with self.subTest(end=end):
                code = READ + f"    {end}\nelse:" + textwrap.indent(WAIT, "    ")
                report = self.run_child(code, status=status)
                at_exit = self.pages(report, exit=True)
                if "_exit" in end:
                    self.assertEqual(at_exit, 0)
                else:
                    self.assertGreater(at_exit, 10)
                    self.assertEqual(
                        self.pages(self.run_child(code, "--no-exit", status=status), exit=True), 0
                    )

    def test_crash(self):
        report = self.run_child(
            READ
            + "    os.kill(os.getpid(), 9)\n"
            + WAIT.replace("sys.exit(", "assert -9 == (").replace("[1]))", "[1]))\n")
        )
        self.assertGreater(self.pages(report, line=7), 100)
        report = self.run_child(
            READ + "    os.kill(os.getpid(), 11)\n" + WAIT.replace("sys.exit(", "assert -11 == (")
        )
        self.assertGreater(self.pages(report, line=7), 100)

    def test_threads(self):
        report = self.run_child(
            child(
                """
            def work(n):
                for block in blocks[n::4]:
                    block[0] = block[-1] = n

            threads = [threading.Thread(target=work, args=(n,))
                       for n in range(4)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            assert [block[0] for block in blocks[:8]] == [0, 1, 2, 3] * 2
            os._exit(0)
            """,
                """
            import threading
            blocks = [bytearray(9000) for i in range(400)]
            """,
            )
        )
        self.assertGreater(self.pages(report, python_function="work"), 400)

    def test_signals(self):
        report = self.run_child(
            child(
                """
            signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
            for numbers in lists:
                numbers[-1] += 1
                signal.raise_signal(signal.SIGUSR1)
                os.kill(os.getpid(), signal.SIGUSR2)
            signal.setitimer(signal.ITIMER_REAL, 0)
            assert len(hits) >= 2 * len(lists), len(hits)
            os._exit(0)
            """,
                """
            import signal
            lists = [[0] * 5000 for i in range(200)]
            hits = []
            for number in signal.SIGUSR1, signal.SIGUSR2, signal.SIGALRM:
                signal.signal(number, lambda *args: hits.append(args[0]))
            """,
            )
        )
        self.assertGreater(report["pages"], 200)

    def test_interrupted_call(self):
        self.run_child(
            child(
                """
            signal.setitimer(signal.ITIMER_REAL, 0.01, 0.01)
            threading.Timer(0.1, os.write, (w, b"done")).start()
            # The kernel can't write to a protected page: to this one, the child has written.
            buffer = bytearray(b"none")
            assert os.readv(r, [buffer]) == 4   # restarted, after EINTR
            assert buffer == b"done"
            assert hits
            os._exit(0)
            """,
                """
            import os, signal, threading
            r, w = os.pipe()
            hits = []
            signal.signal(signal.SIGALRM, lambda *args: hits.append(0))
            """,
            )
        )

    def test_classes_of_the_child(self):
        report = self.run_child(
            child(
                """
            class Local:
                pass
            for i in range(len(slots)):
                slots[i] = Local()
            for local in slots:
                local.attribute = 1
            os._exit(0)
            """,
                "slots = [None] * 5000\n",
            )
        )
        self.assertGreater(report["pages"], 0)


by_backend(ChildTests, globals())


@unittest.skipUnless("userfaultfd" in BACKENDS, "userfaultfd(2) needs privilege")
class SystemCallTests(RunMixin, unittest.TestCase):
    def test_read_into_protected_memory(self):
        report, _out, _err = self.run_cowtrace(
            child(
                """
            os.write(w, b"x" * 60000)
            for block in blocks:
                assert os.readv(r, [block]) == 3000
                assert block == b"x" * 3000
            os._exit(0)
            """,
                """
            import os
            r, w = os.pipe()
            blocks = [bytearray(3000) for i in range(20)]
            """,
            )
        )
        self.assertTrue(any(writer["system_call"] is not None for writer in report["writers"]))


if __name__ == "__main__":
    unittest.main()
