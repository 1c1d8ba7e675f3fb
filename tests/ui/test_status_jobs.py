"""The status bar's view of jobs, with real jobs on real threads."""

import threading
from collections.abc import Callable, Iterator

import pytest
from PySide6.QtWidgets import QLabel, QProgressBar, QPushButton
from pytestqt.qtbot import QtBot

from tests.ui.hand_clock import HandClock
from workbench.core.jobs import Job, JobContext, JobHandle, JobRunner, JobState
from workbench.ui.shell.status_jobs import StatusJobs


class Work:
    """What a test's job does: says how far it is, then waits until told to end."""

    def __init__(self, *progress: tuple[float, float, str]) -> None:
        self._progress = progress
        self.end = threading.Event()
        self.heeds_cancel = True

    def __call__(self, ctx: JobContext) -> None:
        for done, total, text in self._progress:
            ctx.progress(done, total, text)
        while not self.end.wait(0.005):
            if self.heeds_cancel:
                ctx.check()


Start = Callable[..., JobHandle]


@pytest.fixture
def status(qtbot: QtBot, jobs: JobRunner, clock: HandClock) -> StatusJobs:
    status = StatusJobs(clock)
    qtbot.addWidget(status)
    jobs.on_change = status.job_changed
    return status


@pytest.fixture
def start(jobs: JobRunner) -> Iterator[Start]:
    """Starts a job; whatever is still running ends with the test."""
    works: list[Work] = []

    def begin(
        title: str,
        work: Work,
        *,
        quiet: bool = False,
        immediate: bool = False,
        lane: str = "",
        replaces: str = "",
    ) -> JobHandle:
        works.append(work)
        return jobs.submit(Job(title, work, lane=lane, replaces=replaces, quiet=quiet, immediate=immediate))

    yield begin
    for work in works:
        work.end.set()


def text(status: StatusJobs) -> str:
    label = status.findChild(QLabel, "jobTitle")
    assert label is not None
    return label.text()


def button(status: StatusJobs, name: str) -> QPushButton:
    found = status.findChild(QPushButton, name)
    assert found is not None
    return found


def bar(status: StatusJobs) -> QProgressBar:
    found = status.findChild(QProgressBar)
    assert found is not None
    return found


def shown(status: StatusJobs) -> bool:
    return not status.isHidden()


def test_a_job_shows_its_title_progress_and_text(
    status: StatusJobs, start: Start, clock: HandClock, qtbot: QtBot
) -> None:
    start("Deploying hello-http", Work((12.4, 40, "12.4 of 40 MB")))
    qtbot.waitUntil(lambda: bool(status._active))
    clock.time_s += 0.2
    qtbot.waitUntil(lambda: text(status) == "Deploying hello-http · 12.4 of 40 MB")
    assert shown(status)
    assert bar(status).value() / bar(status).maximum() == pytest.approx(0.31)


def test_a_job_of_unknown_length_has_a_busy_bar(
    status: StatusJobs, start: Start, clock: HandClock, qtbot: QtBot
) -> None:
    start("Listing", Work())
    qtbot.waitUntil(lambda: bool(status._active))
    clock.time_s += 0.2
    qtbot.waitUntil(lambda: shown(status))
    assert (bar(status).minimum(), bar(status).maximum()) == (0, 0)


def test_a_short_job_never_shows(status: StatusJobs, start: Start, clock: HandClock, qtbot: QtBot) -> None:
    work = Work()
    handle = start("Short", work)
    qtbot.waitUntil(lambda: bool(status._active))
    clock.time_s += 0.14
    with qtbot.waitSignal(status._timer.timeout):
        pass
    assert not shown(status)
    work.end.set()
    qtbot.waitUntil(lambda: handle.finished and not status._active)
    clock.time_s += 1
    assert not shown(status)


def test_a_job_that_was_just_asked_for_shows_at_once(status: StatusJobs, start: Start, qtbot: QtBot) -> None:
    start("Deploying hello-http", Work(), immediate=True)
    qtbot.waitUntil(lambda: shown(status))  # the clock stands still
    assert text(status) == "Deploying hello-http"
    assert button(status, "jobCancel").isEnabled()


def test_it_hides_and_its_timer_rests_when_all_is_done(
    status: StatusJobs, start: Start, clock: HandClock, qtbot: QtBot
) -> None:
    work = Work()
    start("Long", work)
    qtbot.waitUntil(lambda: bool(status._active))
    clock.time_s += 0.2
    qtbot.waitUntil(lambda: shown(status))
    work.end.set()
    qtbot.waitUntil(lambda: not shown(status))
    assert not status._timer.isActive()


def test_quiet_jobs_never_show(status: StatusJobs, start: Start, clock: HandClock, qtbot: QtBot) -> None:
    start("Refreshing", Work(), quiet=True)
    loud = start("Loud", Work())
    qtbot.waitUntil(lambda: list(status._active) == [loud.number])
    clock.time_s += 0.2
    qtbot.waitUntil(lambda: text(status) == "Loud")
    assert button(status, "jobCount").text().startswith("1 ")


def test_the_newest_running_job_is_shown_and_all_are_counted(
    status: StatusJobs, start: Start, clock: HandClock, qtbot: QtBot
) -> None:
    older, newer = Work(), Work()
    start("Older", older)
    start("Newer", newer, lane="function")
    start("Queued behind it", Work(), lane="function")
    qtbot.waitUntil(lambda: len(status._active) == 3)
    clock.time_s += 0.2
    qtbot.waitUntil(lambda: text(status) == "Newer")
    assert button(status, "jobCount").text().startswith("3 ")
    newer.end.set()
    qtbot.waitUntil(lambda: text(status) == "Queued behind it")


def test_cancel_says_so_until_the_job_ends(
    status: StatusJobs, start: Start, clock: HandClock, qtbot: QtBot
) -> None:
    work = Work()
    work.heeds_cancel = False
    handle = start("Stubborn", work)
    qtbot.waitUntil(lambda: bool(status._active))
    clock.time_s += 0.2
    qtbot.waitUntil(lambda: shown(status))
    assert button(status, "jobCancel").accessibleName() == "Cancel: Stubborn"
    button(status, "jobCancel").click()
    assert text(status) == "Cancelling… Stubborn"
    assert not button(status, "jobCancel").isEnabled()
    assert handle.cancelling
    work.heeds_cancel = True
    qtbot.waitUntil(lambda: not shown(status))


def test_a_replaced_job_gives_way_at_once(
    status: StatusJobs, start: Start, clock: HandClock, qtbot: QtBot
) -> None:
    work = Work()
    work.heeds_cancel = False
    old = start("Old query", work, replaces="query")
    qtbot.waitUntil(lambda: old.state is JobState.RUNNING)
    start("New query", Work(), replaces="query")
    qtbot.waitUntil(lambda: len(status._active) == 2)
    clock.time_s += 0.2
    qtbot.waitUntil(lambda: text(status) == "New query")
    assert button(status, "jobCount").text().startswith("1 ")


def test_the_count_asks_for_the_activity_panel(status: StatusJobs, qtbot: QtBot) -> None:
    with qtbot.waitSignal(status.activity_wanted):
        button(status, "jobCount").click()


def test_a_long_title_does_not_push_the_buttons_out(
    status: StatusJobs, start: Start, clock: HandClock, qtbot: QtBot
) -> None:
    start("Deploying " + "x" * 400, Work())
    qtbot.waitUntil(lambda: bool(status._active))
    clock.time_s += 0.2
    qtbot.waitUntil(lambda: shown(status))
    assert status.sizeHint().width() < 800
