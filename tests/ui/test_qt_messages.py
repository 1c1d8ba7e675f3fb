"""What Qt says of the computer goes to the log, and everything else to the terminal."""

import subprocess
import sys
from pathlib import Path

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
