"""A forked worker that exits doesn't end a program that a thread of its parent runs."""

import subprocess

from beside import exit_beside, pause


class Tool:
    """Ends its program when it is finalized."""

    def __init__(self):
        self.process = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def __del__(self):
        self.process.kill()


def run():
    tool = Tool()
    pause()
    print(tool.process.communicate(b"still there"), tool.process.returncode)


exit_beside(run)
