"""Keeps what Qt and Chromium report about the computer out of the terminal.

A missing graphics card, session bus or Wayland compositor is normal: Qt and Chromium go on without it, and a
user can do nothing about it. Qt's messages about it go to Workbench's log, all others to standard error as Qt
writes them. Chromium writes its messages by itself: its flag leaves those with which it ends the program.
"""

import atexit
import logging
import sys

from PySide6.QtCore import QMessageLogContext, QtMsgType, qFormatLogMessage, qInstallMessageHandler

CHROMIUM_FLAGS = "--log-level=3"
"""Chromium writes what is fatal only. Source: LOGGING_FATAL in Chromium's base/logging/log_severity.h."""
ENVIRONMENT = {
    "EGL_LOG_LEVEL": "fatal",  # Mesa's EGL; source: https://docs.mesa3d.org/envvars.html
    "LIBVA_MESSAGING_LEVEL": "0",  # video decoders; source: va/va.c of libva
}
"""For libraries beneath Qt that write to standard error. These do not change what the libraries do."""

_CATEGORIES = frozenset(
    {"qt.qpa.theme.dbus", "qt.qpa.theme.gnome", "qt.qpa.theme.kde", "qt.dbus.integration"}
)
_BEGINNINGS = (
    "QXcbIntegration: Cannot create platform OpenGL context",
    "QXcbIntegration: Cannot create platform offscreen surface",
    "QRhiGles2: Failed to create",
    "Failed to create RHI for backend",
    "GPUInfo not initialized",
    "GLX: ",
    "EGL: ",
    "GBM is not supported",
    "QVulkanInstance: Failed to initialize",
    "Sandboxing disabled by user",  # for root, by web_views
    "Failed to create wl_display",  # Qt then tries X11
    'Could not load the Qt platform plugin "wayland"',
    "This plugin does not support",  # the offscreen platform: window positions, size hints
    "QStandardPaths: ",  # XDG_RUNTIME_DIR is another user's after su
)
_log = logging.getLogger(__name__)


def install_message_handler() -> None:
    """Filters Qt's messages until the program ends."""
    qInstallMessageHandler(_handle)
    atexit.register(qInstallMessageHandler, None)  # Python must not be called once it has ended


def _handle(kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
    is_serious = kind in (QtMsgType.QtCriticalMsg, QtMsgType.QtFatalMsg)
    if not is_serious and (context.category in _CATEGORIES or message.startswith(_BEGINNINGS)):
        _log.info("Qt: %s", message)
    else:
        sys.stderr.write(f"{qFormatLogMessage(kind, context, message)}\n")
