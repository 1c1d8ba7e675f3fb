"""The controls of the Metrics tab: other times, a version, the period before, how charts are drawn."""

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from tests.aws_stub import ANY, StubbedAws
from tests.ui.hand_clock import HandClock
from tests.ui.pages.charted import answer, hello, noon
from tests.ui.pages.conftest import UntilDrawn, detail_named, open_page, texts
from workbench.metrics.series import FUNCTION_METRICS
from workbench.ui.features.metrics.chart_dialogs import ChartRangeDialog, TableDialog
from workbench.ui.features.metrics.page import MetricsPage
from workbench.ui.shell.services import OpenFunction, Services


def _window(start_h: float, end_h: float) -> dict[str, Any]:
    """A request for a time, in hours before noon."""
    start, end = (
        datetime.fromtimestamp(HandClock().time_s - hours * 3600, UTC) for hours in (start_h, end_h)
    )
    return {"MetricDataQueries": ANY, "StartTime": start, "EndTime": end}


def all_with(result: dict[str, Any]) -> Any:
    """The same result for every series."""
    return {f"q{number}": result for number in range(len(FUNCTION_METRICS))}


def _toggle(page: MetricsPage, name: str) -> None:
    action = page.findChild(QAction, name)
    assert action is not None
    action.trigger()


def test_the_period_before_is_laid_over_dashed(
    page: MetricsPage, stub: StubbedAws, until_drawn: UntilDrawn
) -> None:
    answer(stub, 3)
    open_page(page, hello(stub))
    until_drawn(page)
    answer(stub, 4, _window(1, 0) | {"StartTime": ANY})  # the tail
    old = {"Timestamps": [noon() - timedelta(hours=1)], "Values": [9.0]}
    answer(stub, 9, _window(2, 1), **all_with(old))
    _toggle(page, "metricsCompare")
    until_drawn(page)
    chart = page.charts["invocations"]
    assert chart.readout == "Sum of the range: 4 · before 9"
    answer(stub, 4, _window(1, 0) | {"StartTime": ANY})  # and the time before is over: it is not asked again
    QTest.mouseClick(page.controls.refresh_button, Qt.MouseButton.LeftButton)
    until_drawn(page)
    assert page.controls.status.accessibleName() == "Next update in 30 s"
    assert chart.readout == "Sum of the range: 4 · before 9"
    now, before = chart.curves
    assert before.is_previous
    assert np.nanmax(before.value[before.time_s == noon().timestamp()]) == 9  # an hour later than it was
    assert np.nanmax(now.value[now.time_s == noon().timestamp()]) == 4


def test_a_zoom_reads_finer_points_and_the_legends_are_about_what_is_in_sight(
    page: MetricsPage,
    stub: StubbedAws,
    clock: HandClock,
    qtbot: QtBot,
    until_drawn: UntilDrawn,
) -> None:
    answer(stub, 3)
    open_page(page, hello(stub))
    until_drawn(page)
    answer(stub, 3)
    QTest.mouseClick(page.controls.ranges.button(7 * 86_400), Qt.MouseButton.LeftButton)
    until_drawn(page)
    assert page._whole is not None
    assert page._whole.window.period_s > 60
    first, second = (clock.time_s - 600 + seconds for seconds in (0, 60))
    minutes = [datetime.fromtimestamp(each, UTC) for each in (first, second)]
    points = {"Timestamps": minutes, "Values": [1.0, 2.0]}
    answer(stub, **all_with(points))
    page.board.show_sight(first, second)
    qtbot.waitUntil(lambda: page._finer is not None and not page.shown.is_drawing)
    assert page._finer is not None
    assert page._finer.window.period_s == 60
    assert page.charts["invocations"].readout == "Sum of the range: 1"
    page.board.show_sight(first, second + 60)  # moved on within what was read: nothing is asked
    qtbot.waitUntil(lambda: page.charts["invocations"].readout == "Sum of the range: 3")
    page.charts["errors"].show_whole()
    qtbot.waitUntil(lambda: page._finer is None and not page.shown.is_drawing)
    assert page.charts["invocations"].readout == "Sum of the range: 3"
    assert len(stub.calls) == 3


def test_a_time_of_ones_own_is_read_once_when_it_is_over(
    page: MetricsPage, stub: StubbedAws, clock: HandClock, until_drawn: UntilDrawn
) -> None:
    answer(stub, 3)
    open_page(page, hello(stub))
    until_drawn(page)
    start, end = (clock.now() - timedelta(hours=hours) for hours in (30, 26))
    page.controls._ask()
    dialog = page.findChild(ChartRangeDialog)
    assert dialog is not None
    answer(stub, 3, _window(30, 26))
    dialog.chosen.emit(start, end, False)
    dialog.accept()
    until_drawn(page)
    assert page.controls.status.accessibleName() == "This time range is in the past and is not refreshed"
    assert page.controls.more.isChecked()
    clock.time_s += 3600
    page._tick()
    assert len(stub.calls) == 2


