"""Which user is at the other end of a loopback connection: the second bar, where the system tells.

Linux lists the owner of every socket in /proc/net/tcp, which is read once for each connection. Only the user
that runs the Sandbox passes, and root, who can read the Sandbox's memory and needs no door. Elsewhere (macOS,
Windows, a /proc that shows nothing) the signature alone decides.
"""

import os
import re
import socket
import sys
from collections.abc import Iterable
from pathlib import Path

_ROOT = 0
_TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))


def is_own_peer(connection: socket.socket, tables: Iterable[Path] = _TABLES) -> bool:
    """Whether the other end belongs to this process' user, to root, or to nobody that the system names.

    Args:
        connection: An accepted IPv4 connection.
        tables: Where the kernel lists sockets.
    """
    if not sys.platform.startswith("linux"):
        return True
    try:
        ours, theirs = _address(connection.getsockname()), _address(connection.getpeername())
    except OSError:
        return False  # it has gone already
    tells = False
    for table in tables:
        try:
            text = table.read_bytes()
        except OSError:
            continue
        tells = tells or _row(ours, theirs).search(text) is not None
        # A socket that its process has closed has no inode, and then root's number as its owner.
        if (found := _row(theirs, ours).search(text)) and found[2] != b"0":
            return int(found[1]) in (os.geteuid(), _ROOT)
    # Our own end is listed and theirs is not: it is closed, and nobody will read an answer.
    return not tells


def _row(local: bytes, remote: bytes) -> re.Pattern[bytes]:
    """A connection's row; its groups are the owner and the inode. IPv6 has 24 digits more before each end."""
    return re.compile(rb"%b (?:[0-9A-F]{24})?%b \S+ \S+ \S+ \S+ +(\d+) +\d+ +(\d+) " % (local, remote))


def _address(name: tuple[str, int]) -> bytes:
    """As the kernel writes it: four bytes in the machine's order, then the port."""
    number = int.from_bytes(socket.inet_aton(name[0]), sys.byteorder)
    return f"{number:08X}:{name[1]:04X}".encode()
