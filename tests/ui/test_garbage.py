"""Garbage is collected on the main thread only."""

import gc
import threading

import pytest
from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from workbench.ui.shell import process
from workbench.ui.shell.process import GarbageCollector


class Link:
    """One of two that hold each other."""

    def __init__(self, ended: list[threading.Thread]) -> None:
        self.other: Link | None = None
        self._ended = ended

    def __del__(self) -> None:
        self._ended.append(threading.current_thread())


def leave_circle(ended: list[threading.Thread]) -> None:
    one, two = Link(ended), Link(ended)
    one.other, two.other = two, one


def make_many() -> list[list[int]]:
    """More than a look needs, and well below what is too much for one."""
    return [[number] for number in range(process._YOUNG * 5)]


def test_what_a_worker_makes_is_collected_on_the_main_thread(qtbot: QtBot) -> None:
    parent = QObject()
    GarbageCollector(parent)
    ended: list[threading.Thread] = []
    kept: list[object] = []
    leave_circle(ended)
    worker = threading.Thread(target=lambda: kept.append(make_many()))
    worker.start()
    worker.join()
    assert not ended  # Python by itself would have collected, and on that thread

    qtbot.waitUntil(lambda: len(ended) == 2)

    assert {thread.name for thread in ended} == {threading.main_thread().name}
    assert not gc.isenabled()
    parent.deleteLater()


def test_so_much_that_a_search_would_stall_waits_until_the_person_has_turned_away(
    qtbot: QtBot, qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "_MOST", process._YOUNG)
    monkeypatch.setattr(process, "_AWAY_MS", 1)
    parent = QObject()
    GarbageCollector(parent)
    ended: list[threading.Thread] = []
    frozen = gc.get_freeze_count()
    leave_circle(ended)
    kept = make_many()

    qtbot.waitUntil(lambda: gc.get_freeze_count() > frozen + process._YOUNG)
    assert not ended
    qapp.applicationStateChanged.emit(Qt.ApplicationState.ApplicationInactive)
    qtbot.waitUntil(lambda: len(ended) == 2)

    assert kept
    parent.deleteLater()
