"""Whose a connection is, asked of the kernel in two ways."""

import os
import socket
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from workbench.sandbox.launcher import peer
from workbench.sandbox.launcher.peer import Owner, is_own_peer, look_up_by_netlink, look_up_in_proc

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="only Linux tells")
LOOKUPS = [look_up_by_netlink, look_up_in_proc]


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


def test_the_own_user_passes(listener: socket.socket) -> None:
    with socket.create_connection(listener.getsockname()), listener.accept()[0] as accepted:
        for look_up in LOOKUPS:
            owner = look_up(accepted.getpeername(), accepted.getsockname())
            assert owner is not None
            assert owner.uid == os.geteuid()
            assert owner.inode
            assert is_own_peer(accepted, [look_up])


def test_the_kernel_is_believed(listener: socket.socket) -> None:
    with socket.create_connection(listener.getsockname()), listener.accept()[0] as accepted:
        ours = accepted.getsockname()

        def answers(theirs: Owner | None) -> bool:
            return is_own_peer(accepted, [lambda local, _remote: Owner(0, 1) if local == ours else theirs])

        assert answers(Owner(os.geteuid(), 1))
        assert answers(Owner(0, 1))
        assert not answers(Owner(os.geteuid() + 1, 1))
        assert not answers(Owner(0, 0))
        assert not answers(None)


def test_a_client_that_speaks_ipv6_to_an_ipv4_address_is_found(listener: socket.socket) -> None:
    with socket.socket(socket.AF_INET6) as client:
        client.connect(("::ffff:127.0.0.1", listener.getsockname()[1]))
        with listener.accept()[0] as accepted:
            for look_up in LOOKUPS:
                owner = look_up(accepted.getpeername(), accepted.getsockname())
                assert owner is not None
                assert owner.uid == os.geteuid()


def test_a_client_that_has_closed_does_not_pass(listener: socket.socket) -> None:
    socket.create_connection(listener.getsockname()).close()
    with listener.accept()[0] as accepted:
        for look_up in LOOKUPS:
            assert not is_own_peer(accepted, [look_up])


def test_where_the_system_does_not_tell_the_signature_decides(
    listener: socket.socket, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    empty = tmp_path / "tcp"
    empty.write_text("  sl  local_address\n")
    with socket.create_connection(listener.getsockname()), listener.accept()[0] as accepted:
        for tables in ([empty], [tmp_path / "missing"], []):
            assert is_own_peer(accepted, [partial(look_up_in_proc, tables=tables)])
        assert is_own_peer(accepted, [])
        monkeypatch.setattr(peer, "_NETLINK_SOCK_DIAG", 31)  # no such protocol: it raises
        assert is_own_peer(accepted, [look_up_by_netlink])
        assert is_own_peer(accepted)
