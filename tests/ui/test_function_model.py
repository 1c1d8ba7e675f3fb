"""The function list's rows: pages come in, rows go, a search narrows, and what is pointed at stays."""

from datetime import UTC, datetime

import pytest
from PySide6.QtCore import QAbstractItemModel, QPersistentModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QApplication

from workbench.functions.model import FunctionSummary, summary_of
from workbench.ui.shell.function_rows import SUMMARY_ROLE, FunctionModel, ago

NOON = datetime(2026, 7, 1, 12, tzinfo=UTC)


def row(name: str, memory_mb: int = 128) -> FunctionSummary:
    return summary_of(
        {
            "FunctionName": name,
            "FunctionArn": f"arn:aws:lambda:eu-west-1:123456789012:function:{name}",
            "Runtime": "python3.13",
            "MemorySize": memory_mb,
        }
    )


def names(model: QAbstractItemModel) -> list[str]:
    return [str(model.index(number, 0).data()) for number in range(model.rowCount())]


@pytest.fixture
def model(qapp: QApplication) -> FunctionModel:
    model = FunctionModel(lambda summary: f"{summary.memory_mb} MB")
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal, model)
    return model


def test_pages_are_shown_as_they_come_sorted_by_name(model: FunctionModel) -> None:
    model.begin()
    model.add([row("delta"), row("Bravo")])
    assert names(model) == ["Bravo", "delta"]
    model.add([row("alpha"), row("charlie"), row("echo")])

    assert names(model) == ["alpha", "Bravo", "charlie", "delta", "echo"]


def test_functions_that_a_complete_listing_does_not_name_go(model: FunctionModel) -> None:
    model.reset([row("alpha"), row("bravo"), row("charlie"), row("delta")])
    model.begin()
    model.add([row("delta"), row("bravo", 256)])
    assert names(model) == ["alpha", "bravo", "charlie", "delta"]

    model.finish()

    assert names(model) == ["bravo", "delta"]
    assert model.index(0).data(SUMMARY_ROLE).memory_mb == 256
    assert model.total == 2


def test_the_last_function_can_go(model: FunctionModel) -> None:
    model.reset([row("alpha")])
    model.begin()
    model.finish()

    assert names(model) == []


def test_what_is_pointed_at_stays_while_rows_come_and_go(model: FunctionModel) -> None:
    model.reset([row("bravo"), row("delta"), row("foxtrot")])
    pointed = QPersistentModelIndex(model.index_of("delta"))
    model.begin()
    model.add([row("alpha"), row("charlie"), row("delta"), row("golf")])
    assert pointed.data() == "delta"

    model.finish()

    assert names(model) == ["alpha", "charlie", "delta", "golf"]
    assert pointed.data() == "delta"


def test_a_search_narrows_and_its_end_shows_all(model: FunctionModel) -> None:
    model.reset([row("orders-api"), row("orders-worker"), row("billing")])

    model.search("worker")
    assert names(model) == ["orders-worker"]
    model.add([row("night-worker")])
    assert sorted(names(model)) == ["night-worker", "orders-worker"]
    assert model.total == 4
    assert not model.index_of("billing").isValid()

    model.search("")
    assert names(model) == ["billing", "night-worker", "orders-api", "orders-worker"]


def test_a_row_is_read_out_with_its_facts(model: FunctionModel) -> None:
    model.reset([row("alpha")])

    assert model.index(0).data(Qt.ItemDataRole.AccessibleTextRole) == "alpha, 128 MB"
    assert "function:alpha" in model.index(0).data(Qt.ItemDataRole.ToolTipRole)


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, (0, "s")), (59, (59, "s")), (60, (1, "min")), (7200, (2, "h")), (200_000, (2, "d"))],
)
def test_ages_are_said_in_the_largest_whole_unit(seconds: int, said: tuple[int, str]) -> None:
    assert ago(NOON, datetime.fromtimestamp(NOON.timestamp() + seconds, UTC)) == said


def test_a_clock_that_is_behind_makes_nothing_younger_than_now() -> None:
    assert ago(NOON, datetime(2026, 7, 1, 11, tzinfo=UTC)) == (0, "s")
