"""A plugin that puts every dialog that a test opens on small screens and looks whether it fits there.

`pytest -p tests.ui.dialog_fit --fit-report FILE` appends a JSON object for each: class, test, what is wrong.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QPoint, QRect, QSize, QTimer
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QDialogButtonBox,
    QPushButton,
    QScrollArea,
    QWidget,
)

from workbench.core.settings import Settings
from workbench.ui.kit.dialog import FRAME, Dialog, WindowSizes
from workbench.ui.theme import Theme

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


class Watch:
    """Looks at each dialog when it opens, and again once it has what it was opened for."""

    def __init__(self, screen: SmallScreen, theme: Theme, test: str, report: Path) -> None:
        self._screen, self._theme, self._test, self._report = screen, theme, test, report

    def shown(self, dialog: Dialog) -> None:
        """The dialog is about to be seen."""
        self._look(dialog)
        QTimer.singleShot(0, dialog, lambda: self._look(dialog))

    def _look(self, dialog: Dialog) -> None:
        if not dialog.isVisible():
            return
        wrong: list[str] = []
        for percent in (100, 200):
            self._theme.set_text_size(percent)
            for name, size in SCREENS.items():
                wrong += [f"{name}, texts {percent} %: {each}" for each in self._on_screen(dialog, size)]
        self._theme.set_text_size(100)
        kind = f"{type(dialog).__module__}.{type(dialog).__name__}"
        entry = {"kind": kind, "name": dialog.objectName(), "test": self._test, "wrong": wrong}
        with self._report.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")

    def _on_screen(self, dialog: Dialog, size: QSize) -> Iterator[str]:
        self._screen.size = size
        dialog.fit()
        dialog.fit_screen()
        for _ in range(3):  # what is laid out may ask for another layout
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
        content = dialog.findChild(QScrollArea, "dialogScroll")
        pushed = [
            each
            for each in dialog.findChildren(QPushButton)
            if each.isVisible() and not (content is not None and content.isAncestorOf(each))
        ]
        lowest = max((each.mapTo(dialog, each.rect().center()).y() for each in pushed), default=0)
        buttons = [each for each in pushed if abs(each.mapTo(dialog, each.rect().center()).y() - lowest) < 4]
    return buttons


def pytest_addoption(parser: pytest.Parser) -> None:
    """The file that the report goes to."""
    parser.addoption("--fit-report", type=Path, required=True)


@pytest.fixture(autouse=True)
def _watch(
    request: pytest.FixtureRequest, qapp: QApplication, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[None]:
    screen = SmallScreen(qapp, Settings(tmp_path / "sizes.json"))
    theme = request.getfixturevalue("theme")
    watch = Watch(screen, theme, request.node.nodeid, request.config.getoption("--fit-report").absolute())
    show = Dialog.showEvent

    def show_and_look(dialog: Dialog, event: QShowEvent) -> None:
        show(dialog, event)
        if not event.spontaneous():
            watch.shown(dialog)

    monkeypatch.setattr(Dialog, "showEvent", show_and_look)
    yield
    theme.set_text_size(100)
    screen.setParent(None)
    screen.deleteLater()
