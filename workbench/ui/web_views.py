"""What a program does early so that a web view can come late, without loading QtWebEngine."""

import os
import sys
from pathlib import Path

from PySide6.QtCore import QCoreApplication, Qt
from PySide6.QtGui import QGuiApplication, QSurface
from PySide6.QtWidgets import QRhiWidget, QWidget

from workbench.ui import qt_messages

# Qt Quick, which a web view is shown by, and Chromium then draw by themselves.
_FEW_ARENAS = {"MALLOC_ARENA_MAX": "2"}
"""glibc, when it starts the page's process: 10 MB less there (measured), which has many threads and few that
allocate. It does not change this process, which has started already."""
_CHROMIUM_FLAGS = "QTWEBENGINE_CHROMIUM_FLAGS"
_WITHOUT_GRAPHICS = {
    "QT_QUICK_BACKEND": "software",
    _CHROMIUM_FLAGS: f"{qt_messages.CHROMIUM_FLAGS} --disable-gpu",
    # Else QtWebEngine asks Mesa what card there is, and Mesa loads its compiler to answer: 85 MB (measured).
    "QT_XCB_GL_INTEGRATION": "none",
}


def prepare_application() -> None:
    """Call before the QApplication is made."""
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        # Chromium ends the whole program when it is to make its sandbox as root; for anyone else it stays on.
        os.environ.setdefault("QTWEBENGINE_DISABLE_SANDBOX", "1")
    wanted = _FEW_ARENAS | qt_messages.ENVIRONMENT | {_CHROMIUM_FLAGS: qt_messages.CHROMIUM_FLAGS}
    if not has_graphics_card():
        wanted |= _WITHOUT_GRAPHICS
    for name, value in wanted.items():
        os.environ.setdefault(name, value)
    qt_messages.install_message_handler()
    if not _draws_itself():
        QCoreApplication.setAttribute(Qt.ApplicationAttribute.AA_ShareOpenGLContexts)


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
