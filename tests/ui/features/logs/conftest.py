"""A view of log lines, and one of a whole log."""

from typing import Any

import pytest
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from tests.aws_stub import aws
from tests.ui.pages.conftest import detail, function, show_page, stub
from workbench.logs.parse import LogLine, parse_event
from workbench.ui.features.logs.lines_view import LinesView
from workbench.ui.features.logs.log_view import LogView
from workbench.ui.kit.theme import Theme
from workbench.ui.shell.services import Services

__all__ = ["T", "add", "aws", "detail", "function", "parsed", "show_page", "shown", "stub"]

T = 1_773_414_144_000


@pytest.fixture
def view(services: Services, qtbot: QtBot) -> LogView:
    view = LogView(services)
    qtbot.addWidget(view)
    view.resize(900, 400)
    view.show()
    QAbstractItemModelTester(view.model, QAbstractItemModelTester.FailureReportingMode.Fatal, view)
    QAbstractItemModelTester(view.json.model(), QAbstractItemModelTester.FailureReportingMode.Fatal, view)
    return view


@pytest.fixture
def lines(theme: Theme, qtbot: QtBot) -> LinesView:
    lines = LinesView(theme)
    qtbot.addWidget(lines)
    lines.resize(800, 300)
    lines.show()
    lines.setFocus()
    return lines


def parsed(*events: dict[str, Any]) -> list[LogLine]:
    return [parse_event(each) for each in events]


def add(view: LogView, *events: dict[str, Any]) -> None:
    view.buffer.add(parsed(*events))
    view.refresh()


def shown(view: LogView) -> str:
    return view.lines.visible_text()
