"""Garbage is collected on the main thread only."""

import builtins
import gc
import sys
import threading
from collections.abc import Iterator, Sized

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


def test_workers_build_tuples_while_garbage_is_looked_for(
    qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tuple that is made from a generator grows; Python refuses that while somebody else holds it."""
    monkeypatch.setattr(process, "_YOUNG", 0)
    monkeypatch.setattr(process, "_EACH", 1)  # each look goes to the oldest generation
    parent = QObject()
    collector = GarbageCollector(parent)
    ended = threading.Event()
    failed: list[SystemError] = []
    built = [0, 0]

    def build(worker: int) -> None:
        try:
            while not ended.is_set():
                assert len(tuple([number] for number in range(300))) == 300
                built[worker] += 1
        except SystemError as error:
            failed.append(error)

    interval_s = sys.getswitchinterval()
    workers = [threading.Thread(target=build, args=(number,)) for number in range(2)]
    try:
        sys.setswitchinterval(1e-6)
        for each in workers:
            each.start()
        while min(built) < 200 and not failed:
            collector._look()
    finally:
        ended.set()
        for each in workers:
            each.join()
        sys.setswitchinterval(interval_s)
        parent.deleteLater()
    assert not failed


def test_nobody_holds_what_a_worker_is_building(qapp: QApplication, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same without chance: the worker goes on when a list of objects would be counted."""
    monkeypatch.setattr(process, "_YOUNG", 0)
    monkeypatch.setattr(process, "_EACH", 1)
    parent = QObject()
    collector = GarbageCollector(parent)
    is_half_built, may_go_on = threading.Event(), threading.Event()
    failed: list[SystemError] = []

    def numbers() -> Iterator[list[int]]:
        for number in range(300):
            if number == 20:
                is_half_built.set()
                may_go_on.wait()
            yield [number]

    def build() -> None:
        try:
            tuple(numbers())
        except SystemError as error:
            failed.append(error)

    worker = threading.Thread(target=build)

    def go_on(objects: Sized) -> int:
        may_go_on.set()
        worker.join()
        return builtins.len(objects)

    monkeypatch.setattr(process, "len", go_on, raising=False)
    worker.start()
    is_half_built.wait()
    collector._look()
    may_go_on.set()
    worker.join()
    parent.deleteLater()
    assert not failed


def test_what_a_search_takes_is_counted_over_all_generations(
    qapp: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As nearly as the search needs it: objects that were freed meanwhile may count, too."""
    monkeypatch.setattr(process, "_MOST", 10**9)
    parent = QObject()
    collector = GarbageCollector(parent)
    kept: list[object] = []
    for _number in range(25):
        kept.append(make_many())
        collector._look()
        exact = [len(gc.get_objects(generation)) for generation in (1, 2)]
        assert sum(collector._left) == pytest.approx(sum(exact), rel=0.1)
    parent.deleteLater()
