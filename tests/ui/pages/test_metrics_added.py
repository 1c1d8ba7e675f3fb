"""Charts that a person adds on the Metrics tab: of the catalogue, and of any metric that is found."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from tests.aws_stub import StubbedAws
from tests.ui.pages.charted import answer, hello, noon
from tests.ui.pages.conftest import ShowPage, UntilDrawn, detail_named, open_page
from workbench.metrics import series
from workbench.metrics.series import FUNCTION_METRICS, OPTIONAL_METRICS, MetricSpec
from workbench.ui.features.metrics.chart_dialogs import FindMetricsDialog
from workbench.ui.features.metrics.page import MetricsPage
from workbench.ui.shell.services import OpenFunction, Services

ORDERS = MetricSpec("Orders", "Average", (("stage", "prod"),), "Shop")


def _titles(page: MetricsPage) -> list[str]:
    return [chart.title for chart in page.board.shown]


def _answer_one(stub: StubbedAws, value: float) -> None:
    """What was never read is asked for apart from the others, of which only the tail is."""
    result = {"Id": "q0", "StatusCode": "Complete", "Timestamps": [noon()], "Values": [value]}
    stub.answer("cloudwatch", "get_metric_data", {"MetricDataResults": [result]})


def _choose(page: MetricsPage, text: str) -> None:
    menu = page.controls.add_button.menu()
    assert menu is not None
    menu.aboutToShow.emit()
    next(action for action in menu.actions() if action.text() == text).trigger()


def test_a_chart_without_data_is_added_remembered_and_taken_off(
    page: MetricsPage, services: Services, show_page: ShowPage, stub: StubbedAws, until_drawn: UntilDrawn
) -> None:
    answer(stub, 3)
    open_page(page, hello(stub))
    until_drawn(page)
    answer(stub, 3)
    _choose(page, "Dead letter errors")
    chart = page.charts["deadLetterErrors"]
    assert chart.message == "Loading…"
    until_drawn(page)
    assert chart.message == "No data in this time range"
    assert _titles(page)[-1] == "Dead letter errors"

    again = show_page(MetricsPage(services))
    answer(stub, 3)
    open_page(again, hello(stub))
    assert _titles(again)[-1] == "Dead letter errors"  # before anything is read
    until_drawn(again)
    assert again.charts["deadLetterErrors"].message == "No data in this time range"
    again.show_function(OpenFunction(stub.connection, detail_named("other")))
    assert "Dead letter errors" not in _titles(again)  # of another function
    again.deactivate()

    remove = page.findChild(QAction, "deadLetterErrorsChartRemove")
    assert remove is not None
    assert remove.isVisible()
    remove.trigger()
    assert "Dead letter errors" not in _titles(page)
    assert not remove.isVisible()
    later = show_page(MetricsPage(services))
    later.show_function(hello(stub))
    assert "Dead letter errors" not in _titles(later)


def test_a_metric_of_ones_own_has_a_chart_like_the_others(
    page: MetricsPage, services: Services, show_page: ShowPage, stub: StubbedAws, until_drawn: UntilDrawn
) -> None:
    answer(stub, 3)
    open_page(page, hello(stub))
    until_drawn(page)
    answer(stub, 3)
    _answer_one(stub, -0.25)
    page.added.add_metrics((ORDERS,))
    until_drawn(page)
    chart = page.board.shown[-1]
    assert chart.title == "Orders, average · prod"
    assert chart.readout == "Latest value: -0.25"
    assert chart.plot is not None
    assert chart.plot.area.viewRange()[1][0] < -0.25  # below zero is in sight
    page.board.show_crosshair(noon().timestamp())
    page.charts["errors"].pointed.emit(None)  # one crosshair
    page.board.show_sight(noon().timestamp() - 60, noon().timestamp() + 120)
    assert chart.sight == page.charts["errors"].sight is not None
    assert "Orders, average · prod" in page.board.csv().splitlines()[0]
    page.charts["errors"].show_whole()
    page.deactivate()

    again = show_page(MetricsPage(services))
    place = len(FUNCTION_METRICS) + len(OPTIONAL_METRICS)
    answer(stub, 3, more=[{"Id": f"q{place}", "Timestamps": [noon()], "Values": [7.5]}])
    open_page(again, hello(stub))
    until_drawn(again)
    assert again.board.shown[-1].readout == "Latest value: 7.5"
    answer(stub, 3)
    _choose(again, "Orders, average · prod")  # its tick is taken away
    assert "Orders, average · prod" not in _titles(again)
    assert len(again.board.charts) == len(again.charts)
    assert services.settings.get("metrics.charts", {"x": 1}) == {}


def test_metrics_are_looked_for_and_a_chart_is_added(
    page: MetricsPage,
    stub: StubbedAws,
    qtbot: QtBot,
    until_drawn: UntilDrawn,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answer(stub, 3)
    open_page(page, hello(stub))
    until_drawn(page)
    listed = [
        {"Namespace": "Shop", "MetricName": name, "Dimensions": [{"Name": "stage", "Value": "prod"}]}
        for name in ("Orders", "Latency")
    ]
    stub.answer("cloudwatch", "list_metrics", {"Metrics": listed}, {})
    _choose(page, "Custom Metric…")
    dialog = page.window().findChild(FindMetricsDialog)
    assert dialog is not None
    qtbot.waitUntil(lambda: dialog.state.text() == "2 found in 2 metrics")
    assert not dialog.add.isEnabled()
    assert {"Sum", "SampleCount", "p50", "p99.9"} <= {
        dialog.stat.itemData(place) for place in range(dialog.stat.count())
    }
    words = "User: me is not authorized to perform: cloudwatch:ListMetrics"
    stub.refuse("cloudwatch", "list_metrics", "AccessDenied", words, 403)
    QTest.keyClicks(dialog.words, "order")
    QTest.keyClick(dialog.words, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: "cloudwatch:ListMetrics" in dialog.state.text())
    assert dialog.state.property("role") == "danger"
    monkeypatch.setattr(series, "MAX_FOUND", 0)
    stub.answer("cloudwatch", "list_metrics", {"Metrics": listed}, {})
    dialog.search()
    qtbot.waitUntil(lambda: "Narrow the search" in dialog.state.text())
    monkeypatch.undo()
    expected = {"Dimensions": [{"Name": "FunctionName", "Value": "hello"}]}
    stub.answer("cloudwatch", "list_metrics", {"Metrics": listed}, expected)
    dialog.mine.click()
    qtbot.waitUntil(lambda: dialog.state.text() == "1 found in 2 metrics")
    dialog.table.selectRow(0)
    answer(stub, 3)
    _answer_one(stub, 2.0)
    dialog.add.click()
    assert dialog.state.text() == "1 chart added"
    dialog.reject()
    until_drawn(page)
    assert page.added.now.metrics == (ORDERS,)
    (curve,) = page.board.shown[-1].curves
    assert np.nanmax(curve.value) == 2
