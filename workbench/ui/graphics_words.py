"""Keeps Qt from complaining on standard error that there is no graphics interface, where none is wanted."""

import atexit
import sys

from PySide6.QtCore import QMessageLogContext, QtMsgType, qFormatLogMessage, qInstallMessageHandler

_EXPECTED = (
    "QXcbIntegration: Cannot create platform OpenGL context",
    "QXcbIntegration: Cannot create platform offscreen surface",
    "QRhiGles2: Failed to create",
    "Failed to create RHI for backend",
    "GPUInfo not initialized",
)
"""What Qt and QtWebEngine say when they find that they have to draw by themselves, as they were told."""


def keep_quiet_about_graphics() -> None:
    """Leaves those lines out until the program ends. Everything else is written as Qt writes it."""
    qInstallMessageHandler(_write)
    atexit.register(qInstallMessageHandler, None)  # Python must not be called once it has ended


def _write(kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
    if not message.startswith(_EXPECTED):
        sys.stderr.write(f"{qFormatLogMessage(kind, context, message)}\n")
