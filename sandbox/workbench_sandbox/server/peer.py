"""Which user is at the other end of a loopback connection: a second check, if the system tells.

Linux knows the owner of every socket. It is asked once for each connection: through a netlink socket, which
looks up the one connection in microseconds, or else by /proc/net/tcp, which lists all of them and takes
milliseconds on a busy machine. Only the user that runs the Sandbox passes, and root, who can read its memory
anyway. Elsewhere (macOS, Windows, where neither answers) the signature alone decides.

In a fence (see `server_fence`) neither can be opened any more: `open_lookups` does so before.

Source: sock_diag(7), proc_net(5).
"""

import contextlib
import functools
import itertools
import os
import re
import socket
import struct
import sys
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

_ROOT = 0
_TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
_NETLINK_SOCK_DIAG, _SOCK_DIAG_BY_FAMILY, _NLM_F_REQUEST = 4, 20, 1
_ANSWER_TIMEOUT_S = 1.0
_HEADER = struct.Struct("=IHHII")  # nlmsghdr: length, type, flags, sequence, port
_QUESTION = struct.Struct("=BBBBI")  # inet_diag_req_v2: family, protocol, extensions, padding, states
_SOCKET_ID = struct.Struct("=2s2s16s16sI8s")  # ports and addresses in network order, interface, cookie
_ANSWER = struct.Struct("=4x48x3III")  # inet_diag_msg: expiry and two queues, owner, inode
_ANY_COOKIE = b"\xff" * 8

Address = tuple[str, int]


class Owner(NamedTuple):
    """The owner of the socket at one end of a connection; `inode` is 0 if its process has closed it."""

    uid: int
    inode: int


Lookup = Callable[[Address, Address], Owner | None]


def look_up_by_netlink(local: Address, remote: Address) -> Owner | None:
    """Returns the owner of the end of a TCP connection at `local`; None if there is no such connection.

    Raises:
        OSError: The kernel does not answer such queries.
    """
    ends = [struct.pack("!H", end[1]) for end in (local, remote)]
    ends += [socket.inet_aton(end[0]) for end in (local, remote)]
    about = _SOCKET_ID.pack(*ends, 0, _ANY_COOKIE)
    question = _QUESTION.pack(socket.AF_INET, socket.IPPROTO_TCP, 0, 0, 0xFFFFFFFF) + about
    size = _HEADER.size + len(question)
    with _asking:
        kernel, number = _kernel(), next(_numbers)
        kernel.send(_HEADER.pack(size, _SOCK_DIAG_BY_FAMILY, _NLM_F_REQUEST, number, 0) + question)
        answer = kernel.recv(4096)
        while _HEADER.unpack_from(answer)[3] != number:  # the late answer to a question that was given up
            answer = kernel.recv(4096)
    if len(answer) < _HEADER.size + _ANSWER.size or _HEADER.unpack_from(answer)[1] != _SOCK_DIAG_BY_FAMILY:
        return None
    *_, uid, inode = _ANSWER.unpack_from(answer, _HEADER.size)
    return Owner(uid, inode)


def look_up_in_proc(local: Address, remote: Address, tables: Sequence[Path] = _TABLES) -> Owner | None:
    """Does what `look_up_by_netlink` does."""
    # IPv6 rows have 24 digits more before each end; then come state, queues, timers and retransmissions.
    ends = (_as_in_proc(local), _as_in_proc(remote))
    row = re.compile(rb"%b (?:[0-9A-F]{24})?%b \S+ \S+ \S+ \S+ +(\d+) +\d+ +(\d+) " % ends)
    for table in tables:
        if found := row.search(_content(table)):
            return Owner(int(found[1]), int(found[2]))
    return None


_asking = threading.Lock()
_numbers = itertools.cycle(range(1, 1 << 31))


def open_lookups() -> None:
    """Opens what the lookups need, for as long as this process lives."""
    with contextlib.suppress(OSError):
        _kernel()
    for table in _TABLES:
        with contextlib.suppress(OSError):
            _table(table)


@functools.cache
def _kernel() -> socket.socket:
    kernel = socket.socket(socket.AF_NETLINK, socket.SOCK_DGRAM, _NETLINK_SOCK_DIAG)
    kernel.settimeout(_ANSWER_TIMEOUT_S)
    return kernel


@functools.cache
def _table(path: Path) -> int:
    return os.open(path, os.O_RDONLY | os.O_CLOEXEC)


def _content(table: Path) -> bytes:
    """Reads a table of the kernel from its beginning, which makes it anew."""
    place, blocks = _table(table), []
    with _asking:
        os.lseek(place, 0, os.SEEK_SET)
        while block := os.read(place, 65536):
            blocks.append(block)
    return b"".join(blocks)


def is_own_peer(
    connection: socket.socket, lookups: Sequence[Lookup] = (look_up_by_netlink, look_up_in_proc)
) -> bool:
    """Whether the other end of an accepted connection belongs to this process' user, to root, or is unknown.

    `lookups` are tried in turn until one knows the connection.
    """
    if not sys.platform.startswith("linux"):
        return True
    try:
        ours, theirs = connection.getsockname(), connection.getpeername()
    except OSError:
        return False  # the connection is already closed
    for look_up in lookups:
        try:
            knows = look_up(ours, theirs) is not None
            owner = look_up(theirs, ours)
        except OSError:
            continue
        if knows:
            # A closed socket is listed as root's, and nobody will read an answer.
            return owner is not None and owner.inode != 0 and owner.uid in (os.geteuid(), _ROOT)
    return True


def _as_in_proc(end: Address) -> bytes:
    """An address as in /proc/net/tcp: four bytes in the machine's order, then the port."""
    number = int.from_bytes(socket.inet_aton(end[0]), sys.byteorder)
    return f"{number:08X}:{end[1]:04X}".encode()
