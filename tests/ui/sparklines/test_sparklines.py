"""Sparklines in the list of functions and in All Functions: of the rows in sight, of their own account."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from PySide6.QtCore import QObject, QRect, QSize, Qt, QTimer
from PySide6.QtGui import QColor, QImage, QPainter
from pytestqt.qtbot import QtBot

from tests.aws_stub import StubbedAws
from tests.ui.features.fleet.test_fleet_metrics import put
from tests.ui.features.fleet.watcher import Watcher
from tests.ui.hand_clock import HandClock
from workbench.aws.connection import Connection
from workbench.aws.retry import RateBudget
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.functions.fleet import Scope
from workbench.metrics.fleet import RECENT_PERIOD_S as PERIOD_S
from workbench.metrics.fleet import RECENT_SPAN_S as SPAN_S
from workbench.sandbox.samples import SampleTraffic
from workbench.ui.features.fleet.table import BY_ID
from workbench.ui.features.functions.feature import SPARKLINES, ListSparklines
from workbench.ui.kit.theme import Theme
from workbench.ui.shell.function_rows import SPARKLINE_ROLE, SUMMARY_ROLE
from workbench.ui.shell.services import Services
from workbench.ui.shell.sparklines import (
    FRESH_FREE_S,
    FRESH_S,
    Sparkline,
    SparklineReader,
    SparklineRow,
    SparklineStore,
)

WORDS = "1,234 invocations, 5 errors in 3 hours"
SCOPE = Scope("alice", "eu-central-1")


def test_the_list_and_the_table_show_what_their_own_account_did(watcher: Watcher) -> None:
    desk, services = watcher.desk, watcher.desk.context.services
    ago = services.clock.now() - timedelta(minutes=10)
    for profile in ("alice", "bob"):
        watcher.make(profile, name="same-name")
    put(watcher.at("alice"), "same-name", {"Invocations": 1_234, "Errors": 5}, ago)
    action, (sparklines,) = services.actions[SPARKLINES], desk.window.findChildren(ListSparklines)
    desk.connect()
    row = desk.window.functions.model.index_of("same-name")
    assert not action.isChecked(), "AWS charges for it: nobody has asked for it"
    assert sparklines._in_list() == []
    assert row.data(SPARKLINE_ROLE) is None

    action.trigger()
    assert action.isChecked()
    notice = desk.banner("Sparklines are on")
    assert notice is not None
    assert "$0.01 per 1,000" in str(notice.error)
    desk.until(lambda: desk.window.functions.model.index_of("same-name").data(SPARKLINE_ROLE))
    row = desk.window.functions.model.index_of("same-name")
    assert row.data(Qt.ItemDataRole.AccessibleTextRole).endswith(WORDS)
    assert row.data(Qt.ItemDataRole.ToolTipRole).endswith(WORDS)
    arn, now = row.data(SUMMARY_ROLE).function_arn, services.clock.now()
    services.samples.take(SampleTraffic(frozenset({arn}), ago, now))
    assert f"{WORDS}\nIncludes sample traffic until " in row.data(Qt.ItemDataRole.ToolTipRole)
    services.samples.take(None)
    assert not desk.window.functions.view.grab().isNull()

    watcher.choose(["alice", "bob"], [row.data(Qt.ItemDataRole.UserRole + 1).region])
    window = watcher.open()

    def cells(role: Qt.ItemDataRole) -> dict[str, object]:
        model = window.model
        return {
            model.row(number).profile_name: model.index(number, BY_ID["recent"]).data(role)
            for number in range(model.rowCount())
        }

    expected = {"alice": WORDS, "bob": "No invocations in 3 hours"}
    desk.until(lambda: cells(Qt.ItemDataRole.AccessibleTextRole) == expected)
    sorting = window.model.sorting
    window.table.horizontalHeader().setSortIndicator(BY_ID["recent"], Qt.SortOrder.DescendingOrder)
    assert window.model.sorting == sorting, "only the rows in sight are known: nothing can be sorted by it"
    assert window.table.horizontalHeader().sortIndicatorSection() == sorting[0]

    window.hide()  # a list opens in the window that is active
    desk.choose("bob")
    desk.wait_for_list()
    desk.until(lambda: desk.window.functions.model.index_of("same-name").data(SPARKLINE_ROLE))
    words = desk.window.functions.model.index_of("same-name").data(Qt.ItemDataRole.AccessibleTextRole)
    assert words.endswith("No invocations in 3 hours")

    action.trigger()
    assert not action.isChecked()
    assert desk.window.functions.model.index_of("same-name").data(SPARKLINE_ROLE) is None
    assert cells(Qt.ItemDataRole.DisplayRole) == {"alice": "Off", "bob": "Off"}


class Eye(QObject):
    """Somebody who looks at rows of Alice's."""

    def __init__(self, services: Services, aws: StubbedAws) -> None:
        super().__init__()
        self.rows: list[SparklineRow] = []
        self.kept = SparklineStore(self)
        self.heard: list[WorkbenchError] = []
        self.delay_s = 0.0
        self.connecting = 0
        self.is_free = False

        def connect(_scope: Scope, ctx: JobContext) -> Connection:
            delay_s, self.connecting = self.delay_s, self.connecting + 1
            ctx.sleep(delay_s)
            return aws.connection

        self.reader = SparklineReader(
            services,
            self.kept,
            lambda: self.rows,
            connect,
            lambda _scope: self.is_free,
            RateBudget(),
            "eye",
            self,
        )
        self.reader.refused.connect(self.heard.append)

    def look_at(self, *names: str) -> None:
        self.rows = [SparklineRow(SCOPE, "123456789012", name) for name in names]
        self.reader.look()

    def descriptions(self) -> list[str]:
        return [self.kept.description(row) for row in self.rows]


