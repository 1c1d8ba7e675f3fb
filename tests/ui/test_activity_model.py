"""The rows of the Activity panel: which there are, in which order, and what they say."""

import gc
import threading
import weakref
from datetime import UTC, datetime

import pytest
from PySide6.QtCore import QModelIndex, Qt
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from tests.ui.hand_clock import HandClock
from workbench.aws.connection import ApiCall
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job, JobContext, JobHandle, JobRunner, JobState
from workbench.ui.kit.theme import Theme
from workbench.ui.shell.activity import ActivityColumn, ActivityKind, ActivityModel


def call(
    operation: str = "UpdateFunctionCode", status: int = 200, code: str = "", write: bool = True
) -> ApiCall:
    when = datetime(2026, 7, 1, 12, 0, 5, tzinfo=UTC)
    return ApiCall("lambda", operation, "eu-west-1", "req-1", status, 41.7, write, code, when)


@pytest.fixture
def model(qtbot: QtBot, jobs: JobRunner, clock: HandClock, theme: Theme) -> ActivityModel:
    model = ActivityModel(clock, theme)
    jobs.on_change = model.job_changed
    return model


def row(model: ActivityModel, number: int = 0) -> list[str]:
    return [model.index(number, column).data() for column in ActivityColumn]


def titles(model: ActivityModel) -> list[str]:
    return [model.index(number, ActivityColumn.ACTIVITY).data() for number in range(model.rowCount())]


def test_a_write_is_kept_with_all_that_support_asks_for(model: ActivityModel) -> None:
    model.add_call(call())
    local = datetime(2026, 7, 1, 12, 0, 5, tzinfo=UTC).astimezone().strftime("%H:%M:%S")
    assert row(model) == [local, "lambda:UpdateFunctionCode", "200", "42 ms", "eu-west-1", "req-1", ""]


def test_reads_are_not_kept(model: ActivityModel) -> None:
    model.add_call(call("GetFunction", write=False))
    assert model.rowCount() == 0


def test_a_refused_write_says_why_in_words_and_colour(model: ActivityModel, theme: Theme) -> None:
    model.add_call(call(status=409, code="ResourceConflictException"))
    model.add_call(call(status=0, code="ConnectTimeoutError"))
    assert row(model, 1)[ActivityColumn.STATE] == "409"
    assert row(model, 1)[ActivityColumn.DETAILS] == "ResourceConflictException"
    assert row(model, 0)[ActivityColumn.STATE] == "No response"
    color = model.index(1, ActivityColumn.STATE).data(Qt.ItemDataRole.ForegroundRole)
    assert color.name() == theme.colors.danger


def test_a_job_is_followed_from_waiting_to_done(
    model: ActivityModel, jobs: JobRunner, clock: HandClock, qtbot: QtBot
) -> None:
    go, end = threading.Event(), threading.Event()

    def work(ctx: JobContext) -> None:
        ctx.progress(1, 4, "10 of 40 MB")
        go.wait()
        ctx.progress(3, 4, "30 of 40 MB")
        end.wait()

    jobs.submit(Job("Deploying hello-http", work))
    try:
        qtbot.waitUntil(lambda: row(model)[ActivityColumn.STATE] == "Running, 25 %")
        assert row(model)[ActivityColumn.ACTIVITY] == "Deploying hello-http"
        go.set()
        qtbot.waitUntil(lambda: row(model)[ActivityColumn.STATE] == "Running, 75 %")
        assert row(model)[ActivityColumn.DETAILS] == "30 of 40 MB"
        clock.time_s += 1.5
        model.tick()
        assert row(model)[ActivityColumn.DURATION] == "1.50 s"
    finally:
        go.set()
        end.set()
    qtbot.waitUntil(lambda: row(model)[ActivityColumn.STATE] == "Done")
    clock.time_s += 60
    assert row(model)[ActivityColumn.DURATION] == "1.50 s"
    assert row(model)[ActivityColumn.DETAILS] == ""
    assert not model.running
    assert model.rowCount() == 1


def test_a_failed_job_says_what_why_and_request_id(
    model: ActivityModel, jobs: JobRunner, qtbot: QtBot
) -> None:
    error = WorkbenchError("No.", "You may not.", aws_code="AccessDeniedException", request_id="req-9")

    def work(_ctx: JobContext) -> None:
        raise error

    jobs.submit(Job("Deploying", work, on_error=lambda _error: None))
    qtbot.waitUntil(lambda: model.rowCount() == 1 and row(model)[ActivityColumn.STATE] == "Failed")
    assert row(model)[ActivityColumn.REQUEST_ID] == "req-9"
    assert row(model)[ActivityColumn.DETAILS] == "No. You may not. [AccessDeniedException]"


