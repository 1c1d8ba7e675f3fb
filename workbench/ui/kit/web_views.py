"""What a program does early so that a web view can come late, without loading QtWebEngine.

It also keeps what Qt and Chromium report about the computer out of the terminal. A missing graphics card,
session bus or Wayland compositor is normal: Qt and Chromium go on without it, and a user can do nothing about
it. Qt's messages about it go to Workbench's log, all others to standard error as Qt writes them. Chromium
writes its messages by itself: its flag leaves those with which it ends the program.
"""

import atexit
import logging
import os
import sys
from hashlib import sha256
from pathlib import Path
from typing import NoReturn

from PySide6.QtCore import (
    QCoreApplication,
    QLibraryInfo,
    QMessageLogContext,
    Qt,
    QtMsgType,
    qFormatLogMessage,
    qInstallMessageHandler,
)
from PySide6.QtGui import QGuiApplication, QSurface
from PySide6.QtWidgets import QRhiWidget, QWidget

from workbench.core.files import make_private_folder
from workbench.core.messages import _

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
_SCREEN_CATEGORIES = frozenset({"qt.qpa.plugin", "qt.qpa.xcb", "qt.qpa.wayland"})
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
    "Failed to create Vulkan instance",
    "Failed to create platform Vulkan instance",
    "Sandboxing disabled by user",  # for root, by web_views
    "Failed to create wl_display",  # Qt then tries X11
    'Could not load the Qt platform plugin "wayland"',
    "This plugin does not support",  # the offscreen platform: window positions, size hints
    "QStandardPaths: ",  # XDG_RUNTIME_DIR is another user's after su
)
_log = logging.getLogger(__name__)

# Qt Quick, which a web view is shown by, and Chromium then draw by themselves.
_FEW_ARENAS = {"MALLOC_ARENA_MAX": "2"}
"""glibc, when it starts the page's process: 10 MB less there (measured), which has many threads and few that
allocate. It does not change this process, which has started already."""
_CHROMIUM_FLAGS = "QTWEBENGINE_CHROMIUM_FLAGS"
_WITHOUT_GRAPHICS = {
    "QT_QUICK_BACKEND": "software",
    _CHROMIUM_FLAGS: f"{CHROMIUM_FLAGS} --disable-gpu",
    # Else QtWebEngine asks Mesa what card there is, and Mesa loads its compiler to answer: 85 MB (measured).
    "QT_XCB_GL_INTEGRATION": "none",
}


def prepare_application() -> None:
    """Call before the QApplication is made."""
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        # Chromium ends the whole program when it is to make its sandbox as root; for anyone else it stays on.
        os.environ.setdefault("QTWEBENGINE_DISABLE_SANDBOX", "1")
    wanted = _FEW_ARENAS | ENVIRONMENT | {_CHROMIUM_FLAGS: CHROMIUM_FLAGS}
    if not has_graphics_card():
        wanted |= _WITHOUT_GRAPHICS
    for name, value in (wanted | _ascii_paths()).items():
        os.environ.setdefault(name, value)
    install_message_handler()
    if not _draws_itself():
        QCoreApplication.setAttribute(Qt.ApplicationAttribute.AA_ShareOpenGLContexts)


def _ascii_paths() -> dict[str, str]:
    """Where Chromium finds its files by a path in ASCII, if their own is not: it warns of any other.

    They are links in the user's private folder of the session, which the system empties when that ends.
    """
    data, texts = QLibraryInfo.LibraryPath.DataPath, QLibraryInfo.LibraryPath.TranslationsPath
    folders = {
        "QTWEBENGINE_RESOURCES_PATH": Path(QLibraryInfo.path(data), "resources"),
        "QTWEBENGINE_LOCALES_PATH": Path(QLibraryInfo.path(texts), "qtwebengine_locales"),
    }
    found = {}
    session = os.environ.get("XDG_RUNTIME_DIR", "")
    for name, folder in folders.items():
        path = str(folder)
        if path.isascii() or not session or not session.isascii():
            continue
        link = Path(
            session, "workbench", f"qt-{sha256(path.encode(errors='surrogateescape')).hexdigest()[:16]}"
        )
        try:
            make_private_folder(link.parent)
            if not link.is_symlink():
                link.symlink_to(folder)
            if link.readlink() == folder:
                found[name] = str(link)
        except OSError as error:
            _log.info("%s has no path in ASCII: %s", path, error)
    return found


def has_graphics_card(devices: Path = Path("/dev")) -> bool:
    """Whether something draws faster than the processor. Only Linux tells; elsewhere there always is.

    Without one Mesa would do it, on the processor too: it translates every shader to machine code first, and
    holds 120 MB for that (measured; opening a function is no slower without).
    """
    if sys.platform != "linux":
        return True
    return any((devices / "dri").glob("renderD*")) or (devices / "nvidiactl").exists()


def _draws_itself() -> bool:
    return os.environ.get("QT_QUICK_BACKEND") == "software"


def prepare_window(window: QWidget) -> None:
    """Call before the window's first show: it then takes in a web view later without flickering.

    Without it Qt replaces the native window when the first web view joins, as only then its contents have to
    go through the graphics interface. On X11 it is enough that the native window is of the kind which OpenGL
    can draw on: until the web view comes, Qt paints on it as on any other, and graphics need not be started
    before the first painting (measured under Xvfb: the first show takes 0.02 s longer). Elsewhere a pixel
    that is drawn by the graphics interface has the same effect, for the time which starting that takes.
    """
    platform = QGuiApplication.platformName()
    if platform in ("offscreen", "minimal") or _draws_itself():
        return  # no native window, or no graphics interface to ask for
    if platform == "xcb":
        window.winId()  # makes the native window, which can only be changed by making it again
        handle = window.windowHandle()
        handle.destroy()
        handle.setSurfaceType(QSurface.SurfaceType.OpenGLSurface)
        handle.create()
        return
    pixel = QRhiWidget(window)
    pixel.setObjectName("graphicsPixel")
    pixel.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
    pixel.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    pixel.setFixedSize(1, 1)


def _end_without_screen(message: str) -> NoReturn:
    """Ends the program with a sentence where Qt would abort it and leave a core file."""
    _log.error("Qt: %s", message)
    reason = next(iter(_no_window), message).strip().rstrip(".")
    words = _("Workbench can only start where it can open a window, as in a desktop session: {reason}.")
    sys.stderr.write(words.format(reason=reason) + "\n")
    sys.stderr.flush()
    os._exit(1)  # Qt is in the middle of its own start, and aborts if this returns


def install_message_handler() -> None:
    """Filters Qt's messages until the program ends."""
    qInstallMessageHandler(_handle)
    atexit.register(qInstallMessageHandler, None)  # Python must not be called once it has ended


_no_window: list[str] = []
"""What Qt said so far about why it finds no screen."""


def _handle(kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
    if not QGuiApplication.platformName():
        if kind is QtMsgType.QtFatalMsg and "no Qt platform plugin" in message:
            _end_without_screen(message)
        if context.category in _SCREEN_CATEGORIES:
            _log.info("Qt: %s", message)
            _no_window.append(message)
            return
    is_serious = kind in (QtMsgType.QtCriticalMsg, QtMsgType.QtFatalMsg)
    if not is_serious and (context.category in _CATEGORIES or message.startswith(_BEGINNINGS)):
        _log.info("Qt: %s", message)
    else:
        sys.stderr.write(f"{qFormatLogMessage(kind, context, message)}\n")
