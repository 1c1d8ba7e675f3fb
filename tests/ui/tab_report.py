"""A plugin that goes with Tab through every dialog and window that a test opens.

`pytest -p tests.ui.tab_report --tab-report FILE` appends a JSON object for each: class, test, what is wrong.
The dialog's own tests may fail with it, as fields lose the keyboard.
"""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QObject, Qt, QTimer
from PySide6.QtWidgets import QApplication, QDialog, QMainWindow, QMessageBox, QWidget

from tests.ui.tab_walk import controls, not_reached, out_of_order, walk


class Watch(QObject):
    """Goes through each window once it is open."""

    def __init__(self, test: str, report: Path) -> None:
        super().__init__()
        self._test, self._report = test, report

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Show and isinstance(watched, QWidget) and not event.spontaneous():
            is_dialog = isinstance(watched, QDialog) or watched.windowType() == Qt.WindowType.Window
            is_ours = type(watched) not in (QWidget, QMessageBox, QMainWindow)
            if watched.isWindow() and is_dialog and is_ours:
                QTimer.singleShot(50, watched, lambda: self._look(watched))
        return False

    def _look(self, window: QWidget) -> None:
        if not window.isVisible() or not controls(window):
            return
        window.activateWindow()
        wrong: list[str] = []
        start: QWidget | None = window.focusWidget()
        if start is None:
            window.focusNextPrevChild(True)
            start = window.focusWidget()
        try:
            seen = walk(window, start, Qt.Key.Key_Tab, lambda _: False)
        except AssertionError as error:
            wrong.append(f"walk: {error}")
        else:
            wrong += [f"not reached: {each}" for each in not_reached(window, seen)]
            wrong += [f"out of order: {each}" for each in out_of_order(window, seen)]
        start.setFocus()
        entry = {"kind": type(window).__name__, "name": window.objectName(), "test": self._test}
        with self._report.open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry | {"controls": len(controls(window)), "wrong": wrong}) + "\n")


def pytest_addoption(parser: pytest.Parser) -> None:
    """The file that the report goes to."""
    parser.addoption("--tab-report", type=Path, required=True)


@pytest.fixture(autouse=True)
def _watch(request: pytest.FixtureRequest, qapp: QApplication) -> Iterator[None]:
    watch = Watch(request.node.nodeid, request.config.getoption("--tab-report").absolute())
    qapp.installEventFilter(watch)
    yield
    qapp.removeEventFilter(watch)
