"""Fleet Metrics in the whole window, on the Sandbox: worst first, narrowed, and on to charts and logs."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from tests.ui.features.fleet.watcher import FAR, NEAR, Watcher
from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobState
from workbench.metrics.fleet import FleetMeasure, fleet_estimate
from workbench.metrics.series import choose_window
from workbench.profiles.model import Profile
from workbench.ui.features.fleet.feature import METRICS, FleetMetricsFlow
from workbench.ui.features.fleet.metrics_table import BY_ID
from workbench.ui.features.fleet.metrics_window import FleetMetricsWindow


@dataclass
class Observer:
    """Somebody who compares functions."""

    watcher: Watcher

    @property
    def window(self) -> FleetMetricsWindow:
        flow = self.watcher.desk.window.findChild(FleetMetricsFlow)
        assert isinstance(flow, FleetMetricsFlow)
        assert flow.window is not None
        return flow.window

    def make(self, profile: str = "alice", region: str = NEAR, **values: float) -> str:
        """A function, with what CloudWatch says of it ten minutes ago."""
        name = self.watcher.make(profile, region).function_name
        put(self.watcher.at(profile, region), name, values, self.now - timedelta(minutes=10))
        return name

    @property
    def now(self) -> datetime:
        return self.watcher.desk.context.services.clock.now()

    def open(self) -> FleetMetricsWindow:
        self.watcher.desk.context.services.actions[METRICS].trigger()
        self.wait()
        return self.window

    def wait(self) -> None:
        self.watcher.desk.idle()
        self.watcher.desk.until(lambda: not self.window.actions_["fleet_metrics.cancel"].isEnabled())
        self.watcher.desk.idle()

    def shown(self, *columns: str) -> list[tuple[str, ...]]:
        model = self.window.model
        return [
            tuple(str(model.index(number, BY_ID[column]).data()) for column in ("name", *columns))
            for number in range(model.rowCount())
        ]

    def names(self) -> list[str]:
        return [row[0] for row in self.shown()]

    def choose_view(self, measure: FleetMeasure) -> None:
        self.window.view.setCurrentIndex(self.window.view.findData(measure.value))

    def pick(self, name: str, column: str = "name") -> QPoint:
        index = self.window.model.index(self.names().index(name), BY_ID[column])
        spot = self.window.table.visualRect(index).center()
        QTest.mouseClick(self.window.table.viewport(), Qt.MouseButton.LeftButton, pos=spot)
        return spot


def put(connection: Connection, name: str, values: Mapping[str, float], moment: datetime) -> None:
    data = [
        {
            "MetricName": metric,
            "Timestamp": moment,
            "Value": value,
            "Dimensions": [{"Name": "FunctionName", "Value": name}],
        }
        for metric, value in values.items()
    ]
    if data:
        connection.call("cloudwatch", "put_metric_data", Namespace="AWS/Lambda", MetricData=data)


@pytest.fixture
def observer(watcher: Watcher) -> Observer:
    return Observer(watcher)


def test_functions_of_all_places_stand_side_by_side_worst_first(observer: Observer) -> None:
    fine = observer.make(Invocations=100, Errors=0, Duration=20)
    bad = observer.make("alice", FAR, Invocations=10, Errors=4, Throttles=2, Duration=900)
    worse = observer.make("bob", Invocations=1000, Errors=50, Duration=30, IteratorAge=90_000)
    idle = observer.make()
    observer.watcher.choose(["alice", "bob"], [NEAR, FAR])
    observer.open()
    assert observer.shown("errors", "error_rate", "throttles", "p95", "iterator_age", "invocations") == [
        (worse, "50", "5.0 %", "–", "30 ms", "1 min 30 s", "1,000"),
        (bad, "4", "40.0 %", "2", "900 ms", "–", "10"),
        (fine, "0", "0.0 %", "–", "20 ms", "–", "100"),
        (idle, "–", "–", "–", "–", "–", "–"),
    ]
    assert observer.window.count.text() == "Functions: 4"
    assert observer.window.fresh.text().startswith("Metrics updated ")


def test_any_column_sorts_and_what_is_not_known_stays_below(observer: Observer) -> None:
    one = observer.make(Invocations=5, Errors=5, Duration=10)
    two = observer.make(Invocations=50, Errors=0, Duration=500)
    idle = observer.make()
    window = observer.open()
    window.table.sortByColumn(BY_ID["p95"], Qt.SortOrder.DescendingOrder)
    assert observer.names() == [two, one, idle]
    window.table.sortByColumn(BY_ID["p95"], Qt.SortOrder.AscendingOrder)
    assert observer.names() == [one, two, idle]
    window.table.sortByColumn(BY_ID["name"], Qt.SortOrder.AscendingOrder)
    assert observer.names() == sorted([one, two, idle])


def test_words_and_the_check_box_narrow_the_rows(observer: Observer) -> None:
    bad = observer.make(Invocations=5, Errors=5)
    fine = observer.make(Invocations=5, Errors=0)
    window = observer.open()
    window.unhealthy.setChecked(True)
    assert observer.names() == [bad]
    assert window.count.text() == "Functions: 1 of 2"
    window.search.setText(fine)
    assert observer.names() == []
    assert window.empty.accessibleName() == "No functions match"
    window.unhealthy.setChecked(False)
    assert observer.names() == [fine]
    QTest.keyClick(window, Qt.Key.Key_Escape)
    assert window.search.text() == ""
    assert window.isVisible()


def test_a_heat_map_is_sorted_by_its_measure_and_says_each_period(observer: Observer) -> None:
    slow = observer.make(Invocations=5, Errors=0, Duration=2500)
    fast = observer.make(Invocations=5, Errors=1, Duration=25)
    window = observer.open()
    observer.choose_view(FleetMeasure.P95)
    assert observer.names() == [slow, fast]
    assert window.table.isColumnHidden(BY_ID["errors"])
    assert not window.table.isColumnHidden(BY_ID["p95"])
    line = window.model.row(0)
    assert line.figures is not None
    (there,) = [n for n, value in enumerate(line.figures.strips[FleetMeasure.P95]) if value == value]
    assert window.table.period_text(0, there).endswith("Duration p95: 2.50 s")
    assert window.table.period_text(0, there - 1).endswith("Duration p95: –")


def test_a_double_click_opens_the_functions_metrics_where_it_lies(observer: Observer) -> None:
    name = observer.make("bob", FAR, Invocations=5, Errors=1)
    observer.watcher.choose(["alice", "bob"], [NEAR, FAR])
    desk = observer.watcher.desk
    desk.connect()
    window = observer.open()
    spot = observer.pick(name)
    QTest.mouseDClick(window.table.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    desk.until(lambda: desk.opened() == name)
    assert desk.session.profile.name == "bob"
    assert desk.window.page.tabs.currentWidget() is desk.metrics


def test_from_a_spike_to_its_logs(observer: Observer) -> None:
    name = observer.make(Invocations=5, Errors=3)
    put(
        observer.watcher.at("alice"),
        name,
        {"Invocations": 50, "Errors": 0},
        observer.now - timedelta(hours=5),
    )
    desk = observer.watcher.desk
    desk.connect()
    window = observer.open()
    assert not window.actions_["fleet_metrics.logs"].isEnabled()
    observer.pick(name)
    span = window.table.span()
    assert span is not None
    assert span[0] <= observer.now - timedelta(minutes=10) < span[1]
    window.actions_["fleet_metrics.logs"].trigger()
    desk.until(lambda: desk.opened() == name)
    assert desk.window.page.tabs.currentWidget() is desk.logs
    assert desk.logs.bar.span() == span


def test_arrows_pick_another_period(observer: Observer) -> None:
    name = observer.make(Invocations=5, Errors=3)
    window = observer.open()
    observer.pick(name)
    before = window.table.span()
    assert before is not None
    QTest.keyClick(window.table, Qt.Key.Key_Left)  # to the worst one
    QTest.keyClick(window.table, Qt.Key.Key_Left)
    after = window.table.span()
    assert after is not None
    assert after[0] == before[0] - (before[1] - before[0])


def test_a_place_that_may_not_be_read_is_said_and_the_others_are_shown(observer: Observer) -> None:
    name = observer.make(Invocations=5, Errors=1)
    observer.make("bob", Invocations=5, Errors=1)
    observer.watcher.choose(["alice", "bob"], [NEAR])
    observer.open()
    observer.watcher.opener.ready["bob"] = WorkbenchError(
        "Could not connect as bob.", aws_code="AccessDenied"
    )
    observer.window.actions_["fleet_metrics.refresh"].trigger()
    observer.wait()
    (banner,) = observer.window.banners.banners
    assert "Could not connect as bob." in str(banner.error)
    assert banner.error.aws_code == "AccessDenied"
    assert "not read: bob" in observer.window.fresh.text()
    assert name in observer.names()
    observer.watcher.opener.ready["bob"] = observer.watcher.at("alice")
    observer.window.actions_["fleet_metrics.refresh"].trigger()
    observer.wait()
    assert observer.window.banners.banners == []


def test_a_large_reading_is_estimated_first(observer: Observer, monkeypatch: pytest.MonkeyPatch) -> None:
    observer.make(Invocations=5, Errors=1)
    monkeypatch.setattr("workbench.ui.features.fleet.feature._CONFIRM_FROM_USD", 0.0)
    window = observer.open()
    assert window.ask.isVisible()
    assert observer.shown("errors")[0][1] == "–"
    window.read_wanted.emit()
    observer.wait()
    assert observer.shown("errors")[0][1] == "1"
    assert not window.ask.isVisible()


def test_what_was_read_is_drawn_at_once_next_time(
    observer: Observer, monkeypatch: pytest.MonkeyPatch
) -> None:
    observer.make(Invocations=5, Errors=1)
    window = observer.open()
    window.close()
    window.model.forget_figures()
    monkeypatch.setattr("workbench.ui.features.fleet.feature._CONFIRM_FROM_USD", 0.0)
    observer.open()
    assert window.ask.isVisible()  # nothing was read
    assert observer.shown("errors")[0][1] == "1"


def test_the_fleets_cost_is_an_estimate_with_its_prices(observer: Observer) -> None:
    observer.make(Invocations=1_000_000, Errors=0, Duration=100_000_000)
    window = observer.open()
    words = window.cost.text()
    assert words.startswith("Estimated cost: $")
    assert "with the free tier" in words
    assert "without cold starts, which are also billed" in words
    assert "https://aws.amazon.com/lambda/pricing/" in words
    assert "prices as of 2025-10" in words


def test_another_time_forgets_the_figures_of_this_one(observer: Observer) -> None:
    name = observer.make(Invocations=5, Errors=1)
    put(
        observer.watcher.at("alice"),
        name,
        {"Errors": 7, "Invocations": 7},
        observer.now - timedelta(days=3),
    )
    window = observer.open()
    assert observer.shown("errors") == [(name, "1")]
    window.ranges.button(7 * 86_400).click()
    observer.wait()
    assert observer.shown("errors") == [(name, "8")]


def test_closing_the_window_ends_the_reading(observer: Observer) -> None:
    observer.make(Invocations=5, Errors=1)
    observer.watcher.choose(["alice", "bob"], [NEAR])
    window = observer.open()
    held = observer.watcher.opener.held["alice"] = threading.Event()
    window.actions_["fleet_metrics.refresh"].trigger()
    jobs, desk = observer.watcher.desk.context.services.jobs, observer.watcher.desk
    title = "Reading the metrics of the fleet"
    desk.until(lambda: any(each.job.title == title for each in jobs.active()))
    reading = [each for each in jobs.active() if each.job.title == title][-1]
    window.close()
    assert reading.cancelling or reading.state is JobState.CANCELLED
    held.set()
    desk.until(lambda: not window.actions_["fleet_metrics.cancel"].isEnabled())
    assert reading.state is JobState.CANCELLED


def test_no_function_anywhere_says_what_to_do(observer: Observer) -> None:
    window = observer.open()
    assert window.empty.accessibleName() == "No functions"
    assert "All Functions" in window.empty.accessibleDescription()


@pytest.mark.parametrize(("usd", "asks"), [(0.009, False), (0.011, True), (0.99, True)])
def test_a_reading_that_costs_a_cent_or_more_is_asked_about(
    observer: Observer, monkeypatch: pytest.MonkeyPatch, usd: float, asks: bool
) -> None:
    observer.make(Invocations=5, Errors=1)
    span = choose_window(observer.now - timedelta(hours=1), observer.now, 60, observer.now)
    series = fleet_estimate(1, span).series
    monkeypatch.setattr("workbench.metrics.series_cache.USD_PER_SERIES", usd / series)
    monkeypatch.setattr(Profile, "leads_to_aws", True)
    window = observer.open()
    assert window.ask.isVisible() is asks
    assert observer.shown("errors")[0][1] == ("–" if asks else "1")
