"""Compare Around Deploys…: a row for each change, the charts turn to it, the figures go into a file."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from threading import Event

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from tests.aws_stub import StubbedAws
from tests.ui.hand_clock import HandClock
from tests.ui.pages.charted import answer, noon, refuse
from tests.ui.pages.conftest import ShowPage, UntilDrawn, detail_named, open_page, texts
from workbench.metrics.changes import ChangeKind, FunctionChange, RecordSource
from workbench.ui.features.metrics.before_after_dialog import BeforeAfterDialog
from workbench.ui.features.metrics.page import MetricsPage
from workbench.ui.shell.services import OpenFunction, Services

OpenDialog = Callable[[], BeforeAfterDialog]
FIRST = FunctionChange(
    noon() - timedelta(minutes=20),
    frozenset({ChangeKind.CODE}),
    (RecordSource.HISTORY,),
    code_sha256="first-sha",
)
SECOND = FunctionChange(
    noon() - timedelta(seconds=30),
    frozenset({ChangeKind.CODE}),
    (RecordSource.HISTORY,),
    version="8",
    who="ann",
)
LATEST = FunctionChange(noon() + timedelta(minutes=8, seconds=40), frozenset(), (RecordSource.HISTORY,))


@pytest.fixture
def page(services: Services, show_page: ShowPage) -> MetricsPage:
    page = show_page(MetricsPage(services))
    page.changes.find_deploys = lambda _arn: (FIRST, SECOND, LATEST)
    return page


@pytest.fixture
def open_dialog(page: MetricsPage, stub: StubbedAws, until_drawn: UntilDrawn) -> OpenDialog:
    """Opens it from the page's menu; the page's own charts are drawn."""
    answer(stub, 3)
    open_page(page, OpenFunction(stub.connection, detail_named(MemorySize=128)))
    until_drawn(page)

    def open_it() -> BeforeAfterDialog:
        action = page.findChild(QAction, "metricsBeforeAfter")
        assert action is not None
        action.trigger()
        return page.window().findChildren(BeforeAfterDialog)[-1]

    return open_it


def side(stub: StubbedAws, start_min: int, minutes: int, *values: float) -> None:
    """CloudWatch's answer for one side: invocations, errors, throttles, p95, sum of durations."""
    start = noon() + timedelta(minutes=start_min)
    results = [
        {"Id": f"q{number}", "StatusCode": "Complete", "Timestamps": [start], "Values": [value]}
        for number, value in enumerate(values)
    ]
    results += [
        {"Id": f"q{number}", "StatusCode": "Complete", "Timestamps": [], "Values": []}
        for number in range(len(values), 5)
    ]
    stub.answer("cloudwatch", "get_metric_data", {"MetricDataResults": results})


def test_each_change_is_compared_saved_and_shown_on_the_charts(
    page: MetricsPage,
    stub: StubbedAws,
    clock: HandClock,
    open_dialog: OpenDialog,
    tmp_path: Path,
    qtbot: QtBot,
) -> None:
    side(stub, -9, 8, 1000, 10, 0, 120, 50_000)  # of the second: up to the first, and the latest
    side(stub, 0, 8, 1000, 60, 2, 80, 100_000)
    side(stub, -39, 19, 500, 0, 0, 330.4, 25_000)
    side(stub, -20, 19)
    dialog = open_dialog()
    assert not dialog.save.isEnabled()
    qtbot.waitUntil(lambda: len(texts(dialog.table)) == 3)
    latest, second, first = texts(dialog.table)
    assert latest[2:4] == ["–", "Too close to now or to another change"]
    assert second[1] == "Deployed v8\nann"
    tip = dialog.table.model().index(1, 1).data(Qt.ItemDataRole.ToolTipRole)
    assert tip.splitlines()[1:] == ["Version 8", "By ann", "From Workbench history"]
    assert second[2:] == [
        "8 min",
        "1 % → 6 %\n+5 worse",
        "120 → 80\n−40 better",
        "$0.000305 → $0.000409\n+$0.000104 worse",
        "0 → 2\n+2 worse",
        "1,000 → 1,000\nunchanged",
    ]
    assert first[3:5] == ["0 % → –\nno data", "330 → –\nno data"]
    assert dialog.state.isHidden()
    assert dialog.stop.isHidden()

    QTest.mouseClick(dialog.save, Qt.MouseButton.LeftButton)
    chooser = dialog.findChild(QFileDialog)
    assert chooser is not None
    file = tmp_path / "before-after.csv"
    chooser.fileSelected.emit(str(file))
    chooser.reject()
    qtbot.waitUntil(file.exists)
    head, _, line, last = file.read_text().splitlines()
    row = dict(zip(head.split(","), line.split(","), strict=True))
    assert row["change"] == "Deployed v8"
    assert row["span_s"] == "480"
    assert (row["error_rate_before"], row["error_rate_difference"], row["error_rate"]) == ("1", "5", "worse")
    assert row["cost_before"].startswith("0.000305")
    assert "no data" in last

    index = dialog.table.model().index(1, 1)
    with qtbot.waitSignal(dialog.finished):
        dialog.table.doubleClicked.emit(index)
    # Half as much again as a side, as far as there is any time.
    assert page.board.sight == (SECOND.when.timestamp() - 720, clock.time_s)


def test_another_length_is_read_anew_and_remembered_and_reading_can_be_stopped(
    page: MetricsPage, stub: StubbedAws, open_dialog: OpenDialog, qtbot: QtBot
) -> None:
    page.changes.find_deploys = lambda _arn: (FIRST,)
    side(stub, -80, 60)
    side(stub, -20, 28, 5)
    dialog = open_dialog()
    qtbot.waitUntil(lambda: bool(texts(dialog.table)))
    side(stub, -35, 15, 100, 0, 0, 50, 100)
    side(stub, -20, 15, 5, 0, 0, 500, 100)
    dialog.spans.setCurrentIndex(0)
    dialog.spans.activated.emit(0)
    qtbot.waitUntil(lambda: [row[2] for row in texts(dialog.table)] == ["15 min"])
    assert texts(dialog.table)[0][4] == "50 → 500\n+450 too few invocations"
    dialog.accept()

    go_on = Event()
    page.changes.find_deploys = lambda _arn: (FIRST,) if go_on.wait(60) else ()
    again = open_dialog()
    assert again.spans.currentData() == 900
    assert again.stop.isVisible()
    QTest.mouseClick(again.stop, Qt.MouseButton.LeftButton)
    go_on.set()
    qtbot.waitUntil(lambda: again.state.text().startswith("Stopped"))
    assert again.stop.isHidden()
    again.reject()


def test_nothing_to_compare_and_no_permission_are_said(
    page: MetricsPage, stub: StubbedAws, open_dialog: OpenDialog, qtbot: QtBot
) -> None:
    page.changes.find_deploys = lambda _arn: ()
    dialog = open_dialog()
    qtbot.waitUntil(lambda: dialog.state.text().startswith("No changes in the time range"))
    dialog.reject()
    page.changes.find_deploys = lambda _arn: (FIRST,)
    refuse(stub)
    dialog = open_dialog()
    qtbot.waitUntil(lambda: "cloudwatch:GetMetricData" in dialog.state.text())
    assert dialog.state.property("role") == "danger"
    assert not dialog.save.isEnabled()
    assert not page.charts["invocations"].message
    dialog.reject()
