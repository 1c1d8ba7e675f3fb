"""What the table of all functions paints beside its texts."""

import itertools
from datetime import date
from pathlib import Path

import pytest
from PySide6.QtGui import QImage
from pytestqt.qtbot import QtBot

from workbench.core.settings import Settings
from workbench.functions.fleet import FleetFilter, RuntimeDates, Scope
from workbench.functions.model import summary_of
from workbench.ui.features.fleet.table import BY_ID, FleetModel, FleetTable
from workbench.ui.kit.theme import Theme
from workbench.ui.shell.sparklines import Sparkline, SparklineRow

SCOPE = Scope("alice", "eu-west-1")
ARN = "arn:aws:lambda:eu-west-1:123456789012:function:hello"


@pytest.fixture
def model(theme: Theme) -> FleetModel:
    model = FleetModel(RuntimeDates(), date.today, theme)
    model.take(SCOPE, [summary_of({"FunctionName": "hello", "FunctionArn": ARN})], complete=True)
    model.settle()
    return model


@pytest.fixture
def table(model: FleetModel, tmp_path: Path, qtbot: QtBot) -> FleetTable:
    table = FleetTable(model, Settings(tmp_path / "settings.json"))
    qtbot.addWidget(table)
    table.resize(1280, 300)
    return table


def cell(table: FleetTable, column: str) -> QImage:
    index = table.model().index(0, BY_ID[column])
    return table.viewport().grab(table.visualRect(index)).toImage()


def test_a_row_with_metrics_has_its_sparkline(model: FleetModel, table: FleetTable, theme: Theme) -> None:
    model.sparklines.set_off(())
    model.sparklines.put({SparklineRow.at(model.row(0)): Sparkline([1.0, 9.0, 4.0], [0.0, 1.0, 0.0])})
    painted = cell(table, "recent")
    places = itertools.product(range(painted.width()), range(painted.height()))
    assert theme.colors.danger in {painted.pixelColor(x, y).name() for x, y in places}  # the triangle


def test_a_drifted_function_has_a_badge(model: FleetModel, table: FleetTable) -> None:
    before = cell(table, "name")
    model.mark_drifted({(SCOPE, "hello")})
    assert cell(table, "name") != before


def test_a_search_looks_at_what_a_function_says_now(model: FleetModel) -> None:
    def found(query: str) -> int:
        model.narrow(FleetFilter(query=query))
        return model.rowCount()

    assert found("nightly") == 0
    function = {"FunctionName": "hello", "FunctionArn": ARN, "Description": "Nightly report"}
    model.take(SCOPE, [summary_of(function, (("team", "search"),))], complete=False)
    model.mark_drifted({(SCOPE, "hello")})
    assert (found("nightly"), found("team=search"), found("weekly")) == (1, 1, 0)
    assert model.every()[0].searched == "hello\nnightly report\n\n\nteam=search"  # made before the first key


def test_a_listing_is_shown_by_itself_where_it_differs(model: FleetModel, qtbot: QtBot) -> None:
    def listed(*functions: tuple[str, str]) -> None:
        answers = (
            {"FunctionName": name, "FunctionArn": ARN, "Runtime": runtime} for name, runtime in functions
        )
        model.take(SCOPE, [summary_of(each) for each in answers], complete=True)

    def shown() -> list[tuple[str, str]]:
        rows = map(model.row, range(model.rowCount()))
        return [(row.function.function_name, row.function.runtime) for row in rows]

    one, other, changed = ("hello", "python3.13"), ("other", "python3.13"), ("hello", "python3.14")

    def check(*wanted: tuple[str, str]) -> None:
        listed(*wanted)
        qtbot.waitUntil(lambda: shown() == list(wanted))

    check(one, other)
    check(one)
    check(changed)
    check(other)
    check()
