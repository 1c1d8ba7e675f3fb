"""Choosing a version: what is listed, how it narrows down, and what is said when it cannot be read."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from tests.aws_stub import StubbedAws, aws  # noqa: F401 - a fixture
from workbench.ui.shell.services import Services
from workbench.ui.shell.version_picker import VersionChoice, VersionPicker

ALIAS = {"Name": "live", "FunctionVersion": "7", "Description": "What customers get"}


class Asker:
    """Somebody who is asked for a version, and what AWS is going to answer."""

    def __init__(self, stub: StubbedAws, services: Services, window: QWidget) -> None:
        self.stub = stub
        self.chosen: list[VersionChoice] = []
        self._services = services
        self._window = window

    def open(self) -> VersionPicker:
        picker = VersionPicker(self._services, self.stub.connection, "hello", "Open", self._window)
        picker.chosen.connect(self.chosen.append)
        picker.open()
        return picker

    @property
    def qualifiers(self) -> list[tuple[str, str]]:
        return [(choice.function_name, choice.qualifier) for choice in self.chosen]


@pytest.fixture
def asker(qtbot: QtBot, services: Services, aws: StubbedAws) -> Asker:  # noqa: F811 - pytest's way
    window = QWidget()
    qtbot.addWidget(window)
    return Asker(aws, services, window)


def answer(stub: StubbedAws) -> None:
    versions = [
        {"Version": "$LATEST"},
        {"Version": "7", "Description": "Faster"},
        {"Version": "12", "LastModified": "2026-06-30T09:30:00.000+0000"},
    ]
    stub.answer("lambda", "list_versions_by_function", {"Versions": versions})
    stub.answer("lambda", "list_aliases", {"Aliases": [ALIAS]})


def rows(picker: VersionPicker) -> list[str]:
    return [picker.list.item(row).text() for row in range(picker.list.count())]


def test_latest_comes_first_then_aliases_then_the_newest_versions(asker: Asker, qtbot: QtBot) -> None:
    answer(asker.stub)
    picker = asker.open()
    assert not picker.accept_button.isEnabled()
    qtbot.waitUntil(lambda: len(rows(picker)) == 4)
    assert [row.split()[0] for row in rows(picker)] == ["$LATEST", "live", "12", "7"]
    QTest.keyClicks(picker.search, "fast")
    assert [row.split()[0] for row in rows(picker)] == ["7"]
    QTest.keyClick(picker.search, Qt.Key.Key_Return)
    assert asker.qualifiers == [("hello", "7")]


def test_arrows_in_the_search_field_move_the_choice(asker: Asker, qtbot: QtBot) -> None:
    answer(asker.stub)
    picker = asker.open()
    qtbot.waitUntil(lambda: len(rows(picker)) == 4)
    QTest.keyClick(picker.search, Qt.Key.Key_Down)
    QTest.keyClick(picker.search, Qt.Key.Key_Return)
    assert asker.qualifiers == [("hello", "live")]


def test_a_refusal_is_said_in_place_with_awss_code(asker: Asker, qtbot: QtBot) -> None:
    asker.stub.refuse("lambda", "list_versions_by_function", "AccessDeniedException", "You may not.", 403)
    picker = asker.open()
    qtbot.waitUntil(lambda: "[AccessDeniedException]" in picker.state.text())
    assert not picker.accept_button.isEnabled()
    picker.reject()
    assert asker.chosen == []