def test_cancelling_shows_until_the_job_ends(model: ActivityModel, jobs: JobRunner, qtbot: QtBot) -> None:
    end = threading.Event()

    def work(ctx: JobContext) -> None:
        end.wait()
        ctx.check()

    handle = jobs.submit(Job("Stubborn", work))
    try:
        qtbot.waitUntil(lambda: model.rowCount() == 1 and row(model)[ActivityColumn.STATE] == "Running")
        handle.cancel()
        model.tick()
        assert row(model)[ActivityColumn.STATE] == "Cancelling…"
    finally:
        end.set()
    qtbot.waitUntil(lambda: row(model)[ActivityColumn.STATE] == "Cancelled")


def test_a_job_that_ends_before_its_first_news_still_gets_one_row(model: ActivityModel) -> None:
    handle = JobHandle(1, Job[object]("Quick", lambda _ctx: None), JobState.DONE)
    for _ in range(3):
        model.job_changed(handle)
    assert titles(model) == ["Quick"]
    assert row(model)[ActivityColumn.STATE] == "Done"


def test_quiet_jobs_appear_only_when_they_fail(model: ActivityModel) -> None:
    good = JobHandle(1, Job[object]("Refresh", lambda _ctx: None, quiet=True), JobState.RUNNING)
    bad = JobHandle(2, Job[object]("Refresh metrics", lambda _ctx: None, quiet=True), JobState.RUNNING)
    model.job_changed(good)
    model.job_changed(bad)
    assert model.rowCount() == 0
    good.state = JobState.DONE
    bad.state, bad.error = JobState.FAILED, WorkbenchError("No.")
    for handle in (good, bad, good, bad):
        model.job_changed(handle)
    assert titles(model) == ["Refresh metrics"]
    assert not model.running
    assert list(model._jobs) == [2]


def test_the_newest_is_first_and_the_oldest_go_after_a_thousand(model: ActivityModel) -> None:
    for number in range(1005):
        model.add_call(call(f"Op{number}"))
    assert model.rowCount() == 1000
    assert titles(model)[0] == "lambda:Op1004"
    assert titles(model)[-1] == "lambda:Op5"


def test_a_finished_job_lets_go_of_what_it_worked_with(model: ActivityModel) -> None:
    class Package:
        pass

    def run_a_job() -> weakref.ref[Package]:
        package = Package()
        handle = JobHandle(1, Job[object]("Uploading", lambda _ctx: package), JobState.RUNNING)
        model.job_changed(handle)
        handle.state = JobState.DONE
        model.job_changed(handle)
        return weakref.ref(package)

    kept = run_a_job()
    gc.collect()
    assert kept() is None


def test_it_keeps_the_rules_of_item_models(model: ActivityModel) -> None:
    QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal, model)
    for number in range(20):
        model.job_changed(JobHandle(number, Job[object]("Deploying", lambda _ctx: None), JobState.RUNNING))
        model.add_call(call())
    model.tick()


def test_the_filter_keeps_one_kind(model: ActivityModel) -> None:
    model.add_call(call("CreateAlias"))
    model.job_changed(JobHandle(1, Job[object]("Deploying", lambda _ctx: None), JobState.RUNNING))
    assert titles(model) == ["Deploying", "lambda:CreateAlias"]
    model.narrow(ActivityKind.WRITES)
    assert titles(model) == ["lambda:CreateAlias"]
    model.add_call(call("Invoke"))
    assert titles(model) == ["lambda:Invoke", "lambda:CreateAlias"]
    model.narrow(ActivityKind.JOBS)
    assert titles(model) == ["Deploying"]


def test_screen_readers_hear_a_row_as_one_sentence(model: ActivityModel) -> None:
    model.add_call(call())
    heard = model.index(0, ActivityColumn.TIME).data(Qt.ItemDataRole.AccessibleTextRole)
    assert heard.endswith("lambda:UpdateFunctionCode, 200, 42 ms, eu-west-1, req-1")
    assert model.row(0) == call()
    assert model.data(QModelIndex()) is None
