"""A screen for tests that start the real program: Xvfb, one for the session, never the developer's."""

import os
import select
import shutil
import subprocess
from collections.abc import Iterator

import pytest

SIZE = "1600x1000x24"


@pytest.fixture(scope="session")
def screen() -> Iterator[dict[str, str]]:
    """Variables that put a child process on the screen: `Popen(..., env=os.environ | screen)`."""
    if not shutil.which("Xvfb"):
        pytest.fail("Xvfb is missing (./dev setup installs it)")
    reader, writer = os.pipe()
    # -displayfd: the server picks a free number itself and says so once it takes connections.
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writer), "-screen", "0", SIZE, "-nolisten", "tcp"],
        pass_fds=[writer],
        stderr=subprocess.DEVNULL,
    )
    os.close(writer)
    try:
        with os.fdopen(reader) as numbers:
            ready, _, _ = select.select([numbers], [], [], 30)
            number = numbers.readline().strip() if ready else ""
        if not number:
            pytest.fail("Xvfb did not start within 30 s")
        yield {"DISPLAY": f":{number}", "QT_QPA_PLATFORM": "xcb", "WAYLAND_DISPLAY": ""}
    finally:
        server.terminate()
        server.wait(10)
