"""The Metrics tab: charts of real invocations, read again in time, and words where none can be drawn."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot

from tests.aws_stub import ANY, StubbedAws
from tests.sandbox_functions import create_function
from tests.ui.accessible import faults
from tests.ui.hand_clock import HandClock
from tests.ui.pages.charted import answer, hello, noon, refuse
from tests.ui.pages.conftest import ShowPage, UntilDrawn, detail_named, open_page
from workbench.aws.connection import Connection
from workbench.core.clock import SystemClock
from workbench.core.errors import WorkbenchError
from workbench.metrics.series import FUNCTION_METRICS, OPTIONAL_METRICS
from workbench.ui.features.metrics.chart_dialogs import write
from workbench.ui.features.metrics.page import MetricsPage
from workbench.ui.shell.services import OpenFunction, Services


def test_charts_show_what_the_function_did(
    services: Services,
    connection: Connection,
    show_page: ShowPage,
    until_drawn: UntilDrawn,
) -> None:
    function = create_function(connection, "def handler(event, context):\n    return 1 / event['by']\n")
    for payload in (b'{"by": 1}', b'{"by": 2}', b'{"by": 4}', b'{"by": 0}'):
        connection.call("lambda", "invoke", FunctionName=function.function_name, Payload=payload)
    page = show_page(MetricsPage(replace(services, clock=SystemClock())))
    open_page(page, OpenFunction(connection, function))
    until_drawn(page)
    page.deactivate()
    readouts = {name: chart.readout for name, chart in page.charts.items()}
    assert readouts["invocations"] == "Sum of the range: 4"
    assert readouts["errors"] == "Sum of the range: 1"
    assert readouts["successRate"] == "Rate of the range: 75 %"
    figure, _, durations = readouts["duration"].partition(": ")
    assert figure == "Latest value"
    assert [text.split(" ")[0] for text in durations.split(" · ")] == [
        "p50",
        "p90",
        "p99",
        "max",
        "timeout",
    ]
    assert readouts["duration"].endswith("timeout 10,000")
    assert readouts["concurrency"] == "Maximum of the range: 1"
    assert not any(chart.message for chart in page.board.shown if chart is not page.charts["throttles"])


def test_only_charts_that_have_data_are_shown_and_only_those_are_read_again(
    page: MetricsPage, stub: StubbedAws, until_drawn: UntilDrawn
) -> None:
    ages = len(FUNCTION_METRICS) + OPTIONAL_METRICS.index(("IteratorAge", "Maximum"))
    late = {"Id": f"q{ages}", "StatusCode": "Complete", "Timestamps": [noon()], "Values": [7.0]}
    assert page.charts["iteratorAge"] not in page.board.shown
    answer(stub, 3, more=[late])
    open_page(page, hello(stub))
    until_drawn(page)
    assert [chart.title for chart in page.board.shown] == [
        "Invocations",
        "Errors",
        "Success rate",
        "Duration (ms)",
        "Concurrent executions",
        "Throttles",
        "Iterator age (ms)",
    ]
    assert page.charts["iteratorAge"].readout == "Maximum of the range: 7"
    assert faults(page.window()) == []
    assert page.charts["iteratorAge"].isVisible()
    now = page.services.clock.now()
    asked = page._ask(now, now, 800, look=False).specs
    assert [spec.metric_name for spec in asked[len(FUNCTION_METRICS) :]] == ["IteratorAge"]
    page.show_function(OpenFunction(stub.connection, detail_named("other")))
    assert page.charts["iteratorAge"] not in page.board.shown
    assert len(page._ask(now, now, 800, look=True).specs) == len(FUNCTION_METRICS) + len(OPTIONAL_METRICS)


def test_what_is_kept_on_disk_is_drawn_before_cloudwatch_answers(
    page: MetricsPage,
    services: Services,
    show_page: ShowPage,
    stub: StubbedAws,
    until_drawn: UntilDrawn,
    qtbot: QtBot,
) -> None:
    answer(stub, 3)
    open_page(page, hello(stub))
    until_drawn(page)
    page.deactivate()
    later = show_page(MetricsPage(services))
    refuse(stub)
    open_page(later, hello(stub))
    qtbot.waitUntil(lambda: "cloudwatch:GetMetricData" in later.controls.error.text())
    until_drawn(later)
    assert later.charts["invocations"].readout == "Sum of the range: 3"
    assert (services.paths.cache_dir / "metrics.sqlite").exists()  # with what the fleet's window keeps
    assert not services.paths.data_dir.exists() or not list(services.paths.data_dir.glob("*.sqlite"))


def test_of_what_only_a_part_is_kept_the_rest_is_drawn(
    page: MetricsPage, services: Services, show_page: ShowPage, stub: StubbedAws, until_drawn: UntilDrawn
) -> None:
    first = len(FUNCTION_METRICS) + OPTIONAL_METRICS.index(("AsyncEventAge", "Average"))
    ages = [{"Id": f"q{first + n}", "Timestamps": [noon()], "Values": [n + 5.0]} for n in range(2)]
    answer(stub, 3, more=[ages[0] | {"StatusCode": "PartialData"}, ages[1]])  # the first of them is not kept
    open_page(page, hello(stub))
    until_drawn(page)
    assert page.charts["asyncAge"].readout == "Latest value: average 5 · max 6"
    page.deactivate()
    later = show_page(MetricsPage(services))
    refuse(stub)
    open_page(later, hello(stub))
    until_drawn(later)
    assert later.charts["invocations"].readout == "Sum of the range: 3"
    assert later.charts["asyncAge"] not in later.board.shown


def test_limits_are_drawn_where_curves_cannot_go_over_them(
    page: MetricsPage, stub: StubbedAws, until_drawn: UntilDrawn
) -> None:
    answer(stub, 4)
    detail = replace(detail_named(Timeout=3), reserved_concurrency=5)
    open_page(page, OpenFunction(stub.connection, detail))
    until_drawn(page)
    assert page.charts["duration"].readout.endswith("max 4 · timeout 3,000")
    assert page.charts["concurrency"].readout == "Maximum of the range: 4 · reserved 5"
    duration, concurrency = page.charts["duration"].plot, page.charts["concurrency"].plot
    assert duration is not None
    assert concurrency is not None
    assert duration.area.viewRange()[1][1] < 100  # far from the limit: its line would flatten the curves
    assert concurrency.area.viewRange()[1][1] > 5


def test_it_says_when_it_reads_next_and_does(
    page: MetricsPage,
    stub: StubbedAws,
    clock: HandClock,
    qtbot: QtBot,
    until_drawn: UntilDrawn,
) -> None:
    answer(stub, 3)
    open_page(page, hello(stub))
    until_drawn(page)
    assert page.controls.status.accessibleName() == "Next update in 30 s"
    clock.time_s += 18
    page._tick()
    assert page.controls.status.accessibleName() == "Next update in 12 s"
    answer(stub, 4)
    clock.time_s += 13
    qtbot.waitUntil(lambda: len(stub.calls) == 2)  # the page's own beat
    until_drawn(page)
    assert page.charts["invocations"].readout == "Sum of the range: 4"
    assert page.controls.status.accessibleName() == "Next update in 30 s"


def test_an_invocation_makes_it_read_soon_and_then_less_often(
    page: MetricsPage, stub: StubbedAws, clock: HandClock, until_drawn: UntilDrawn
) -> None:
    answer(stub)
    open_page(page, hello(stub))
    until_drawn(page)
    page.expect_change()
    said = [page.controls.status.accessibleName()]
    for pause_s in (2, 5, 10, 20, 30):
        answer(stub)
        clock.time_s += pause_s
        page._tick()
        until_drawn(page)
        said.append(page.controls.status.accessibleName())
    assert said == [f"Next update in {left_s} s" for left_s in (2, 5, 10, 20, 30, 30)]


def test_a_hidden_page_reads_nothing(
    page: MetricsPage, stub: StubbedAws, clock: HandClock, until_drawn: UntilDrawn
) -> None:
    page.show_function(hello(stub))
    assert stub.calls == []
    answer(stub)
    page.activate()
    until_drawn(page)
    page.deactivate()
    assert not page._beat.isActive()
    clock.time_s += 3600
    page.expect_change()
    page._tick()
    assert len(stub.calls) == 1


def test_no_permission_is_said_in_the_charts_place(page: MetricsPage, stub: StubbedAws, qtbot: QtBot) -> None:
    refuse(stub)
    with qtbot.assertNotEmitted(page.failed):  # no banner over the work
        open_page(page, hello(stub))
        qtbot.waitUntil(lambda: "cloudwatch:GetMetricData" in page.charts["errors"].message)
    assert all("cloudwatch:GetMetricData" in chart.message for chart in page.charts.values())
    assert page.controls.status.accessibleName().startswith("Next update")


def test_charts_stay_when_a_refresh_fails(
    page: MetricsPage, stub: StubbedAws, qtbot: QtBot, until_drawn: UntilDrawn
) -> None:
    answer(stub, 3)
    open_page(page, hello(stub))
    until_drawn(page)
    refuse(stub)
    QTest.mouseClick(page.controls.refresh_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "cloudwatch:GetMetricData" in page.controls.error.text())
    assert page.charts["invocations"].readout == "Sum of the range: 3"
    (beat,) = [each for each in page.findChildren(QTimer) if each.interval() == 1000]
    with qtbot.waitSignals([beat.timeout, beat.timeout]):
        beat.setInterval(1)
    assert "cloudwatch:GetMetricData" in page.controls.error.text(), "until the next update"
    assert page.controls.error.isVisible()
    assert page.controls.status.accessibleName() == "Not refreshed"
    answer(stub, 4)
    QTest.mouseClick(page.controls.refresh_button, Qt.MouseButton.LeftButton)
    assert page.controls.error.isVisible(), "the charts do not jump while it is tried again"
    until_drawn(page)
    assert page.charts["invocations"].readout == "Sum of the range: 4"
    assert page.controls.error.isHidden()


def test_a_series_problem_is_its_charts_alone(
    page: MetricsPage, stub: StubbedAws, until_drawn: UntilDrawn
) -> None:
    internal = {
        "StatusCode": "InternalError",
        "Messages": [{"Code": "InternalError", "Value": "Try later"}],
        "Timestamps": [],
        "Values": [],
    }
    answer(stub, q2=internal, q8={"StatusCode": "PartialData"})
    open_page(page, hello(stub))
    until_drawn(page)
    assert page.charts["throttles"].message == "InternalError: InternalError Try later"
    assert page.charts["concurrency"].message == ""
    assert page.charts["concurrency"]._title.text().endswith("⚠")
    assert page.charts["invocations"].message == ""
    assert "⚠" not in page.charts["invocations"]._title.text()


def test_without_percentiles_the_average_is_shown(
    page: MetricsPage, stub: StubbedAws, until_drawn: UntilDrawn
) -> None:
    none: dict[str, Any] = {"Timestamps": [], "Values": []}
    answer(stub, 7, q4=none, q5=none, q6=none)
    open_page(page, hello(stub))
    until_drawn(page)
    assert page.charts["duration"].readout == "Latest value: average 7 · max 7 · timeout 3,000"
    assert page.charts["duration"]._title.toolTip() == "CloudWatch has no percentiles of these durations."


def test_a_range_is_read_and_remembered(
    page: MetricsPage, services: Services, stub: StubbedAws, until_drawn: UntilDrawn
) -> None:
    answer(stub)
    open_page(page, hello(stub))
    until_drawn(page)
    now = datetime.fromtimestamp(HandClock().time_s, UTC)
    start = datetime.fromtimestamp(HandClock().time_s - 12 * 3600, UTC)
    answer(stub, expected={"MetricDataQueries": ANY, "StartTime": start, "EndTime": now})
    QTest.mouseClick(page.controls.ranges.button(12 * 3600), Qt.MouseButton.LeftButton)
    assert page.charts["invocations"].message == "Loading…"
    until_drawn(page)
    again = MetricsPage(services)
    assert again.controls.ranges.checkedId() == 12 * 3600
    again.deleteLater()


def test_a_late_answer_for_another_function_is_not_shown(
    page: MetricsPage, stub: StubbedAws, until_drawn: UntilDrawn
) -> None:
    other = StubbedAws()
    answer(stub, 3)
    answer(other, 5)
    open_page(page, hello(stub))
    page.show_function(OpenFunction(other.connection, detail_named("other")))
    assert page.charts["invocations"].message == "Loading…"
    until_drawn(page)
    assert page.charts["invocations"].readout == "Sum of the range: 5"


def test_a_newer_state_of_the_function_keeps_the_charts(
    page: MetricsPage, stub: StubbedAws, until_drawn: UntilDrawn
) -> None:
    answer(stub, 3)
    open_page(page, hello(stub))
    until_drawn(page)
    answer(stub, 4)
    page.show_function(hello(stub))
    assert page.charts["invocations"].message == ""
    until_drawn(page)
    assert page.charts["invocations"].readout == "Sum of the range: 4"


@pytest.mark.parametrize(
    ("name", "begin"),
    [("a.png", b"\x89PNG"), ("a.svg", b"<?xml"), ("a.csv", b"time,"), ("a.PNG", b"\x89PNG")],
)
def test_the_charts_are_saved_by_the_files_ending(
    page: MetricsPage,
    stub: StubbedAws,
    tmp_path: Path,
    qtbot: QtBot,
    until_drawn: UntilDrawn,
    name: str,
    begin: bytes,
) -> None:
    answer(stub)
    open_page(page, hello(stub))
    until_drawn(page)
    for what, place in ((page.charts["errors"], tmp_path / f"one-{name}"), (page.board, tmp_path / name)):
        page.save(what)
        dialog = page.findChildren(QFileDialog)[-1]
        dialog.fileSelected.emit(str(place))
        dialog.reject()
        qtbot.waitUntil(place.exists)
        assert place.read_bytes().startswith(begin)


def test_an_image_that_cannot_be_saved_is_a_message(page: MetricsPage, tmp_path: Path, qtbot: QtBot) -> None:
    (tmp_path / "file").write_text("in the way")
    with qtbot.waitSignal(page.failed) as caught:
        write(str(tmp_path / "file" / "image.png"), lambda: b"PNG", page.services, page.failed.emit)
    assert isinstance(caught.args[0], WorkbenchError)


def test_no_function_is_no_reading(page: MetricsPage, stub: StubbedAws) -> None:
    page.clear()
    page._tick()
    page._read()
    assert stub.calls == []
