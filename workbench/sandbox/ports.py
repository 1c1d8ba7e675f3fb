"""TCP ports of this machine: find a free one, ask whose one is.

Must not know: what listens there.
"""

import socket
import sys
from pathlib import Path

LOOPBACK = "127.0.0.1"
_LISTEN = "0A"


def free_port() -> int:
    """A loopback port that nobody uses at this moment. It may be taken before it is used: callers retry."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def is_free(port: int) -> bool:
    """Whether a server could listen on this loopback port now."""
    with socket.socket() as probe:
        if sys.platform != "win32":
            # Connections of a server that just died linger for a minute; they do not keep a new one away.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
        return True


def is_owned_by(port: int, pid: int) -> bool:
    """Whether this very process listens on the loopback port.

    Only Linux tells without extra rights. Elsewhere the answer is True: the caller still sees that the
    process lives and that the port answers.
    """
    if not sys.platform.startswith("linux"):
        return True
    inodes = _listening_inodes(port)
    try:
        return any(_inode_of(link) in inodes for link in Path(f"/proc/{pid}/fd").iterdir())
    except OSError:
        return False  # the process has just ended


def _listening_inodes(port: int) -> set[str]:
    address = f"0100007F:{port:04X}"
    rows = (line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:])
    return {row[9] for row in rows if row[1] == address and row[3] == _LISTEN}


def _inode_of(link: Path) -> str:
    try:
        return str(link.readlink()).removeprefix("socket:[").removesuffix("]")
    except OSError:
        return ""  # closed since it was listed
