"""Charts as images."""

from PySide6.QtCore import QBuffer, QIODevice
from PySide6.QtSvg import QSvgGenerator
from PySide6.QtWidgets import QWidget


def grab_png(widget: QWidget) -> bytes:
    """A widget as it looks, as a PNG."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    widget.grab().save(buffer, "PNG")
    return bytes(buffer.data().data())


def draw_svg(widget: QWidget, title: str) -> bytes:
    """A widget as lines and letters, which stay sharp at any size. pyqtgraph's own exporter fails (0.14)."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    generator = QSvgGenerator()
    generator.setOutputDevice(buffer)
    generator.setSize(widget.size())
    generator.setViewBox(widget.rect())
    generator.setTitle(title)
    widget.render(generator)
    return bytes(buffer.data().data())
