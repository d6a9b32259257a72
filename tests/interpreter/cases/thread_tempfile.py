"""A forked worker that exits leaves alone a temporary file that a thread of its parent uses.

thread_tempfile.py alive|seal
"""

import os
import sys
import tempfile

from beside import exit_beside, pause


def spool():
    with tempfile.NamedTemporaryFile("w+") as file:
        file.write("data of the parent\n")
        file.flush()
        pause()
        print("the file", "is there" if os.path.exists(file.name) else "is gone")
        file.name = os.devnull if not os.path.exists(file.name) else file.name


exit_beside(spool, sealed=sys.argv[1] == "seal")
