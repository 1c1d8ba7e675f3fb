"""A screen for tests that start the real program: Xvfb, one for the session, never the developer's."""

import os
import select
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

SIZE = "1600x1000x24"
SMALL, LARGE = "1280x800x24", "1920x1080x24"


@pytest.fixture(scope="session")
def screen() -> Iterator[dict[str, str]]:
    """Variables that put a child process on the screen: `Popen(..., env=os.environ | screen)`."""
    with _running(SIZE) as variables:
        yield variables


@pytest.fixture(scope="session")
def large_screen() -> Iterator[dict[str, str]]:
    """The same for one of 1920 by 1080."""
    with _running(LARGE) as variables:
        yield variables


@pytest.fixture
def managed_screen() -> Iterator[dict[str, str]]:
    """One of 1280 by 800 with a window manager, which draws frames around windows."""
    if not shutil.which("openbox"):
        pytest.fail("openbox is missing (./dev setup installs it)")
    with _running(SMALL) as variables:
        manager = subprocess.Popen(
            ["openbox"], env=os.environ | variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            yield variables
        finally:
            manager.terminate()
            manager.wait(10)


@contextmanager
def _running(size: str) -> Iterator[dict[str, str]]:
    if not shutil.which("Xvfb"):
        pytest.fail("Xvfb is missing (./dev setup installs it)")
    reader, writer = os.pipe()
    # -displayfd: the server picks a free number itself and says so once it takes connections.
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writer), "-screen", "0", size, "-nolisten", "tcp"],
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
