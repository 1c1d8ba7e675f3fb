"""kill -9 at each step of wiring, and of removing, what pushes: finish and undo both end clean."""

import json
import secrets
from pathlib import Path

import pytest

from tests.mortal import Mortal
from tests.sandbox_functions import create_function
from tests.triggers.journaled import journaled
from tests.triggers.push_plans import carry_out_until, grants_of, snapshot, trigger_of, wiring_plan
from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.functions.detail import get_function
from workbench.functions.model import FunctionDetail
from workbench.triggers.execute import InterruptedPlan, TriggerJournal, execute, finish, undo
from workbench.triggers.model import Link, SourceKind

CTX = JobContext()
# begin; before, note and after of both steps; finish
EVENTS = 8
MOMENTS = [*(("after", count) for count in range(1, EVENTS)), ("amid", 5), ("amid", EVENTS)]
LATE = [("after", 5), ("after", 6)]
EVERY = [
    *((SourceKind("s3"), moment, count) for moment, count in MOMENTS),
    *((kind, moment, count) for kind in (SourceKind("sns"), SourceKind("logs")) for moment, count in LATE),
]


class Pair:
    """A function and a source, and the journal of their plans."""

    def __init__(self, connection: Connection, folder: Path, kind: SourceKind) -> None:
        self.connection, self.folder, self.kind = connection, folder, kind
        made = create_function(connection, "def handler(event, context): return 1\n")
        self.function: FunctionDetail = get_function(connection, made.function_name, "", CTX)
        self.arn = self._source()
        self.journal = TriggerJournal(folder)

    def _source(self) -> str:
        account, region = self.connection.account_id, self.connection.region
        match self.kind:
            case "s3":
                name = f"photos-{secrets.token_hex(6)}"
                self.connection.call("s3", "create_bucket", Bucket=name)
                return f"arn:aws:s3:::{name}"
            case "sns":
                return str(self.connection.call("sns", "create_topic", Name="orders")["TopicArn"])
        self.connection.call("logs", "create_log_group", logGroupName="/orders")
        return f"arn:aws:logs:{region}:{account}:log-group:/orders"

    def snapshot(self) -> str:
        return snapshot(self.connection, self.function, self.kind, self.arn)

    def wire(self) -> None:
        plan = wiring_plan(self.connection, self.function, self.kind, self.arn)
        execute(self.connection, plan, self.journal, CTX)

    def kill(self, mortal: Mortal, moment: str, count: int, doing: str) -> InterruptedPlan | None:
        """Begins in another process, which dies; what it left."""
        connection = self.connection
        place = (connection.region, connection.account_id, self.function.function_name)
        what = json.dumps([*place, self.kind, self.arn, doing])
        mortal.kill(carry_out_until, moment, count, str(self.folder), connection.access.endpoint_url, what)
        left = self.journal.unfinished(connection.account_id, connection.region)
        return left[0] if left else None


def _pair(connection: Connection, tmp_path: Path, kind: SourceKind) -> Pair:
    return Pair(connection, tmp_path / "triggers", kind)


@pytest.mark.parametrize(("kind", "moment", "count"), EVERY)
def test_wiring_that_was_killed_is_undone_or_finished(
    connection: Connection, tmp_path: Path, mortal: Mortal, kind: SourceKind, moment: str, count: int
) -> None:
    pair = _pair(connection, tmp_path, kind)
    before = pair.snapshot()
    if left := pair.kill(mortal, moment, count, "wire"):
        undo(connection, left, pair.journal, CTX)
    assert pair.snapshot() == before
    if left := pair.kill(mortal, moment, count, "wire"):
        finish(connection, left, pair.journal, CTX)
        assert trigger_of(connection, pair.function, kind, pair.arn).link is Link.LINKED
        assert len(grants_of(connection, pair.function)) == 1
    assert pair.journal.unfinished(connection.account_id, connection.region) == ()


@pytest.mark.parametrize(
    ("kind", "count"),
    [(SourceKind("s3"), 4), (SourceKind("s3"), 6), (SourceKind("sns"), 4), (SourceKind("logs"), 4)],
)
def test_a_removal_that_was_killed_is_undone_or_finished(
    connection: Connection, tmp_path: Path, mortal: Mortal, kind: SourceKind, count: int
) -> None:
    pair = _pair(connection, tmp_path, kind)
    empty = pair.snapshot()
    pair.wire()
    wired = pair.snapshot()
    left = pair.kill(mortal, "after", count, "remove")
    assert left is not None
    undo(connection, left, pair.journal, CTX)
    assert pair.snapshot() == wired
    left = pair.kill(mortal, "after", count, "remove")
    assert left is not None
    finish(connection, left, pair.journal, CTX)
    assert pair.snapshot() == empty


@pytest.mark.parametrize("kind", [SourceKind("s3"), SourceKind("sns"), SourceKind("logs")])
def test_there_are_as_many_events_as_the_kills_assume(
    connection: Connection, tmp_path: Path, kind: SourceKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = journaled(monkeypatch)
    pair = _pair(connection, tmp_path, kind)
    pair.wire()
    assert len(events) == EVENTS