@pytest.fixture
def eye(services: Services, aws: StubbedAws) -> Iterator[Eye]:
    eye = Eye(services, aws)
    yield eye
    eye.deleteLater()


def _answer(aws: StubbedAws, clock: HandClock, *values: float) -> None:
    moment = datetime.fromtimestamp(clock.time_s - PERIOD_S, UTC)
    results = [
        {"Id": f"q{number}", "Timestamps": [moment], "Values": [value], "StatusCode": "Complete"}
        for number, value in enumerate(values)
    ]
    aws.answer("cloudwatch", "get_metric_data", {"MetricDataResults": results})


def test_rows_in_sight_are_read_together_and_again_after_five_minutes(
    eye: Eye, aws: StubbedAws, clock: HandClock, qtbot: QtBot
) -> None:
    _answer(aws, clock, 7, 1, 0, 0)
    eye.look_at("one", "two")
    qtbot.waitUntil(lambda: all(eye.descriptions()))
    assert eye.descriptions() == ["7 invocations, 1 error in 3 hours", "No invocations in 3 hours"]

    clock.time_s += FRESH_S - 1
    _answer(aws, clock, 1, 0)
    eye.look_at("one", "two", "three")  # scrolled: only what is new is asked for
    qtbot.waitUntil(lambda: all(eye.descriptions()))
    assert eye.descriptions()[2] == "1 invocation, 0 errors in 3 hours"
    assert len(aws.calls) == 2

    eye.look_at("one")
    clock.time_s += 1
    _answer(aws, clock, 9, 0)
    (again,) = [each for each in eye.reader.findChildren(QTimer) if not each.isSingleShot()]
    assert again.isActive()
    again.setInterval(1)  # nobody moves: they are read again by themselves
    qtbot.waitUntil(lambda: eye.descriptions() == ["9 invocations, 0 errors in 3 hours"])
    assert len(aws.calls) == 3


