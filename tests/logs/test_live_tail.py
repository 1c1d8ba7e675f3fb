"""A Live Tail session: AWS's events as lines, none twice, none lost, and it is closed."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.aws_stub import StubbedAws
from tests.fake_time import START, FakeClock, FakeContext
from tests.logs.lines import GROUP, STREAM, event
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.logs.fetch import to_ms
from workbench.logs.insights import insights_usd
from workbench.logs.tail import LiveState, TailedLogGroup, TailState, group_arn, live_tail, live_tail_usd

T = to_ms(START)
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
