"""Children that fork, have threads, close files or run other programs are traced."""

import textwrap
import unittest

from running import BackendMixin, by_backend, child


class ProcessTests(BackendMixin):
    def test_grandchild(self):
        report = self.run_child(
            child(
                """
            pid = os.fork()
            if pid == 0:
                for block in blocks[100:]:
                    block[0] = 1
                os._exit(0)
            assert os.waitpid(pid, 0)[1] == 0
            for block in blocks[:50]:
                block[0] = 1
            os._exit(0)
            """,
                "blocks = [bytearray(9000) for i in range(300)]\n",
            )
        )
        first, second = sorted(report["processes"], key=lambda process: process["pages"])
        self.assertEqual(second["ppid"], first["pid"])
        self.assertGreaterEqual(first["pages"], 50)
        self.assertGreaterEqual(second["pages"], 200)

    def test_fork_in_a_thread(self):
        report = self.run_child(
            textwrap.dedent("""
            import os, threading
            blocks = [bytearray(9000) for i in range(300)]

            def fork():
                pid = os.fork()
                if pid == 0:
                    for block in blocks:
                        block[0] = 1
                    os._exit(0)
                assert os.waitpid(pid, 0)[1] == 0

            thread = threading.Thread(target=fork)
            thread.start()
            thread.join()
            """)
        )
        self.assertGreaterEqual(self.pages(report, python_function="fork"), 300)

    def test_last_thread_ends(self):
        # The process does as well, although the tracer has a thread.
        for end in "return", "sys.exit()":
            with self.subTest(end=end):
                report = self.run_child(
                    textwrap.dedent(f"""
                    import os, sys, threading
                    blocks = [bytearray(9000) for i in range(300)]

                    def write(first):
                        first.join()
                        for block in blocks:
                            block[0] = 1

                    def fork():
                        pid = os.fork()
                        if pid == 0:
                            first = threading.current_thread()
                            threading.Thread(target=write,
                                             args=(first,)).start()
                            {end}
                        statuses.append(os.waitpid(pid, 0)[1])

                    statuses = []
                    thread = threading.Thread(target=fork)
                    thread.start()
                    thread.join()
                    assert statuses == [0], statuses
                    """)
                )
                self.assertGreaterEqual(self.pages(report, python_function="write"), 300)

    def test_descriptors(self):
        # The tracer must survive, and keep no pipe open.
        report = self.run_child(
            child(
                """
            os.close(w)
            assert os.read(r, 1) == b""
            os.closerange(3, 4096)
            for i in range(3, 40):
                os.open(os.devnull, os.O_WRONLY)
            for block in blocks:
                block[0] = 1
            os._exit(0)
            """,
                """
            import os
            r, w = os.pipe()
            blocks = [bytearray(9000) for i in range(300)]
            """,
            ).replace("if pid == 0:", "os.close(w) if pid else None\nif pid == 0:")
        )
        if self.backend != "mprotect":
            self.assertGreaterEqual(report["pages"], 300)

    def test_subprocess(self):
        self.need_system_calls()
        self.run_child(
            child(
                """
            for options in {}, {"preexec_fn": int}, {"close_fds": False}:
                done = subprocess.run([sys.executable, "-c", "print(1)"],
                                      stdout=subprocess.PIPE, **options)
                assert done.stdout == b"1\\n", done
            os._exit(0)
            """,
                "import subprocess\n",
            )
        )

    def test_exec(self):
        report = self.run_child(
            child("""
            os.execv(sys.executable, [sys.executable, "-c", "exit(5)"])
            """),
            status=5,
        )
        self.assertGreater(report["pages"], 0)

    def test_multiprocessing(self):
        self.need_system_calls()
        report = self.run_child(
            textwrap.dedent("""
            import multiprocessing

            def work(n):
                return sum(len(record) for record in records[n::2])

            if __name__ == "__main__":
                records = [str(i) for i in range(1000, 21000)]
                context = multiprocessing.get_context("fork")
                with context.Pool(2) as pool:
                    assert sum(pool.map(work, range(2))) == 91000
            """)
        )
        self.assertEqual(len(report["processes"]), 2)


by_backend(ProcessTests, globals())


if __name__ == "__main__":
    unittest.main()
