"""Calls that are made again, and states that are waited for."""

import math

import pytest

from workbench.aws.retry import Backoff, paced, poll, retry
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext


class Job(JobContext):
    """A job whose pauses are written down instead of slept; cancelled during the pause of a number."""

    def __init__(self, cancelled_at: int = 0) -> None:
        super().__init__()
        self.pauses: list[float] = []
        self._cancelled_at = cancelled_at

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        if len(self.pauses) == self._cancelled_at:
            raise Cancelled


class Call:
    """A call that is refused with these codes, one after the other, before it succeeds."""

    def __init__(self, *codes: str) -> None:
        self._codes = list(codes)
        self.count = 0

    def __call__(self) -> str:
        self.count += 1
        if self._codes:
            raise WorkbenchError("No.", "", "", aws_code=self._codes.pop(0))
        return "done"


def is_busy(error: WorkbenchError) -> bool:
    return error.aws_code == "Busy"


def test_a_call_is_made_again_after_growing_pauses_up_to_the_longest() -> None:
    job, call = Job(), Call(*["Busy"] * 5)
    told: list[str] = []
    backoff = Backoff(1.0, longest_s=5.0)
    assert retry(call, job, backoff, is_busy, lambda error: told.append(error.aws_code)) == "done"
    assert job.pauses == [1.0, 2.0, 4.0, 5.0, 5.0]
    assert told == ["Busy"] * 5


@pytest.mark.parametrize(
    ("backoff", "count"),
    [(Backoff(1.0, attempts=3), 3), (Backoff(1.0, total_s=7.0), 4), (Backoff(1.0, total_s=6.9), 3)],
)
def test_the_last_error_is_raised_once_attempts_or_time_are_used_up(backoff: Backoff, count: int) -> None:
    job, call = Job(), Call(*["Busy"] * 99)
    with pytest.raises(WorkbenchError, match="No"):
        retry(call, job, backoff, is_busy)
    assert call.count == count
    assert len(job.pauses) == count - 1


def test_an_error_that_does_not_pass_is_raised_at_once() -> None:
    job, call = Job(), Call("Busy", "Denied", "Busy")
    with pytest.raises(WorkbenchError) as caught:
        retry(call, job, Backoff(1.0), is_busy)
    assert caught.value.aws_code == "Denied"
    assert job.pauses == [1.0]


def test_cancel_ends_a_pause() -> None:
    job, call = Job(cancelled_at=2), Call(*["Busy"] * 9)
    with pytest.raises(Cancelled):
        retry(call, job, Backoff(1.0), is_busy)
    assert call.count == 2


def test_a_pause_is_no_shorter_than_its_share_of_the_wait() -> None:
    job, call = Job(), Call(*["Busy"] * 6)
    retry(call, job, Backoff(1.0, longest_s=3.0, factor=1.0, share_of_wait=0.5), is_busy)
    assert job.pauses == [1.0, 1.0, 1.0, 1.5, 2.25, 3.0]


def test_jitter_shortens_a_pause_by_half_at_most() -> None:
    pauses = {Backoff(1.0, jitter=True).pause_s(1) for _ in range(100)}
    assert all(0.5 <= each <= 1.0 for each in pauses)
    assert len(pauses) > 1


def test_any_number_of_attempts_has_a_pause() -> None:
    assert Backoff(0.1, longest_s=5.0).pause_s(5000) == 5.0
    assert Backoff(0.1).pause_s(5000) == math.inf


def test_what_is_read_is_returned_once_it_is_as_wanted() -> None:
    job, states = Job(), iter(["Creating", "Creating", "Enabled"])
    seen: list[str] = []
    state = poll(
        lambda: next(states), lambda each: each == "Enabled", job, Backoff(0.5, factor=1.0), seen.append
    )
    assert state == "Enabled"
    assert (seen, job.pauses) == (["Creating"] * 2, [0.5, 0.5])


def test_what_was_read_last_is_returned_when_it_never_is_as_wanted() -> None:
    job = Job()
    state = poll(lambda: "Creating", lambda each: each == "Enabled", job, Backoff(1.0, total_s=3.0))
    assert (state, job.pauses) == ("Creating", [1.0, 2.0])


def test_an_error_while_reading_is_raised_at_once() -> None:
    job = Job()
    with pytest.raises(WorkbenchError):
        poll(Call("Busy"), lambda _: True, job, Backoff(1.0))
    assert not job.pauses


def test_tenacity_is_loaded_by_the_first_retry_alone() -> None:
    import subprocess
    import sys

    code = "import sys, workbench.aws.retry; sys.exit('tenacity' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_the_last_pause_before_a_deadline_is_shortened_to_it() -> None:
    job = Job()
    reads: list[int] = []

    def read() -> int:
        reads.append(len(reads))
        return reads[-1]

    last = poll(read, lambda _: False, job, Backoff(1.0), time_left_s=lambda: 5.0 - sum(job.pauses))
    assert job.pauses == [1.0, 2.0, 2.0]
    assert last == 3


def test_nothing_is_waited_for_once_the_deadline_is_over() -> None:
    job = Job()
    assert poll(lambda: 1, lambda _: False, job, Backoff(1.0), time_left_s=lambda: -1.0) == 1
    assert job.pauses == []


def test_requests_in_a_row_are_parted_by_a_pause_until_there_is_no_more() -> None:
    job = Job()
    assert [number for number, _ in zip(paced(job, 0.5), range(3), strict=False)] == [0, 1, 2]
    assert set(job.pauses) == {0.5}


def test_a_pause_that_the_service_requests_replaces_that_of_the_backoff() -> None:
    job, requested_s = Job(), iter([7.0, 0.0])
    call = Call("Busy", "Busy")
    assert retry(call, job, Backoff(1.0), is_busy, requested_pause_s=lambda _: next(requested_s)) == "done"
    assert job.pauses == [7.0, 2.0]
