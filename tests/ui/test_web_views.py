"""What is prepared for web views before any of them is loaded."""

import os
import subprocess
import sys
from pathlib import Path

import PySide6
import pytest

import workbench
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


_LOADS = """
import sys
import PySide6
from PySide6.QtCore import QTimer
from workbench.ui.kit.web_views import prepare_application
prepare_application()
from PySide6.QtWidgets import QApplication
from PySide6.QtWebEngineWidgets import QWebEngineView
application = QApplication([])
view = QWebEngineView()
view.loadFinished.connect(application.exit)
view.setHtml("<input>")
print(PySide6.__file__)
sys.exit(0 if application.exec() == 1 else 1)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="links in the session's folder")
@pytest.mark.parametrize("has_session_folder", [True, False])
def test_chromium_does_not_warn_of_a_path_that_is_not_ascii(
    tmp_path: Path, *, has_session_folder: bool
) -> None:
    packages = tmp_path / "日本語"
    packages.symlink_to(Path(PySide6.__file__).parents[1])
    session = tmp_path / "session"
    session.mkdir(mode=0o700)
    environment = {name: value for name, value in os.environ.items() if name != "XDG_RUNTIME_DIR"}
    environment["PYTHONPATH"] = os.pathsep.join((str(packages), str(Path(workbench.__file__).parents[1])))
    if has_session_folder:
        environment["XDG_RUNTIME_DIR"] = str(session)
    for _ in range(2):  # the second one finds the links
        done = subprocess.run(
            [sys.executable, "-c", _LOADS], env=environment, capture_output=True, text=True, check=True
        )
        assert done.stdout.startswith(str(packages))
        assert ("WARNING" in done.stderr) is not has_session_folder, done.stderr
    assert len(list(session.rglob("qt-*"))) == (2 if has_session_folder else 0)
