"""Small ELF files as compilers make them, as far as an X-ray reads them."""

import struct

X86_64, AARCH64 = 62, 183


def make_elf(machine: int, *versions: str, damaged: bool = False) -> bytes:
    """A 64-bit library for Linux that needs these symbol versions ("GLIBC_2.17")."""
    names, places = b"\0libc.so.6\0", []
    for version in versions:
        places.append(len(names))
        names += version.encode() + b"\0"
    aux = b"".join(
        struct.pack("<IHHII", 0, 0, 2, place, 16 if number < len(places) - 1 else 0)
        for number, place in enumerate(places)
    )
    need = struct.pack("<HHIII", 1, len(places), 1, 16, 0) + aux
    start = 64 + len(names) + len(need)
    head = b"\x7fELF\x02\x01\x01" + bytes(9) + struct.pack("<HHI", 3, machine, 1)
    head += struct.pack("<QQQIHHHHHH", 0, 0, 10**12 if damaged else start, 0, 64, 56, 0, 64, 3, 0)
    none = bytes(64)
    strings = struct.pack("<IIQQQQIIQQ", 0, 3, 0, 0, 64, len(names), 0, 0, 1, 0)
    needed = struct.pack("<IIQQQQIIQQ", 0, 0x6FFFFFFE, 0, 0, 64 + len(names), len(need), 1, 1, 4, 0)
    return head + names + need + none + strings + needed
