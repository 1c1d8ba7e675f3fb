"""Becomes a program to which the kernel refuses a system call: `refusing_kernel.py NUMBER COMMAND…`."""

import ctypes
import os
import struct
import sys

# Load the call's number; is it this one? Then EPERM, else allow.
lines = [
    (0x20, 0, 0, 0),
    (0x15, 0, 1, int(sys.argv[1])),
    (0x06, 0, 0, 0x00050000 | 1),
    (0x06, 0, 0, 0x7FFF0000),
]
code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *line) for line in lines))
program = struct.pack("HxxxxxxP", len(lines), ctypes.addressof(code))
libc = ctypes.CDLL(None, use_errno=True)
assert libc.prctl(38, *map(ctypes.c_ulong, (1, 0, 0, 0))) == 0
assert libc.prctl(22, ctypes.c_ulong(2), program) == 0
os.execv(sys.argv[2], sys.argv[2:])
