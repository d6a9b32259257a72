"""What was written to a file of an immortal socket reaches the other end when the process exits."""

import os
import socket
import sys

from memory import seal

ours, theirs = socket.socketpair()
if os.fork() == 0:
    theirs.close()
    file = ours.makefile("w")
    seal()
    file.write("the last line\n")
    sys.exit()
ours.close()
received = theirs.makefile().read()
print(os.wait()[1], repr(received))
