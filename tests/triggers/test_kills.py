"""kill -9 at each step of plans that wire a trigger, or take it away: finish and undo both end clean."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.mortal import Mortal
from tests.sandbox_functions import create_function
from tests.triggers.journaled import journaled
from tests.triggers.kinds.pulled import CTX, mappings, polled_function
from tests.triggers.kinds.wired import policy
from tests.triggers.shared_plan import cancelled_at
from tests.triggers.wiring import (
    MADE,
    PULLED,
    PUSHED,
    carry_out_until,
    make_source,
    snapshot,
    source_of,
    trigger_of,
    wiring_plan,
)
from workbench.aws.connection import Connection
from workbench.core.errors import Cancelled
from workbench.functions.detail import get_function
from workbench.functions.model import FunctionDetail
from workbench.triggers.execute import InterruptedPlan, TriggerJournal, execute, finish, undo
from workbench.triggers.model import Link, SourceKind

# begin; before, note and after of both steps; finish
EVENTS = 8
EACH = [("after", count) for count in range(1, EVENTS)]
KILLS: dict[str, list[tuple[str, int]]] = {
    "s3": [*EACH, ("amid", 5), ("amid", EVENTS)],
    "sns": [("after", 5), ("after", 6)],
    "logs": [("after", 5), ("after", 6)],
    "sqs": [*EACH, ("amid", 6), ("amid", EVENTS)],
    "dynamodb": [("after", 3), ("after", 6), ("after", 7)],
    # AWS has done what was asked, and nobody has noted that: the end of a call that makes or takes something.
    # Each of them holds; these are the ones that differ.
    "url": [("amid", 10)],
    "events": [("amid", 7)],
    "scheduler": [("amid", 4)],
    "http-api": [("amid", 4)],
    "rest-api": [("amid", 7), ("amid", 16)],
}
REMOVALS: dict[str, list[tuple[str, int]]] = {
    "s3": [("after", 4), ("after", 6)],
    "sns": [("after", 4)],
    "logs": [("after", 4)],
    "events": [("amid", 7)],
    "scheduler": [("amid", 7)],
    "rest-api": [("amid", 4)],
}
SET_RIGHT = {SourceKind("sqs"): "30", SourceKind("dynamodb"): True}


def _each(kills: dict[str, list[tuple[str, int]]]) -> list[tuple[SourceKind, str, int]]:
    return [(SourceKind(kind), *each) for kind, moments in kills.items() for each in moments]


class Pair:
    """A function and a source, and the journal of their plans."""

    def __init__(self, connection: Connection, folder: Path, kind: SourceKind) -> None:
        self.connection, self.folder, self.kind = connection, folder, kind
        if kind in PULLED:
            self.function: FunctionDetail = polled_function(connection)
        else:
            made = create_function(connection, "def handler(event, context): return 1\n")
            self.function = get_function(connection, made.function_name, "", CTX)
        self.arn = make_source(connection, kind, is_right=False)
        self.journal = TriggerJournal(folder)

    def snapshot(self) -> str:
        return snapshot(self.connection, self.function, self.kind, self.arn)

    def wire(self) -> None:
        plan = wiring_plan(self.connection, self.function, self.kind, self.arn)
        execute(self.connection, plan, self.journal, CTX)

    def assert_wired(self) -> None:
        if self.kind in PULLED:
            assert [each["State"] for each in mappings(self.connection, self.function)] == ["Enabled"]
            assert source_of(self.connection, self.kind, self.arn) == SET_RIGHT[self.kind]
            return
        trigger = trigger_of(self.connection, self.function, self.kind, self.arn)
        assert trigger.link is Link.LINKED
        if self.kind in PUSHED:
            assert len(json.loads(policy(self.connection, self.function))["Statement"]) == 1

    def kill(self, mortal: Mortal, moment: str, count: int, doing: str) -> InterruptedPlan | None:
        """Begins in another process, which dies; what it left."""
        there = self.connection
        place = (there.region, there.account_id, self.function.function_name)
        what = json.dumps([*place, self.kind, self.arn, doing])
        mortal.kill(carry_out_until, moment, count, str(self.folder), there.access.endpoint_url, what)
        left = self.journal.unfinished(there.account_id, there.region)
        return left[0] if left else None


@pytest.fixture
def pair(connection: Connection, tmp_path: Path, kind: SourceKind) -> Iterator[Pair]:
    made = Pair(connection, tmp_path / "triggers", kind)
    yield made
    for each in mappings(connection, made.function):  # no later test shall find the poller at work
        connection.call("lambda", "delete_event_source_mapping", UUID=each["UUID"])


@pytest.mark.parametrize(("kind", "moment", "count"), _each(KILLS))
def test_wiring_that_was_killed_is_undone_or_finished(
    pair: Pair, mortal: Mortal, moment: str, count: int
) -> None:
    before = pair.snapshot()
    if left := pair.kill(mortal, moment, count, "wire"):
        undo(pair.connection, left, pair.journal, CTX)
    assert pair.snapshot() == before
    left = pair.kill(mortal, moment, count, "wire")
    assert left is not None or pair.kind not in MADE
    if left:
        finish(pair.connection, left, pair.journal, CTX)
        pair.assert_wired()
    assert pair.journal.unfinished(pair.connection.account_id, pair.connection.region) == ()


@pytest.mark.parametrize(("kind", "moment", "count"), _each(REMOVALS))
def test_a_removal_that_was_killed_is_undone_or_finished(
    pair: Pair, mortal: Mortal, moment: str, count: int
) -> None:
    empty = pair.snapshot()
    pair.wire()
    wired = pair.snapshot()
    left = pair.kill(mortal, moment, count, "remove")
    assert left is not None
    undo(pair.connection, left, pair.journal, CTX)
    assert pair.snapshot() == wired
    left = pair.kill(mortal, moment, count, "remove")
    assert left is not None
    finish(pair.connection, left, pair.journal, CTX)
    assert pair.snapshot() == empty


@pytest.mark.parametrize("kind", [SourceKind("events"), SourceKind("scheduler")])
def test_what_the_first_attempt_found_is_what_is_brought_back(pair: Pair, mortal: Mortal) -> None:
    """The second attempt finds the trigger paused, by the first."""
    pair.wire()
    running = trigger_of(pair.connection, pair.function, pair.kind)
    left = pair.kill(mortal, "amid", 4, "pause")  # begin, before, note, and AWS has paused it
    assert left is not None
    assert trigger_of(pair.connection, pair.function, pair.kind).state != running.state

    with pytest.raises(Cancelled):
        finish(pair.connection, left, pair.journal, cancelled_at(1))

    assert trigger_of(pair.connection, pair.function, pair.kind) == running


@pytest.mark.parametrize("kind", [*PUSHED, *SET_RIGHT])
def test_there_are_as_many_events_as_the_kills_assume(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    events = journaled(monkeypatch)
    pair.wire()
    assert len(events) == EVENTS
