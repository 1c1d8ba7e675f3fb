"""`./dev run` with the real program on a real invisible screen: what is printed, and how Ctrl+C ends it."""

import json
import os
import shutil
import sys
from pathlib import Path

import pytest

from tests.no_graphics import without_paths_warning
from tests.packaging.checkout import ROOT, Checkout

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="./dev is for Debian and its like"
)

INVISIBLE = (
    "dev: There is no screen (DISPLAY is not set): "
    "Workbench runs on an invisible one until you end it with Ctrl+C."
)


@pytest.fixture
def installed(tmp_path: Path) -> Checkout:
    """A checkout that is set up, whose Python is that of the tests: it starts Workbench."""
    checkout = Checkout(tmp_path)
    assert checkout.dev("run", DISPLAY=":7").returncode == 0
    for program in ("Xvfb", "xauth"):
        path = shutil.which(program) or pytest.fail(f"{program} is missing (./dev setup installs it)")
        (checkout.bin / program).symlink_to(path)
    checkout.program(
        ".venv-run/bin/python",
        f'#!/bin/sh\nexport PATH="{os.environ["PATH"]}"\ncd "{ROOT}" && exec "{sys.executable}" "$@"\n',
    )
    return checkout


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {
            "DBUS_SESSION_BUS_ADDRESS": "unix:path=/nonexistent",
            "XDG_CURRENT_DESKTOP": "GNOME",
            "XDG_SESSION_TYPE": "wayland",
        },
        # As with a graphics card, which nothing here is.
        {"QT_QUICK_BACKEND": "rhi", "QT_XCB_GL_INTEGRATION": "xcb_glx"},
        {"QT_QUICK_BACKEND": "rhi", "QT_XCB_GL_INTEGRATION": "xcb_glx", "VK_DRIVER_FILES": "/nonexistent"},
    ],
    ids=["bare", "desktop without its bus", "graphics", "graphics without a Vulkan driver"],
)
def test_the_terminal_gets_no_noise_and_ctrl_c_ends_it_well(
    installed: Checkout, tmp_path: Path, environ: dict[str, str]
) -> None:
    home = tmp_path / "workbench"
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    environ = {"WORKBENCH_HOME": str(home), "TMPDIR": str(temporary), "LANG": "C.UTF-8", **environ}
    code, screen = installed.on_terminal(
        "run", "--timings", "/dev/stderr", interrupt_at='{"milestone": "all"', **environ
    )
    lines = [line.rpartition("\x1b[K")[2] for line in without_paths_warning(screen.split("\r\n"))]
    # The kernel echoes Ctrl+C, and discards the echo when the interrupt flushes the terminal after it.
    assert [line for line in lines if line not in ("", "^C") and not line.startswith('{"milestone"')] == [
        INVISIBLE
    ]
    assert code == 0
    settings = json.loads((home / "config" / "settings.json").read_bytes())
    assert settings["window.geometry"], "the window closed as by its button"
    assert not list(temporary.glob("tmp.*")), "the screen's cookie is gone"
    assert not any((home / "data" / "sandbox" / "run").glob("*"))
