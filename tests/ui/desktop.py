"""The system's programs, as far as a test needs them: they hear what is to be opened."""

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QObject, QUrl, Slot
from PySide6.QtGui import QDesktopServices


class Desktop(QObject):
    """Opens nothing, and remembers what it was asked to open."""

    def __init__(self) -> None:
        super().__init__()
        self.opened: list[str] = []

    @Slot(QUrl)
    def open(self, url: QUrl) -> None:
        self.opened.append(url.toLocalFile())


@pytest.fixture
def desktop() -> Iterator[Desktop]:
    desktop = Desktop()
    QDesktopServices.setUrlHandler("file", desktop, "open")  # type: ignore[arg-type]  # the stub is wrong
    yield desktop
    QDesktopServices.unsetUrlHandler("file")
