"""Charts as images."""

from PySide6.QtCore import QBuffer, QIODevice
from PySide6.QtWidgets import QWidget


def grab_png(widget: QWidget) -> bytes:
    """A widget as it looks, as a PNG."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    widget.grab().save(buffer, "PNG")
    return bytes(buffer.data().data())
