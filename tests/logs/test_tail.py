"""Following groups, by polls and by Live Tail: every line once, late ones too, and never a busy loop."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.aws_stub import StubbedAws
from tests.fake_time import START, FakeClock, FakeContext
from tests.logs.lines import GROUP, STREAM, event
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.logs.fetch import PAGE_LINES, insights_usd, to_ms
from workbench.logs.tail import (
    LiveState,
    SourceProblem,
    TailedLogGroup,
    TailState,
    group_arn,
    live_tail,
    live_tail_usd,
    read_range,
    tail,
)

T = to_ms(START)
HERE = (TailedLogGroup(GROUP),)


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
        tail(stubbed.connection, HERE, START, ctx, clock=clock)
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
        tail(stubbed.connection, HERE, START, ctx, clock=clock)
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
    assert ctx.items[0] is TailState.BUSY
    assert ctx.slept[:3] == [2.0, 4.0, 8.0]
    assert _emitted(ctx) == []


@pytest.mark.parametrize("code", ["AccessDeniedException", "UnrecognizedClientException"])
def test_what_does_not_pass_ends_it(stubbed: StubbedAws, code: str) -> None:
    clock = FakeClock()
    stubbed.refuse("logs", "filter_log_events", code, "words")
    with pytest.raises(WorkbenchError) as caught:
        tail(stubbed.connection, HERE, START, FakeContext(clock), clock=clock)
    assert caught.value.aws_code == code


# ---- a stretch of time -----------------------------------------------------------------------------------


def _request(group: str = GROUP, **more: Any) -> dict[str, Any]:
    return {"logGroupName": group, "limit": PAGE_LINES, "startTime": T} | more


def test_a_range_is_read_page_by_page(aws: StubbedAws) -> None:
    clock = FakeClock()
    ctx = FakeContext(clock)
    asked = _request(endTime=T + 60_000, filterPattern="ERROR")
    answer = {"events": [event(T, "one")], "nextToken": "n"}
    aws.answer("logs", "filter_log_events", answer, asked)
    aws.answer("logs", "filter_log_events", {"events": [event(T + 1, "two")]}, asked | {"nextToken": "n"})
    clock.passed_s = 60
    assert read_range(aws.connection, HERE, START, clock.now(), ctx, pattern="ERROR") is TailState.CAUGHT_UP
    assert _emitted(ctx) == [["one"], ["two"]]


def test_lines_of_several_functions_come_in_the_order_of_time(aws: StubbedAws) -> None:
    ctx = FakeContext(FakeClock())
    aws.answer("logs", "filter_log_events", {"events": [event(T, "a1"), event(T + 20, "a2")]}, _request("/a"))
    aws.answer("logs", "filter_log_events", {"events": [event(T + 10, "b1", "s")]}, _request("/b"))
    read_range(aws.connection, (TailedLogGroup("/a", "a"), TailedLogGroup("/b", "b")), START, None, ctx)
    (batch,) = ctx.items
    assert isinstance(batch, tuple)
    assert [(line.source, line.message) for line in batch] == [("a", "a1"), ("b", "b1"), ("a", "a2")]


def test_one_group_that_may_not_be_read_does_not_hide_the_others(aws: StubbedAws) -> None:
    ctx = FakeContext(FakeClock())
    sources = TailedLogGroup("/a", "a"), TailedLogGroup("/b", "b"), TailedLogGroup("/c", "c")
    aws.refuse("logs", "filter_log_events", "AccessDeniedException", "not authorized: logs:FilterLogEvents")
    aws.refuse("logs", "filter_log_events", "ResourceNotFoundException", "words")
    aws.answer("logs", "filter_log_events", {"events": [event(T, "c1")]}, _request("/c"))
    assert read_range(aws.connection, sources, START, None, ctx) is TailState.CAUGHT_UP
    batch, problem = ctx.items
    assert isinstance(problem, SourceProblem)
    assert (problem.source, problem.error.aws_code) == (sources[0], "AccessDeniedException")
    assert [line.message for line in batch] == ["c1"]  # type: ignore[attr-defined]


def test_an_empty_range_and_a_missing_group_differ(aws: StubbedAws) -> None:
    ctx = FakeContext(FakeClock())
    aws.answer("logs", "filter_log_events", {"events": []})
    assert read_range(aws.connection, HERE, START, None, ctx) is TailState.CAUGHT_UP
    aws.refuse("logs", "filter_log_events", "ResourceNotFoundException", "words")
    assert read_range(aws.connection, HERE, START, None, ctx) is TailState.NO_GROUP


def test_a_group_that_is_named_by_its_arn_is_read_where_it_is(aws: StubbedAws) -> None:
    arn = "arn:aws:logs:eu-central-1:210987654321:log-group:/central"
    asked = {"logGroupIdentifier": arn, "limit": PAGE_LINES, "startTime": T}
    aws.answer("logs", "filter_log_events", {"events": [event(T, "there")]}, asked)
    ctx = FakeContext(FakeClock())
    read_range(aws.connection, (TailedLogGroup(arn),), START, None, ctx)
    assert _emitted(ctx) == [["there"]]


def test_what_came_before_aws_was_busy_does_not_come_twice(stubbed: StubbedAws) -> None:
    """A search that breaks off in the middle goes on where it was, also when ids were let go by then."""
    many = [event(T + 1000 * number, str(number)) for number in range(25_000)]
    clock = FakeClock()
    ctx = FakeContext(clock, cancel_after_s=60)
    asked: list[int] = []

    def call(service: str, method: str, **request: Any) -> dict[str, Any]:
        asked.append(request["startTime"])
        begin = int(request.get("nextToken", 0)) or (request["startTime"] - T) // 1000
        if len(asked) == 24:
            raise WorkbenchError("Busy.", "Rate exceeded.", "", aws_code="ThrottlingException")
        after = begin + 1000
        return {"events": many[begin:after]} | ({"nextToken": str(after)} if after < len(many) else {})

    stubbed.connection.call = call  # type: ignore[method-assign,assignment]  # see above
    with pytest.raises(Cancelled):
        tail(stubbed.connection, HERE, START, ctx, clock=clock)
    lines = [line.message for batch in ctx.items if isinstance(batch, tuple) for line in batch]
    assert lines == [str(number) for number in range(25_000)]


ARN = f"arn:aws:logs:eu-central-1:123456789012:log-group:{GROUP}"


class Session:
    """What AWS sends, a second each."""

    def __init__(self, clock: FakeClock, *updates: dict[str, Any]) -> None:
        self.clock = clock
        self.updates = updates
        self.is_closed = False

    def __iter__(self) -> Iterator[dict[str, Any]]:
        yield {"sessionStart": {"sessionId": "1", "logGroupIdentifiers": [ARN]}}
        for update in self.updates:
            self.clock.passed_s += 1
            yield {"sessionUpdate": update}

    def close(self) -> None:
        self.is_closed = True


def _update(*lines: tuple[int, str], sampled: bool = False, group: str = GROUP) -> dict[str, Any]:
    results = [
        {
            "logStreamName": STREAM,
            "logGroupIdentifier": f"123456789012:{group}",
            "message": message,
            "timestamp": time_ms,
            "ingestionTime": time_ms,
        }
        for time_ms, message in lines
    ]
    return {"sessionMetadata": {"sampled": sampled}, "sessionResults": results}


def _follow(
    stub: StubbedAws,
    session: Session,
    ctx: FakeContext,
    *sources: TailedLogGroup,
    past: tuple[dict[str, Any], ...] = (),
    pattern: str = "",
) -> list[dict[str, Any]]:
    """Runs it; answers what was asked of StartLiveTail."""
    asked: list[dict[str, Any]] = []

    def call(_service: str, method: str, **request: Any) -> dict[str, Any]:
        if method == "start_live_tail":
            asked.append({key: value for key, value in request.items() if key.startswith("log")})
            return {"responseStream": session}
        return {"events": list(past)}

    stub.connection.call = call  # type: ignore[method-assign,assignment]  # the Stubber knows no event streams
    sources = sources or (TailedLogGroup(GROUP),)
    live_tail(stub.connection, sources, START, ctx, pattern=pattern, clock=session.clock)
    return asked


@pytest.fixture
def ctx() -> FakeContext:
    return FakeContext(FakeClock())


def _lines(ctx: FakeContext) -> list[tuple[str, str]]:
    return [(line.source, line.message) for item in ctx.items if isinstance(item, tuple) for line in item]


def test_the_past_comes_first_and_nothing_twice(aws: StubbedAws, ctx: FakeContext) -> None:
    session = Session(
        FakeClock(), _update((T, "old\n"), (T + 2, "new\n"), (T + 1, "newer\n")), _update(sampled=True)
    )
    with pytest.raises(WorkbenchError, match="AWS ended the session") as caught:
        _follow(aws, session, ctx, past=(event(T, "old"),), pattern="ERROR")
    assert caught.value.aws_code == "SessionTimeoutException"
    assert [message for _, message in _lines(ctx)] == ["old", "newer", "new"]
    states = [item for item in ctx.items if isinstance(item, LiveState)]
    assert states == [LiveState(1, is_sampled=False), LiveState(2, is_sampled=True)]
    assert TailState.CAUGHT_UP in ctx.items
    assert session.is_closed


def test_groups_are_named_by_arn_and_lines_by_their_function(aws: StubbedAws, ctx: FakeContext) -> None:
    session = Session(FakeClock(), _update((T, "a")), _update((T, "b"), group="/b"))
    asked: list[dict[str, Any]] = []
    with pytest.raises(WorkbenchError):
        asked += _follow(aws, session, ctx, TailedLogGroup(GROUP, "hello"), TailedLogGroup("/b", "other"))
    assert _lines(ctx) == [("hello", "a"), ("other", "b")]
    assert group_arn(aws.connection, GROUP) == ARN
    assert group_arn(aws.connection, f"{ARN}:*") == ARN


def test_cancel_closes_the_session(aws: StubbedAws, ctx: FakeContext) -> None:
    class Cancelling(Session):
        def __iter__(self) -> Iterator[dict[str, Any]]:
            for update in super().__iter__():
                ctx.cancel()
                yield update

    session = Cancelling(FakeClock(), _update((T, "never seen")))
    with pytest.raises(Cancelled):
        _follow(aws, session, ctx)
    assert session.is_closed
    assert _lines(ctx) == []


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("AccessDeniedException", "not authorized to perform: logs:StartLiveTail"),
        ("LimitExceededException", "The number of concurrent sessions is too high."),
        ("InvalidOperationException", "not supported for log groups in the Infrequent Access class"),
    ],
)
def test_what_aws_refuses_is_said(aws: StubbedAws, ctx: FakeContext, code: str, words: str) -> None:
    aws.refuse("logs", "start_live_tail", code, words, retries=False, read_timeout_s=60.0)
    with pytest.raises(WorkbenchError) as caught:
        live_tail(aws.connection, (TailedLogGroup(GROUP),), START, ctx, clock=FakeClock())
    assert caught.value.aws_code == code
    assert ctx.items == []


def test_costs_are_those_of_begun_minutes_and_scanned_bytes() -> None:
    assert [round(live_tail_usd(seconds), 2) for seconds in (0, 59, 60, 61, 600)] == [
        0.01,
        0.01,
        0.01,
        0.02,
        0.1,
    ]
    assert insights_usd(1024**3) == 0.005
