"""kill -9 amid plans that make their source, and that take it away: finish and undo both end clean."""

import json
from pathlib import Path

import pytest

from tests.mortal import Mortal
from tests.sandbox_functions import create_function
from tests.triggers.made_plans import carry_out_until, snapshot, trigger_of, wiring_plan
from tests.triggers.shared_plan import cancelled_at
from workbench.aws.connection import Connection
from workbench.core.errors import Cancelled
from workbench.core.jobs import JobContext
from workbench.functions.detail import get_function
from workbench.functions.model import FunctionDetail
from workbench.triggers.execute import InterruptedPlan, TriggerJournal, execute, finish, undo
from workbench.triggers.model import Link, SourceKind

CTX = JobContext()
# AWS has done what was asked, and nobody has noted that: the end of a call that makes or takes something.
# Each of them holds; these are the ones that differ.
WIRED = [
    (SourceKind("url"), 10),
    (SourceKind("events"), 7),
    (SourceKind("scheduler"), 4),
    (SourceKind("http-api"), 4),
    (SourceKind("rest-api"), 7),
    (SourceKind("rest-api"), 16),
]
REMOVED = [(SourceKind("events"), 7), (SourceKind("scheduler"), 7), (SourceKind("rest-api"), 4)]


class Maker:
    """A function, and the journal of the plans that make its sources."""

    def __init__(self, connection: Connection, folder: Path, kind: SourceKind) -> None:
        self.connection, self.folder, self.kind = connection, folder, kind
        made = create_function(connection, "def handler(event, context): return 1\n")
        self.function: FunctionDetail = get_function(connection, made.function_name, "", CTX)
        self.journal = TriggerJournal(folder)

    def snapshot(self) -> str:
        return snapshot(self.connection, self.function)

    def wire(self) -> None:
        execute(self.connection, wiring_plan(self.connection, self.function, self.kind), self.journal, CTX)

    def kill(self, mortal: Mortal, count: int, doing: str) -> InterruptedPlan:
        """Begins in another process, which dies amid an event of its journal; what it left."""
        there = self.connection
        what = json.dumps([there.region, there.account_id, self.function.function_name, self.kind, doing])
        mortal.kill(carry_out_until, "amid", count, str(self.folder), there.access.endpoint_url, what)
        (left,) = self.journal.unfinished(there.account_id, there.region)
        return left


@pytest.mark.parametrize(("kind", "count"), WIRED)
def test_wiring_that_was_killed_is_undone_or_finished(
    connection: Connection, tmp_path: Path, mortal: Mortal, kind: SourceKind, count: int
) -> None:
    maker = Maker(connection, tmp_path / "triggers", kind)
    before = maker.snapshot()
    undo(connection, maker.kill(mortal, count, "wire"), maker.journal, CTX)
    assert maker.snapshot() == before
    finish(connection, maker.kill(mortal, count, "wire"), maker.journal, CTX)
    assert trigger_of(connection, maker.function, kind).link is Link.LINKED


@pytest.mark.parametrize(("kind", "count"), REMOVED)
def test_a_removal_that_was_killed_is_undone_or_finished(
    connection: Connection, tmp_path: Path, mortal: Mortal, kind: SourceKind, count: int
) -> None:
    maker = Maker(connection, tmp_path / "triggers", kind)
    empty = maker.snapshot()
    maker.wire()
    wired = maker.snapshot()
    undo(connection, maker.kill(mortal, count, "remove"), maker.journal, CTX)
    assert maker.snapshot() == wired
    finish(connection, maker.kill(mortal, count, "remove"), maker.journal, CTX)
    assert maker.snapshot() == empty


@pytest.mark.parametrize("kind", [SourceKind("events"), SourceKind("scheduler")])
def test_what_the_first_attempt_found_is_what_is_brought_back(
    connection: Connection, tmp_path: Path, mortal: Mortal, kind: SourceKind
) -> None:
    """The second attempt finds the trigger paused, by the first."""
    maker = Maker(connection, tmp_path / "triggers", kind)
    maker.wire()
    running = trigger_of(connection, maker.function, kind)
    left = maker.kill(mortal, 4, "pause")  # begin, before, note, and AWS has paused it
    assert trigger_of(connection, maker.function, kind).state != running.state

    with pytest.raises(Cancelled):
        finish(connection, left, maker.journal, cancelled_at(1))

    assert trigger_of(connection, maker.function, kind) == running
