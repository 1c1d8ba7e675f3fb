"""A plugin that puts every dialog that a test opens on small screens and looks whether it fits there.

`pytest -p tests.ui.dialog_fit --fit-report FILE` appends a JSON object for each: class, test, what is wrong.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QObject, QPoint, QRect, QSize, QTimer
from PySide6.QtWidgets import QAbstractButton, QApplication, QDialogButtonBox, QPushButton, QWidget

from workbench.core.settings import Settings
from workbench.ui.kit.dialog import FRAME, Dialog, WindowSizes

PANEL_PX = 28
"""What a desktop's own panel takes of a screen's height."""
SCREENS = {
    "1440x900": QSize(1440, 900),
    "1366x768": QSize(1366, 768),
    "1280x800": QSize(1280, 800),
    "1920x1080 at 200 %": QSize(960, 540),
}


class SmallScreen(WindowSizes):
    """Stores no size of a test's, and says that the screen is as small as it is told."""

    size = SCREENS["1440x900"]

    def area(self, window: QWidget) -> QRect:
        """The screen below the desktop's panel."""
        return QRect(QPoint(0, PANEL_PX), self.size - QSize(0, PANEL_PX))


class Watch(QObject):
    """Looks at each dialog once it is open."""

    def __init__(self, screen: SmallScreen, test: str, report: Path) -> None:
        super().__init__()
        self._screen, self._test, self._report = screen, test, report

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Show and isinstance(watched, Dialog) and not event.spontaneous():
            QTimer.singleShot(0, watched, lambda: self._look(watched))
        return False

    def _look(self, dialog: Dialog) -> None:
        if not dialog.isVisible():
            return
        wrong = [f"{name}: {each}" for name in SCREENS for each in self._on_screen(dialog, SCREENS[name])]
        kinds = [each.__name__ for each in type(dialog).mro() if issubclass(each, Dialog)]
        entry = {"kinds": kinds, "name": dialog.objectName(), "test": self._test, "wrong": wrong}
        with self._report.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")

    def _on_screen(self, dialog: Dialog, size: QSize) -> Iterator[str]:
        self._screen.size = size
        dialog.fit()
        dialog.fit_screen()
        QApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest.value)
        if not dialog.isVisible():
            return
        room = self._screen.area(dialog).size() - FRAME
        for what, taken in (("size", dialog.size()), ("minimum", dialog.minimumSize())):
            if taken.width() > room.width() or taken.height() > room.height():
                yield f"its {what} of {taken.width()} x {taken.height()} does not fit"
        for button in _last_row(dialog):
            where = QRect(button.mapTo(dialog, QPoint()), button.size())
            if not dialog.rect().contains(where) or button.visibleRegion().boundingRect() != button.rect():
                yield f"{button.objectName() or button.text()} is cut off"


def _last_row(dialog: Dialog) -> list[QAbstractButton]:
    """The buttons that answer the dialog: in a button box, or in the row where the lowest of them stands."""
    buttons: list[QAbstractButton] = [
        button
        for box in dialog.findChildren(QDialogButtonBox)
        for button in box.buttons()
        if button.isVisible()
    ]
    if not buttons:
        pushed = [each for each in dialog.findChildren(QPushButton) if each.isVisible()]
        lowest = max((each.mapTo(dialog, each.rect().center()).y() for each in pushed), default=0)
        buttons = [each for each in pushed if abs(each.mapTo(dialog, each.rect().center()).y() - lowest) < 4]
    return buttons


def pytest_addoption(parser: pytest.Parser) -> None:
    """The file that the report goes to."""
    parser.addoption("--fit-report", type=Path, required=True)


@pytest.fixture(autouse=True)
def _watch(request: pytest.FixtureRequest, qapp: QApplication, tmp_path: Path) -> Iterator[None]:
    screen = SmallScreen(qapp, Settings(tmp_path / "sizes.json"))
    watch = Watch(screen, request.node.nodeid, request.config.getoption("--fit-report").absolute())
    qapp.installEventFilter(watch)
    yield
    qapp.removeEventFilter(watch)
    screen.setParent(None)
    screen.deleteLater()
