"""Run a command to which userfaultfd(2) is forbidden, as containers forbid it. x86-64 only.

The arguments: 0 to forbid it altogether, 1 to permit what needs no privilege; and the command.
"""

import ctypes
import os
import struct
import sys

LOAD, JUMP_EQUAL, JUMP_BITS, RETURN = 0x20, 0x15, 0x45, 0x06
ALLOW, EPERM = 0x7FFF0000, 0x00050001
USERFAULTFD, IOCTL, IOC_NEW = 323, 16, 0xAA00
NUMBER, FIRST, SECOND = 0, 16, 24  # offsets in struct seccomp_data

user_mode = int(sys.argv[1])
program = [
    (LOAD, 0, 0, NUMBER),
    (JUMP_EQUAL, 3, 0, USERFAULTFD),
    (JUMP_EQUAL, 0, 5, IOCTL),
    (LOAD, 0, 0, SECOND),
    (JUMP_EQUAL, 2, 3, IOC_NEW),  # /dev/userfaultfd
    (LOAD, 0, 0, FIRST),
    (JUMP_BITS, 1, 0, user_mode),  # UFFD_USER_MODE_ONLY
    (RETURN, 0, 0, EPERM),
    (RETURN, 0, 0, ALLOW),
]
code = b"".join(struct.pack("HBBI", *step) for step in program)
filters = ctypes.create_string_buffer(code)
libc = ctypes.CDLL(None, use_errno=True)


class Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_ushort), ("filter", ctypes.c_void_p)]


described = Program(len(program), ctypes.addressof(filters))
if libc.prctl(38, 1, 0, 0, 0) or libc.prctl(22, 2, ctypes.byref(described), 0, 0):
    sys.exit(f"seccomp: {os.strerror(ctypes.get_errno())}")
os.execv(sys.argv[2], sys.argv[2:])
