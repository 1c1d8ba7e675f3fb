"""How long a test waits for what it is sure of: no measure, only the moment at which it gives up.

pytest-qt's own five seconds are too few where several tests and their Sandboxes share two cores.
"""

from collections.abc import Callable
from typing import Any

import pytest
from PySide6.QtCore import SignalInstance
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

_GIVE_UP_MS = 20_000


class PatientBot(QtBot):
    """pytest-qt's, with more time for a condition, a signal and a window."""

    def waitUntil(self, callback: Callable[[], bool | None], *, timeout: int = _GIVE_UP_MS) -> None:
        super().waitUntil(callback, timeout=timeout)

    def waitSignal(self, signal: SignalInstance, *, timeout: int = _GIVE_UP_MS, **options: Any) -> Any:
        return super().waitSignal(signal, timeout=timeout, **options)

    def waitExposed(self, widget: QWidget, *, timeout: int = _GIVE_UP_MS) -> Any:
        return super().waitExposed(widget, timeout=timeout)


@pytest.fixture
def qtbot(qapp: QApplication, request: pytest.FixtureRequest) -> QtBot:
    """Takes the place of pytest-qt's."""
    return PatientBot(request)
