"""What is prepared for web views before any of them is loaded."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from workbench.ui.kit.web_views import has_graphics_card


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")
@pytest.mark.parametrize(
    ("devices", "there"),
    [
        ([], False),
        (["dri/card0"], False),  # a plain frame buffer: nothing that computes
        (["dri/card0", "dri/renderD128"], True),
        (["nvidiactl"], True),
    ],
)
def test_a_graphics_card_is_known_by_its_devices(tmp_path: Path, devices: list[str], there: bool) -> None:
    for name in devices:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()

    assert has_graphics_card(tmp_path) is there


@pytest.mark.parametrize(("chosen", "found"), [({}, "2"), ({"MALLOC_ARENA_MAX": "8"}, "8")])
def test_the_pages_process_is_told_to_keep_little_unless_somebody_chose(
    chosen: dict[str, str], found: str
) -> None:
    program = (
        "import os; from workbench.ui.kit.web_views import prepare_application as prepare; prepare(); "
        "print(os.environ['MALLOC_ARENA_MAX'])"
    )
    environment = {name: value for name, value in os.environ.items() if name != "MALLOC_ARENA_MAX"}
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=environment | chosen,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == found


@pytest.mark.skipif(sys.platform != "linux", reason="Mesa and X11")
@pytest.mark.parametrize(("renders", "found"), [(True, "None True"), (False, "none False")])
def test_no_graphics_interface_is_asked_for_where_there_is_no_card(renders: bool, found: str) -> None:
    program = (
        "import os; from workbench.ui.kit import web_views; from PySide6.QtCore import QCoreApplication, Qt\n"
        f"web_views.has_graphics_card = lambda: {renders}\n"
        "web_views.prepare_application()\n"
        "shares = QCoreApplication.testAttribute(Qt.ApplicationAttribute.AA_ShareOpenGLContexts)\n"
        "print(os.environ.get('QT_XCB_GL_INTEGRATION'), shares)"
    )
    ours = ("QT_XCB_GL_INTEGRATION", "QT_QUICK_BACKEND")
    environment = {name: value for name, value in os.environ.items() if name not in ours}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == found
