"""Following a group: every line once, in spite of late delivery, and never a busy loop."""

from typing import Any

import pytest

from tests.aws_stub import StubbedAws
from tests.fake_time import START, FakeClock, FakeContext
from tests.logs.lines import GROUP, event
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.logs.fetch import to_ms
from workbench.logs.tail import TailState, tail

T = to_ms(START)


class Group:
    """A log group in memory behind the stub: answers each poll with what it holds by then."""

    def __init__(self, aws: StubbedAws, ctx: FakeContext) -> None:
        self.aws = aws
        self.ctx = ctx
        self.polls = 0
        self.script: list[list[dict[str, Any]] | str] = []
        ctx.on_sleep = self.prepare

    def prepare(self) -> None:
        """The next poll's answer: the script's next entry, then nothing for ever."""
        entry = self.script.pop(0) if self.script else []
        if isinstance(entry, str):
            self.aws.refuse("logs", "filter_log_events", entry, "words")
        else:
            self.aws.answer("logs", "filter_log_events", {"events": entry})
        self.polls += 1


def _tail(stubbed: StubbedAws, seconds: float, *script: list[dict[str, Any]] | str) -> FakeContext:
    clock = FakeClock()
    ctx = FakeContext(clock, cancel_after_s=seconds)
    group = Group(stubbed, ctx)
    group.script = list(script)
    group.prepare()
    with pytest.raises(Cancelled):
        tail(stubbed.connection, GROUP, START, ctx, clock=clock)
    return ctx


@pytest.fixture
def stubbed() -> StubbedAws:
    """Without the check that all was asked: the last answer is prepared as the tail is cancelled."""
    return StubbedAws()


def _emitted(ctx: FakeContext) -> list[list[str]]:
    return [[line.message for line in batch] for batch in ctx.items if isinstance(batch, tuple)]


def test_each_line_comes_once(stubbed: StubbedAws) -> None:
    first, second, third = event(T, "1"), event(T + 500, "2"), event(T + 1500, "3")
    ctx = _tail(stubbed, 4, [first], [first, second], [first, second], [first, second, third])
    assert _emitted(ctx) == [["1"], ["2"], ["3"]]


def test_a_line_that_comes_late_behind_newer_ones_is_not_lost(stubbed: StubbedAws) -> None:
    newer, late = event(T + 9000, "newer", "s1"), event(T + 1000, "late", "s2")
    ctx = _tail(stubbed, 3, [newer], [late, newer])
    assert _emitted(ctx) == [["newer"], ["late"]]


def test_the_search_starts_later_and_later_and_forgets_what_it_saw(stubbed: StubbedAws) -> None:
    """60 lines a second for an hour: the memory of ids stays that of the overlap."""
    seen: list[int] = []
    clock = FakeClock()
    ctx = FakeContext(clock, cancel_after_s=3600)

    def call(service: str, method: str, **request: Any) -> dict[str, Any]:
        seen.append(request["startTime"])
        now_ms = T + int(clock.passed_s * 1000)
        first = max(request["startTime"], T)
        return {"events": [event(time_ms, "x") for time_ms in range(first - first % 100, now_ms, 100)]}

    stubbed.connection.call = call  # type: ignore[method-assign,assignment]  # 3,600 answers are too many to stub
    with pytest.raises(Cancelled):
        tail(stubbed.connection, GROUP, START, ctx, clock=clock)
    assert seen == sorted(seen)
    assert seen[0] == T
    assert seen[-1] > T + 3_580_000
    lines = [line for batch in ctx.items if isinstance(batch, tuple) for line in batch]
    assert len(lines) == len({line.event_id for line in lines}) > 35_000


@pytest.mark.parametrize("script", [[], [[event(T, "once")]]])
def test_an_idle_group_is_asked_at_most_once_a_second_and_then_less(
    stubbed: StubbedAws, script: list[list[dict[str, Any]]]
) -> None:
    ctx = _tail(stubbed, 180, *script)
    assert min(ctx.slept) >= 1.0
    assert len(stubbed.calls) <= 105  # 60 in the first minute, then one in three seconds
    assert len(_emitted(ctx)) == len(script)


def test_a_group_that_does_not_exist_yet_is_waited_for(stubbed: StubbedAws) -> None:
    ctx = _tail(stubbed, 12, "ResourceNotFoundException", "ResourceNotFoundException", [event(T, "hello")])
    assert _emitted(ctx) == [["hello"]]
    states = [item for item in ctx.items if isinstance(item, TailState)]
    assert states == [TailState.NO_GROUP, TailState.CAUGHT_UP]


def test_a_busy_service_is_left_alone_for_longer_each_time(stubbed: StubbedAws) -> None:
    ctx = _tail(stubbed, 20, *["ThrottlingException"] * 12, [event(T, "through")])
    # botocore tries each poll three times itself; the pauses between polls double.
    assert ctx.slept[:3] == [2.0, 4.0, 8.0]
    assert _emitted(ctx) == []


@pytest.mark.parametrize("code", ["AccessDeniedException", "UnrecognizedClientException"])
def test_what_does_not_pass_ends_it(stubbed: StubbedAws, code: str) -> None:
    clock = FakeClock()
    stubbed.refuse("logs", "filter_log_events", code, "words")
    with pytest.raises(WorkbenchError) as caught:
        tail(stubbed.connection, GROUP, START, FakeContext(clock), clock=clock)
    assert caught.value.aws_code == code
