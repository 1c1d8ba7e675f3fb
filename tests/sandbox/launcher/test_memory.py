"""What the server has held of deleted functions goes back to the system."""

import os
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.sandbox.launcher.server import Server, package
from tests.waiting import eventually

MB = 1024 * 1024


def held_mb(server: Server) -> float:
    status = Path(f"/proc/{server.process.pid}/status").read_text("utf-8")
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_the_memory_of_deleted_functions_is_given_back(server: Server, client: Any) -> None:
    server.create("first", "")
    before_mb = held_mb(server)
    for number in range(10):
        code = {"ZipFile": package("", large=os.urandom(8 * MB).hex())}
        server.create(f"large-{number}", "", Code=code)
    assert held_mb(server) > before_mb + 100
    for number in range(10):
        client.delete_function(FunctionName=f"large-{number}")
    eventually(lambda: held_mb(server) < before_mb + 60)
