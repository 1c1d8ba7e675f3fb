"""What the charts of a function show of its event source mappings and of the account."""

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from tests.aws_stub import StubbedAws
from tests.ui.pages.charted import answer, hello, noon
from tests.ui.pages.conftest import ShowPage, UntilDrawn, detail_named, open_page
from workbench.core.jobs import JobContext
from workbench.functions.versions import list_versions
from workbench.metrics.series import MAPPING_METRICS
from workbench.ui.features.metrics.function_charts import CountedMapping, read_mappings_and_limit
from workbench.ui.features.metrics.page import MetricsPage
from workbench.ui.shell.services import Services

FUNCTION_ARN = detail_named().function_arn
COUNTED = {
    "UUID": "a1b2c3d4-5678-90ab-cdef-111111111111",
    "EventSourceArn": "arn:aws:sqs:eu-central-1:123456789012:orders",
    "FunctionArn": f"{FUNCTION_ARN}:live",
    "MetricsConfig": {"Metrics": ["EventCount"]},
}
QUIET = {
    "UUID": "a1b2c3d4-5678-90ab-cdef-222222222222",
    "EventSourceArn": "arn:aws:dynamodb:eu-central-1:123456789012:table/carts/stream/2026-01-01T00:00:00.000",
    "FunctionArn": FUNCTION_ARN,
}


def _around(stub: StubbedAws, *mappings: dict[str, Any]) -> None:
    stub.answer("lambda", "list_event_source_mappings", {"EventSourceMappings": list(mappings)}, {})
    limit = {"ConcurrentExecutions": 1000, "UnreservedConcurrentExecutions": 990}
    stub.answer("lambda", "get_account_settings", {"AccountLimit": limit}, {})


def _answer_mapping(stub: StubbedAws, **values: float) -> None:
    results = [
        {"Id": f"q{number}", "Timestamps": [noon()] if name in values else []}
        | {"Values": [values[name]] if name in values else []}
        for number, name in enumerate(MAPPING_METRICS)
    ]
    stub.answer("cloudwatch", "get_metric_data", {"MetricDataResults": results})


def test_counted_mappings_have_a_chart_and_of_the_others_one_line_says_how(
    services: Services, show_page: ShowPage, stub: StubbedAws, qtbot: QtBot, until_drawn: UntilDrawn
) -> None:
    page = show_page(MetricsPage(services, read_mappings_and_limit))
    _around(stub, COUNTED, QUIET)
    answer(stub, 3)
    answer(stub, 3)  # the tail, once the mappings are known
    _answer_mapping(stub, PolledEventCount=9, FilteredOutEventCount=4, DeletedEventCount=5)
    open_page(page, hello(stub))
    until_drawn(page)
    qtbot.waitUntil(
        lambda: page.board.shown[-1].readout == "Sum of the range: polled 9 · filtered out 4 · deleted 5"
    )
    chart = page.board.shown[-1]
    assert chart.title == "Events of orders"
    assert page.around.hint.isVisible()
    assert page.around.hint.text() == (
        "1 event source has no metrics. "
        "To count polled, filtered and dropped events, choose Triggers, Edit, Metrics: EventCount."
    )
    assert (
        page.charts["concurrency"].readout == "Maximum of the range: 3 · unreserved account concurrency 990"
    )
    assert "990" in page.charts["concurrency"].toolTip()
    assert [curve.color for curve in chart.curves] == [0, 1, 2]
    page.controls.table_wanted.emit()
    about = page.window().findChild(QLabel, "metricsTableAbout")
    assert about is not None
    assert about.text() == page.around.limit_text
    about.window().close()

    answer(stub, 3)  # of the alias
    _answer_mapping(stub, PolledEventCount=2)
    page._take_version("live")  # which only the queue invokes
    assert not page.around.hint.isVisible()
    until_drawn(page)
    assert page.board.shown[-1].title == "Events of orders"
    answer(stub, 3)
    page._take_version("test")
    assert page.board.shown[-1].title == "Throttles"
    until_drawn(page)


def test_what_may_not_be_read_is_said_below_the_charts(
    services: Services, show_page: ShowPage, stub: StubbedAws, qtbot: QtBot, until_drawn: UntilDrawn
) -> None:
    page = show_page(MetricsPage(services, read_mappings_and_limit))
    denied = ("ListEventSourceMappings", "GetAccountSettings")
    for method, action in zip(("list_event_source_mappings", "get_account_settings"), denied, strict=True):
        words = f"User: me is not authorized to perform: lambda:{action}"
        stub.refuse("lambda", method, "AccessDeniedException", words, 403)
    answer(stub, 3)
    with qtbot.assertNotEmitted(page.failed):
        open_page(page, hello(stub))
        until_drawn(page)
        qtbot.waitUntil(lambda: "lambda:GetAccountSettings" in page.charts["concurrency"].toolTip())
    assert page.charts["concurrency"].readout == "Maximum of the range: 3"
    words = page.around.hint.text()
    assert all(
        f"Ask for the permission lambda:{each} (statement ViewFunctions of view.json" in words
        for each in denied
    )
    _around(stub, QUIET)
    answer(stub, 3)
    QTest.mouseClick(page.controls.refresh_button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: "Ask for" not in page.around.hint.text())  # it may be allowed by now
    assert page.around.hint.isVisible()


def test_of_a_function_that_was_deleted_its_series_stay_and_a_word_says_so(
    services: Services, show_page: ShowPage, stub: StubbedAws, qtbot: QtBot, until_drawn: UntilDrawn
) -> None:
    page = show_page(MetricsPage(services))
    page.changes.read_versions = list_versions
    answer(stub, 3)
    words = f"Function not found: {FUNCTION_ARN}"
    stub.refuse("lambda", "list_versions_by_function", "ResourceNotFoundException", words, 404)
    open_page(page, hello(stub))
    until_drawn(page)
    qtbot.waitUntil(page.changes.note.isVisible)
    assert page.changes.note.text().startswith("The function no longer exists.")
    assert page.charts["invocations"].readout == "Sum of the range: 3"


def test_the_charts_end_at_the_present_of_cloudwatch(
    services: Services, show_page: ShowPage, stub: StubbedAws, until_drawn: UntilDrawn
) -> None:
    page = show_page(MetricsPage(services))
    stub.connection.aws_time.offset_s = 600.0  # as its answers told
    answer(stub, 3)
    open_page(page, hello(stub))
    until_drawn(page)
    assert page._whole is not None
    assert page._whole.window.end_s == services.clock.now().timestamp() + 600


def test_a_mapping_is_named_by_its_source(stub: StubbedAws) -> None:
    self_managed = {
        "UUID": f"{QUIET['UUID'][:-1]}3",
        "FunctionArn": FUNCTION_ARN,
        "MetricsConfig": {"Metrics": []},
    }
    kinesis = QUIET | {
        "UUID": f"{QUIET['UUID'][:-1]}4",
        "EventSourceArn": "arn:aws:kinesis:eu-central-1:123456789012:stream/s",
    }
    _around(stub, COUNTED, QUIET, self_managed, kinesis)
    found = read_mappings_and_limit(stub.connection, detail_named(), JobContext())
    assert found.unreserved == 990
    assert [(each.source, each.qualifier, each.is_counted) for each in found.mappings] == [
        ("orders", "live", True),
        ("carts", "", False),
        ("", "", False),
        ("s", "", False),
    ]
    assert isinstance(found.mappings[0], CountedMapping)