@pytest.mark.parametrize(
    ("days_from", "days_to", "said"),
    [
        (1, 1, "“To” must be later than “From”."),
        (1, 2, "“To” must be later than “From”."),
        (-1, -2, "“From” is in the future."),
        (3650, 0, "CloudWatch retains metrics for 455 days. Set “From” to 2025-04-02 or later."),
    ],
)
def test_a_time_that_cannot_be_is_said(
    page: MetricsPage, clock: HandClock, days_from: int, days_to: int, said: str
) -> None:
    start, end = (clock.now() - timedelta(days=days) for days in (days_from, days_to))
    dialog = ChartRangeDialog(page.services, start, end, page, is_utc=True)
    dialog.chosen.connect(lambda *_: pytest.fail("was taken"))
    dialog.ok.click()
    assert said in [label.text() for label in dialog.findChildren(QLabel)]
    dialog.deleteLater()


def test_no_words_make_the_window_wider(page: MetricsPage) -> None:
    page.controls.show_status(
        "User: me is not authorized to perform cloudwatch:GetMetricData. " * 5, danger=True
    )
    page.controls.show_qualifier("an-alias-of-which-the-name-is-long")
    assert page.controls.minimumSizeHint().width() < 300  # the longest button alone in its line
    assert page.controls.versions.accessibleName().endswith("an-alias-of-which-the-name-is-long")
    page.controls.show_qualifier("")
    assert page.controls.versions.text() == "All versions"


def test_a_version_has_metrics_of_its_own(
    page: MetricsPage, stub: StubbedAws, until_drawn: UntilDrawn
) -> None:
    answer(stub, 3)
    open_page(page, hello(stub))
    until_drawn(page)
    answer(stub, 8)
    page._take_version("live")
    assert page.charts["invocations"].message == "Loading…"
    until_drawn(page)
    assert page.charts["invocations"].readout == "Sum of the range: 8"
    assert page._whole is not None
    assert page._whole.series[0].spec.dimensions == (("FunctionName", "hello"), ("Resource", "hello:live"))
    assert page.controls.versions.text() == "live"
    page.show_function(OpenFunction(stub.connection, detail_named("other")))
    assert page.controls.versions.text() == "All versions"


def test_times_in_utc_and_a_logarithmic_scale_are_remembered(
    page: MetricsPage, services: Services, stub: StubbedAws, until_drawn: UntilDrawn
) -> None:
    answer(stub, 1000)
    open_page(page, hello(stub))
    until_drawn(page)
    for name in ("metricsUtc", "metricsLog"):
        _toggle(page, name)
    chart = page.charts["invocations"]
    assert "11:50: " in chart.table_text()
    assert chart.plot is not None
    assert chart.plot.area.viewRange()[1][1] == pytest.approx(3, abs=0.3)  # ten to the third
    rate = page.charts["successRate"].plot
    assert rate is not None
    assert rate.area.viewRange()[1][1] > 100  # percents stay linear
    again = MetricsPage(services)
    assert again.controls.is_utc
    assert again.controls.is_log
    again.deleteLater()


def test_all_numbers_can_be_read_as_a_table(
    page: MetricsPage, stub: StubbedAws, qtbot: QtBot, until_drawn: UntilDrawn
) -> None:
    later = noon() + timedelta(minutes=1)
    answer(stub, q0={"Timestamps": [noon(), later], "Values": [3.0, 1204.0]})
    open_page(page, hello(stub))
    until_drawn(page)
    _toggle(page, "metricsUtc")
    _toggle(page, "metricsTable")
    dialog = page.window().findChild(TableDialog)
    assert dialog is not None
    qtbot.waitUntil(lambda: dialog.table.model().rowCount() == 2)
    model = dialog.table.model()
    assert [row[:3] for row in texts(dialog.table)] == [
        ["2026-07-01 11:51", "1,204", "–"],
        ["2026-07-01 11:50", "3", "3"],
    ]
    titles = [model.headerData(column, Qt.Orientation.Horizontal) for column in range(model.columnCount())]
    assert titles[:3] == ["Time (UTC)", "Invocations", "Errors"]
    assert "Duration (ms) p99" in titles
    dialog.accept()
