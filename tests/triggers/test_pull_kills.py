"""kill -9 at each step of wiring what Lambda polls: finish and undo both end clean."""

import json
from pathlib import Path

import pytest

from tests.mortal import Mortal
from tests.triggers.journaled import journaled
from tests.triggers.kinds.pulled import CTX, make_queue, make_table, mappings, polled_function
from tests.triggers.pull_plans import pull_plan, pull_snapshot, pull_until
from workbench.aws.connection import Connection
from workbench.functions.model import FunctionDetail
from workbench.triggers.execute import InterruptedPlan, TriggerJournal, execute, finish, undo
from workbench.triggers.model import SourceKind

# begin; before, note and after of both steps; finish
EVENTS = 8
MOMENTS = [*(("after", count) for count in range(1, EVENTS)), ("amid", 6), ("amid", EVENTS)]
LATE = [("after", 3), ("after", 6), ("after", 7)]
EVERY = [
    *((SourceKind("sqs"), moment, count) for moment, count in MOMENTS),
    *((SourceKind("dynamodb"), moment, count) for moment, count in LATE),
]


class Pair:
    """A function and a source that must be set right first, and the journal of their plans."""

    def __init__(self, connection: Connection, folder: Path, kind: SourceKind) -> None:
        self.connection, self.folder, self.kind = connection, folder, kind
        self.function: FunctionDetail = polled_function(connection)
        if kind == SourceKind("sqs"):
            self.arn = make_queue(connection, VisibilityTimeout="2")
        else:
            self.arn = make_table(connection, is_on=False)["TableArn"]
        self.journal = TriggerJournal(folder)

    def snapshot(self) -> str:
        return pull_snapshot(self.connection, self.function, self.kind, self.arn)

    def kill(self, mortal: Mortal, moment: str, count: int) -> InterruptedPlan | None:
        """Begins in another process, which dies; what it left."""
        there = self.connection
        what = json.dumps([there.region, there.account_id, self.function.function_name, self.kind, self.arn])
        mortal.kill(pull_until, moment, count, str(self.folder), there.access.endpoint_url, what)
        left = self.journal.unfinished(there.account_id, there.region)
        return left[0] if left else None


@pytest.mark.parametrize(("kind", "moment", "count"), EVERY)
def test_wiring_that_was_killed_is_undone_or_finished(
    connection: Connection, tmp_path: Path, mortal: Mortal, kind: SourceKind, moment: str, count: int
) -> None:
    pair = Pair(connection, tmp_path / "triggers", kind)
    before = pair.snapshot()
    if left := pair.kill(mortal, moment, count):
        undo(connection, left, pair.journal, CTX)
    assert pair.snapshot() == before
    if left := pair.kill(mortal, moment, count):
        finish(connection, left, pair.journal, CTX)
        set_right = '"30"' if kind == SourceKind("sqs") else "true"
        assert pair.snapshot() == f'[{set_right}, ["Enabled"]]'
    assert pair.journal.unfinished(connection.account_id, connection.region) == ()
    for each in mappings(connection, pair.function):  # no later test shall find the poller at work
        connection.call("lambda", "delete_event_source_mapping", UUID=each["UUID"])


@pytest.mark.parametrize("kind", [SourceKind("sqs"), SourceKind("dynamodb")])
def test_there_are_as_many_events_as_the_kills_assume(
    connection: Connection, tmp_path: Path, kind: SourceKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = journaled(monkeypatch)
    pair = Pair(connection, tmp_path / "triggers", kind)
    plan = pull_plan(connection, pair.function, kind, pair.arn)
    assert len(plan.steps) == 2
    execute(connection, plan, pair.journal, CTX)
    assert len(events) == EVENTS
    for each in mappings(connection, pair.function):
        connection.call("lambda", "delete_event_source_mapping", UUID=each["UUID"])
