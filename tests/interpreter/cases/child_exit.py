"""Prints the least processor time, in seconds, that a forked child's sys.exit() takes.

Its finalizers run: of a module's global, and of a file, which is flushed.

    child_exit.py RECORDS FOLDER
"""

import os
import struct
import sys
import time

from memory import seal

RECORDS = [{"id": i, "name": f"record {i}", "tags": [i, i + 1]} for i in range(int(sys.argv[1]))]
PATH = os.path.join(sys.argv[2], "file")


class Noisy:
    def __del__(self, write=os.write):
        write(1, b"")


noisy = Noisy()
file = open(PATH, "a")  # noqa: SIM115
seal()
found = []
for number in range(3):
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        file.write(f"child {number}\n")
        os.write(writer, struct.pack("d", time.process_time()))
        sys.exit()
    used = os.wait4(pid, 0)[2]
    found.append(used.ru_utime + used.ru_stime - struct.unpack("d", os.read(reader, 8))[0])
    os.close(reader)
    os.close(writer)
with open(PATH) as again:
    assert again.read() == "child 0\nchild 1\nchild 2\n"
print(min(found))
