"""The changes that the Metrics tab marks: ours, those of others once they are read, and what is said else."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from PySide6.QtGui import QAction
from pytestqt.qtbot import QtBot

from tests.aws_stub import StubbedAws
from tests.ui.hand_clock import HandClock
from tests.ui.pages.charted import answer, hello, noon
from tests.ui.pages.conftest import ShowPage, UntilDrawn, open_page, texts
from workbench.functions.versions import list_versions
from workbench.metrics.changes import EVENTS, ChangeKind, FunctionChange, RecordSource
from workbench.sandbox.samples import SampleTraffic
from workbench.ui.features.metrics.chart_dialogs import TableDialog
from workbench.ui.features.metrics.page import MetricsPage
from workbench.ui.shell.services import Services

OURS = FunctionChange(
    noon(), frozenset({ChangeKind.CODE}), (RecordSource.HISTORY,), code_sha256="ours-sha", who="ann"
)


@pytest.fixture
def page(services: Services, show_page: ShowPage) -> MetricsPage:
    page = show_page(MetricsPage(services))
    page.changes.find_deploys = lambda arn: (OURS,) if arn.endswith(":hello") else ()
    page.changes.read_versions = list_versions
    return page


def _versions(stub: StubbedAws) -> None:
    """$LATEST is of our deploy; version 8 was published by others, and stands on a second page."""
    rows = [
        {
            "Version": version,
            "CodeSha256": sha,
            "LastModified": f"{noon() + timedelta(minutes=minutes):%FT%T%z}",
        }
        for version, sha, minutes in (("$LATEST", "ours-sha", 1), ("8", "theirs-sha", 5))
    ]
    asked: dict[str, Any] = {"FunctionName": "hello"}
    first = {"Versions": rows[:1], "NextMarker": "more"}
    stub.answer("lambda", "list_versions_by_function", first, asked)
    stub.answer("lambda", "list_versions_by_function", {"Versions": rows[1:]}, asked | {"Marker": "more"})


def _labels(page: MetricsPage) -> list[str]:
    return [marker.label for marker in page.board.markers]


def _toggle_trail(page: MetricsPage) -> None:
    action = page.findChild(QAction, "metricsTrail")
    assert action is not None
    action.trigger()


def test_changes_of_others_are_marked_once_read_and_not_asked_for_again_and_again(
    page: MetricsPage, stub: StubbedAws, clock: HandClock, qtbot: QtBot, until_drawn: UntilDrawn
) -> None:
    answer(stub, 3)
    _versions(stub)
    open_page(page, hello(stub))
    until_drawn(page)
    qtbot.waitUntil(lambda: _labels(page) == ["Deployed ours-sha", "Published v8"])
    assert page.changes.note.isHidden()
    text = page.board.shown[0].table_text()
    assert "Deployed ours-sha · Code SHA-256 ours-sha · By ann" in text
    assert "Published v8 · Version 8 · Code SHA-256 theirs-sha · Unknown user" in text
    answer(stub, 4)
    clock.time_s += 31
    page._tick()
    until_drawn(page)
    qtbot.waitUntil(lambda: page.charts["invocations"].readout == "Sum of the range: 4")
    assert [call.operation for call in stub.calls].count("ListVersionsByFunction") == 2  # two pages, once
    assert _labels(page) == ["Deployed ours-sha", "Published v8"]
    action = page.findChild(QAction, "metricsTable")
    assert action is not None
    action.trigger()
    dialog = page.window().findChild(TableDialog)
    assert dialog is not None
    qtbot.waitUntil(lambda: dialog.table.model().rowCount() > 0)
    changes = [each for row in texts(dialog.table) for each in row[-1].split("; ") if each]
    assert sorted(each.partition(" · ")[0].split(" ", 2)[2] for each in changes) == [
        "Deployed ours-sha",
        "Published v8",
    ]
    assert all(set(row[1:-1]) != {"–"} for row in texts(dialog.table))  # no row has nothing but a change
    dialog.accept()


def test_sample_traffic_is_marked_and_said(
    page: MetricsPage, stub: StubbedAws, services: Services, qtbot: QtBot, until_drawn: UntilDrawn
) -> None:
    answer(stub, 3)
    _versions(stub)
    opened = hello(stub)
    arns = frozenset({opened.detail.function_arn})
    services.samples.take(SampleTraffic(arns, noon() - timedelta(minutes=9), noon() - timedelta(minutes=5)))
    open_page(page, opened)
    until_drawn(page)
    qtbot.waitUntil(lambda: len(_labels(page)) == 3)
    assert _labels(page)[0].startswith("Sample traffic until ")
    assert page.changes.note.text().startswith("Includes sample traffic until ")


def test_more_changes_than_charts_bear_are_said(
    page: MetricsPage, stub: StubbedAws, until_drawn: UntilDrawn
) -> None:
    many = tuple(
        replace(
            OURS, when=noon() + timedelta(seconds=2 * number), code_sha256=f"sha-{number}", who=f"{number}"
        )
        for number in range(203)
    )
    page.changes.find_deploys = lambda _arn: many
    page.changes.read_versions = None
    answer(stub, 3)
    open_page(page, hello(stub))
    until_drawn(page)
    assert len(page.board.markers) == 200
    assert page.board.markers[-1].time_s == many[-1].when.timestamp()
    words = "Only the newest 200 of 203 changes are marked. Choose a shorter time range."
    assert page.changes.note.text() == words
    page.changes.find_deploys = lambda _arn: many[:2]
    answer(stub, 3)
    page.controls.refresh_button.click()
    until_drawn(page)
    assert page.changes.note.isHidden()


def test_versions_that_may_not_be_read_are_a_sentence_and_the_charts_are_there(
    page: MetricsPage, stub: StubbedAws, qtbot: QtBot, until_drawn: UntilDrawn
) -> None:
    answer(stub, 3)
    words = "User: me is not authorized to perform: lambda:ListVersionsByFunction"
    stub.refuse("lambda", "list_versions_by_function", "AccessDeniedException", words, 403)
    with qtbot.assertNotEmitted(page.failed):
        open_page(page, hello(stub))
        until_drawn(page)
        qtbot.waitUntil(page.changes.note.isVisible)
    assert page.changes.note.text().startswith("Only changes made with Workbench are marked.")
    assert "lambda:ListVersionsByFunction" in page.changes.note.text()
    assert page.charts["invocations"].readout == "Sum of the range: 3"
    assert _labels(page) == ["Deployed ours-sha"]


def test_cloudtrail_is_asked_only_when_wanted_and_tells_who(
    page: MetricsPage, services: Services, stub: StubbedAws, qtbot: QtBot, until_drawn: UntilDrawn
) -> None:
    answer(stub, 3)
    _versions(stub)
    open_page(page, hello(stub))
    until_drawn(page)
    qtbot.waitUntil(lambda: len(_labels(page)) == 2)
    assert "LookupEvents" not in [call.operation for call in stub.calls]

    answer(stub, 3)
    _versions(stub)
    words = "User: me is not authorized to perform: cloudtrail:LookupEvents"
    stub.refuse("cloudtrail", "lookup_events", "AccessDeniedException", words)
    with qtbot.assertNotEmitted(page.failed):
        _toggle_trail(page)
        qtbot.waitUntil(page.changes.note.isVisible)
    assert page.changes.note.text().startswith("CloudTrail could not be read.")
    assert "cloudtrail:LookupEvents" in page.changes.note.text()
    assert len(_labels(page)) == 2
    until_drawn(page)
    answer(stub, 3)
    _toggle_trail(page)
    assert page.changes.note.isHidden()
    until_drawn(page)

    record = {
        "eventTime": f"{noon() + timedelta(minutes=5, seconds=2):%FT%TZ}",
        "userIdentity": {"arn": "arn:aws:iam::123456789012:user/bob"},
        "requestParameters": {"functionName": "hello"},
        "responseElements": {"version": "8", "codeSha256": "theirs-sha"},
    }
    answer(stub, 3)
    _versions(stub)
    for name in EVENTS:
        events = (
            [{"EventName": name, "CloudTrailEvent": json.dumps(record)}] if name.startswith("Pub") else []
        )
        stub.answer("cloudtrail", "lookup_events", {"Events": events})
    _toggle_trail(page)
    qtbot.waitUntil(lambda: "By bob" in page.board.markers[-1].text)
    assert _labels(page) == ["Deployed ours-sha", "Published v8"]
    assert page.board.markers[-1].text.endswith("By bob\nFrom published versions, CloudTrail")
    again = MetricsPage(services)
    assert again.controls.has_cloudtrail
    again.deleteLater()
