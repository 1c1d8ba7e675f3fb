"""What Qt says of the computer goes to the log, and everything else to the terminal."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

_PROGRAM = """
import sys
from pathlib import Path
from PySide6.QtCore import QLoggingCategory, QtMsgType, qCCritical, qCritical, qCWarning, qWarning
from workbench.core.redaction import start_logging
from workbench.ui.kit.web_views import install_message_handler
start_logging(Path(sys.argv[1]))
install_message_handler()
bus = QLoggingCategory("qt.qpa.theme.dbus")
qWarning("QRhiGles2: Failed to create context")
qWarning("QXcbIntegration: Cannot create platform OpenGL context, neither GLX nor EGL are enabled")
qCWarning(bus, "Session DBus not running.")
qWarning("Something else is wrong")
qCCritical(bus, "The theme is lost")
qCritical("QTimer: a timer cannot be started from another thread")
qCritical("QStandardPaths: there is no home directory")
"""


def test_only_what_is_expected_is_left_out(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _PROGRAM, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert done.stderr.splitlines() == [
        "Something else is wrong",
        "qt.qpa.theme.dbus: The theme is lost",
        "QTimer: a timer cannot be started from another thread",
        "QStandardPaths: there is no home directory",
    ]
    logged = (tmp_path / "workbench.log").read_text("utf-8").splitlines()
    assert [line.partition(" Qt: ")[2] for line in logged] == [
        "QRhiGles2: Failed to create context",
        "QXcbIntegration: Cannot create platform OpenGL context, neither GLX nor EGL are enabled",
        "Session DBus not running.",
    ]


@pytest.mark.parametrize(
    ("environment", "reason"),
    [
        ({}, "could not connect to display"),
        ({"DISPLAY": ":7777"}, "could not connect to display :7777"),
        ({"QT_QPA_PLATFORM": "nonsense"}, 'Could not find the Qt platform plugin "nonsense" in ""'),
    ],
)
def test_without_a_screen_the_program_ends_with_a_sentence(
    tmp_path: Path, environment: dict[str, str], reason: str
) -> None:
    own = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    usual = {name: value for name, value in os.environ.items() if name not in own}
    done = subprocess.run(
        [sys.executable, "-m", "workbench"],
        cwd=Path(__file__).parents[2],
        env=usual | {"WORKBENCH_HOME": str(tmp_path)} | environment,
        capture_output=True,
        text=True,
    )
    words = "Workbench can only start where it can open a window, as in a desktop session"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"{words}: {reason}.\n")
