"""Where a window was on the screen, and how large, from one start to the next."""

import base64
import binascii

from PySide6.QtCore import QByteArray
from PySide6.QtWidgets import QWidget

from workbench.core.settings import Preference, Settings


def restore_geometry(window: QWidget, settings: Settings, stored: Preference[str]) -> None:
    """Moves a window to where it was. Qt brings it onto a screen that is there."""
    try:
        geometry = base64.b64decode(stored.read(settings), validate=True)
    except (binascii.Error, ValueError):
        return  # not what `store_geometry` writes
    if geometry:
        window.restoreGeometry(QByteArray(geometry))


def store_geometry(window: QWidget, settings: Settings, stored: Preference[str]) -> None:
    """Stores where a window is."""
    stored.store(settings, base64.b64encode(window.saveGeometry().data()).decode())
