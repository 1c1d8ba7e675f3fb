"""`python -m workbench_sandbox.server`: see the package's docstring for the protocol."""

import errno
import os
import socket
import sys

from workbench_sandbox.fence.core_dumps import forbid_core_dumps
from workbench_sandbox.server import broker, peer, server_fence
from workbench_sandbox.server.lifetime import (
    SettingsError,
    make_folder,
    read_run_secret,
    read_settings,
    use_as_temporary,
)


def main() -> int:
    """Serves until stopped. Returns only when it cannot start."""
    forbid_core_dumps()
    try:
        settings = read_settings(os.environ)
        run_secret = read_run_secret()
    except SettingsError as error:
        sys.stderr.write(f"sandbox: {error}\n")
        return 2
    try:
        listener = listen(settings.port)
        held = hold_on_ipv6(settings.port)
    except OSError as error:
        sys.stderr.write(f"sandbox: port {settings.port} cannot be used: {error.strerror}\n")
        return 1
    folder = broker.RunFolder(make_folder(settings.temporary_dir))
    use_as_temporary(folder.work)
    connection = None
    if sys.platform == "linux":
        connection = broker.start(folder, [listener, *held], is_fence_optional=settings.is_fence_optional)
        peer.open_lookups()
        server_fence.enter(settings, folder)
    # Only after the port is bound and the environment complete: MiniStack reads it during import.
    from workbench_sandbox.server.server import serve

    serve(settings, listener, folder, connection, run_secret)
    return 0


def listen(port: int) -> socket.socket:
    """Binds the port; clients wait in its backlog until the server is ready."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # Accepted connections inherit it.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    listener.bind(("127.0.0.1", port))
    listener.listen(128)
    return listener


def hold_on_ipv6(port: int) -> list[socket.socket]:
    """Takes the same port of ::1 without listening there.

    Otherwise a function could, and would get the requests of clients that connect to "localhost".

    Raises:
        OSError: Another program has it.
    """
    held = socket.socket(socket.AF_INET6) if socket.has_ipv6 else None
    if held is None:
        return []
    try:
        held.bind(("::1", port))
    except OSError as error:
        held.close()
        if error.errno == errno.EADDRINUSE:
            raise
        return []  # this computer has no IPv6
    return [held]


if __name__ == "__main__":
    sys.exit(main())
