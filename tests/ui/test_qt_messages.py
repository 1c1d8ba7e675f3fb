"""What Qt says of missing graphics stays unsaid, and nothing else."""

import subprocess
import sys

_PROGRAM = """
from PySide6.QtCore import QtMsgType, qCritical, qWarning
from workbench.ui.graphics_words import keep_quiet_about_graphics
keep_quiet_about_graphics()
qWarning("QRhiGles2: Failed to create context")
qWarning("QXcbIntegration: Cannot create platform OpenGL context, neither GLX nor EGL are enabled")
qWarning("Something else is wrong")
qCritical("QTimer: a timer cannot be started from another thread")
"""


def test_only_what_is_expected_is_left_out() -> None:
    done = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=True)
    assert done.stderr.splitlines() == [
        "Something else is wrong",
        "QTimer: a timer cannot be started from another thread",
    ]