def test_where_it_costs_nothing_they_are_read_again_within_the_same_five_minutes(
    eye: Eye, aws: StubbedAws, services: Services, clock: HandClock, qtbot: QtBot
) -> None:
    eye.is_free = True
    clock.time_s = clock.time_s // PERIOD_S * PERIOD_S + 1  # two looks have room before the next period
    _answer(aws, clock, 7, 1)
    eye.look_at("one")
    qtbot.waitUntil(lambda: eye.descriptions() == ["7 invocations, 1 error in 3 hours"])
    qtbot.waitUntil(lambda: not services.jobs.active())  # while one reads, no other begins
    clock.time_s += FRESH_FREE_S
    _answer(aws, clock, 9, 1)
    eye.look_at("one")
    qtbot.waitUntil(lambda: eye.descriptions() == ["9 invocations, 1 error in 3 hours"])


def test_rows_that_have_gone_out_of_sight_hold_nobody_up(
    eye: Eye, aws: StubbedAws, services: Services, clock: HandClock, qtbot: QtBot
) -> None:
    eye.delay_s = 600
    eye.look_at("slow")
    qtbot.waitUntil(lambda: eye.connecting == 1)
    eye.delay_s = 0
    _answer(aws, clock, 3, 0)
    eye.look_at("quick")
    qtbot.waitUntil(lambda: eye.descriptions() == ["3 invocations, 0 errors in 3 hours"])
    eye.look_at()
    qtbot.waitUntil(lambda: not services.jobs.active())
    assert len(aws.calls) == 1


def test_metrics_that_may_not_be_read_say_why_once_and_are_tried_again_later(
    eye: Eye, aws: StubbedAws, clock: HandClock, qtbot: QtBot
) -> None:
    words = "User: alice is not authorized to perform: cloudwatch:GetMetricData"
    aws.refuse("cloudwatch", "get_metric_data", "AccessDenied", words, 403)
    with qtbot.waitSignal(eye.reader.refused):
        eye.look_at("one", "two")
    assert [error.aws_code for error in eye.heard] == ["AccessDenied"]
    assert [eye.kept.short(row) for row in eye.rows] == ["Not loaded", "Not loaded"]
    assert all("AccessDenied" in said for said in eye.descriptions())

    clock.time_s += FRESH_S
    _answer(aws, clock, 2, 0, 2, 0)
    eye.look_at("one", "two")
    qtbot.waitUntil(lambda: eye.descriptions() == ["2 invocations, 0 errors in 3 hours"] * 2)
    assert len(eye.heard) == 1
    eye.reader.forget()
    assert eye.descriptions() == ["", ""]


def _colors(line: Sparkline, theme: Theme, area: QRect) -> set[str]:
    """What is painted in a part of a cell."""
    image = QImage(QSize(80, 20), QImage.Format.Format_RGB32)
    image.fill(QColor(theme.colors.base))
    painter = QPainter(image)
    line.paint(painter, QRect(4, 2, 72, 16), theme.colors)
    painter.end()
    return {
        image.pixelColor(x, y).name()
        for x in range(area.left(), area.right() + 1)
        for y in range(area.top(), area.bottom() + 1)
    }


def test_errors_are_marked_below_the_line_where_they_were(theme: Theme) -> None:
    periods = SPAN_S // PERIOD_S
    quiet, half = [0.0] * periods, periods // 2
    ran = [3.0] * half + [8.0] * (periods - half)
    line = Sparkline(ran, [0.0] * (periods - 1) + [2.0])
    last, others = QRect(66, 14, 12, 5), QRect(4, 14, 60, 5)
    assert theme.colors.danger in _colors(line, theme, last)
    assert _colors(line, theme, others) == {theme.colors.base}, "no error, no mark"
    assert _colors(Sparkline(ran, quiet), theme, last) == {theme.colors.base}
    idle = _colors(Sparkline(quiet, quiet), theme, QRect(0, 0, 80, 20))
    assert idle == {theme.colors.base, theme.colors.muted}
