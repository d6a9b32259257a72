"""Signals that reach cowtrace reach the program, once, and end both."""

import os
import pty
import signal
import subprocess
import sys
import textwrap
import unittest


class SignalTests(unittest.TestCase):
    # Ends with the number of signals that it has got.
    COUNT = textwrap.dedent("""
        import os, signal, sys, time
        hits = []
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT,
                       signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2):
            signal.signal(number, lambda *args: hits.append(args))
        print("ready", flush=True)
        if sys.argv[1:]:
            os.kill(0, signal.SIGTERM)
        limit = time.monotonic() + 60
        while not hits and time.monotonic() < limit:
            time.sleep(0.01)
        time.sleep(0.2)
        sys.exit(len(hits))
        """)

    def test_signal_is_passed_on(self):
        for name in ("SIGTERM", "SIGINT", "SIGQUIT", "SIGHUP", "SIGUSR1", "SIGUSR2"):
            with self.subTest(name):
                process = subprocess.Popen(
                    [sys.executable, "-m", "cowtrace", "--quiet", "-c", self.COUNT],
                    stdout=subprocess.PIPE,
                )
                with process:
                    self.assertEqual(process.stdout.readline(), b"ready\n")
                    process.send_signal(getattr(signal, name))
                    self.assertEqual(process.wait(100), 1)

    def test_signal_ends_the_program(self):
        for number in signal.SIGINT, signal.SIGQUIT:
            with self.subTest(number):
                # What a shell runs in the background inherits SIG_IGN.
                self.addCleanup(signal.signal, number, signal.signal(number, signal.SIG_DFL))
                process = subprocess.Popen(
                    [
                        sys.executable,
                        "-m",
                        "cowtrace",
                        "--quiet",
                        "-c",
                        "print('ready', flush=True)\nimport time\ntime.sleep(60)",
                    ],
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                )
                with process:
                    self.assertEqual(process.stdout.readline(), b"ready\n")
                    process.send_signal(number)
                    self.assertEqual(process.wait(100), -number)

    def test_signal_to_the_group_by_the_program(self):
        done = subprocess.run(
            [sys.executable, "-m", "cowtrace", "--quiet", "-c", self.COUNT, "kill"],
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )
        self.assertEqual(done.returncode, 1)

    def test_signal_of_a_terminal(self):
        for key in b"\x03", b"\x1c":  # Ctrl-C, Ctrl-\
            with self.subTest(key=key):
                pid, terminal = pty.fork()
                if pid == 0:
                    try:
                        os.execv(
                            sys.executable,
                            [sys.executable, "-m", "cowtrace", "--quiet", "-c", self.COUNT],
                        )
                    finally:
                        os._exit(127)
                with open(terminal, "r+b", buffering=0) as file:
                    self.assertEqual(file.readline(), b"ready\r\n")
                    file.write(key)
                    self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 1)


if __name__ == "__main__":
    unittest.main()
