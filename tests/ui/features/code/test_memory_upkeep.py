"""When memory is given back: once what needed it has settled."""

import pytest
from PySide6.QtCore import QObject, Signal
from pytestqt.qtbot import QtBot

from workbench.ui.features.code import working_copy
from workbench.ui.features.code.working_copy import MemoryUpkeep
from workbench.ui.shell.services import Services


class Work(QObject):
    """Something that opens code."""

    done = Signal()


@pytest.fixture
def start_given(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """How often what only the start needed was given back."""
    given: list[bool] = []
    monkeypatch.setattr(working_copy, "return_memory_of_the_start", lambda: given.append(True))
    return given


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch, start_given: list[bool]) -> list[bool]:
    """How often memory was given back."""
    given: list[bool] = []

    def give_back() -> bool:
        given.append(True)
        return True

    monkeypatch.setattr(working_copy, "_QUIET_MS", 50)
    monkeypatch.setattr(working_copy, "return_memory", give_back)
    return given


def test_it_is_given_back_once_after_a_row_of_openings(
    services: Services, qtbot: QtBot, given: list[bool]
) -> None:
    work = Work()
    MemoryUpkeep(services, work.done, work)
    for _ in range(3):
        work.done.emit()
    qtbot.waitUntil(lambda: bool(given) and not services.jobs.active())
    assert given == [True]
    work.deleteLater()


def test_nothing_happens_after_the_end(services: Services, qtbot: QtBot, given: list[bool]) -> None:
    work = Work()
    keeper, other = MemoryUpkeep(services, work.done, work), Work()
    MemoryUpkeep(services, other.done, other)
    work.done.emit()
    keeper.stop()
    other.done.emit()  # when this one has been served, the first would have been
    qtbot.waitUntil(lambda: bool(given) and not services.jobs.active())
    assert given == [True]
    for each in (work, other):
        each.deleteLater()


def test_what_only_the_start_needed_is_given_back_once(
    services: Services, qtbot: QtBot, given: list[bool], start_given: list[bool]
) -> None:
    work = Work()
    MemoryUpkeep(services, work.done, work)
    work.done.emit()
    qtbot.waitUntil(lambda: len(given) == 1 and not services.jobs.active())
    work.done.emit()
    qtbot.waitUntil(lambda: len(given) == 2 and not services.jobs.active())
    assert start_given == [True]
    work.deleteLater()
