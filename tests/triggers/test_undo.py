"""Plans that change, pause or take away a trigger are taken back whole, also after Cancel."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.denying import limit
from tests.sandbox_functions import create_function
from tests.triggers.kinds.wired import policy
from tests.triggers.shared_plan import cancelled_at
from tests.triggers.wiring import snapshot, trigger_of, wiring_plan
from workbench.aws.connection import Connection
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext
from workbench.functions.detail import get_function
from workbench.functions.model import FunctionDetail
from workbench.triggers.execute import TriggerJournal, execute, try_out
from workbench.triggers.grants import REVOKE
from workbench.triggers.kinds.api import api_id
from workbench.triggers.kinds.http_api import HTTP_API_DELETE
from workbench.triggers.model import Link, SourceKind, Trigger, TriggerPlan, TriggerSpec
from workbench.triggers.plan import plan_pause, plan_removal, plan_resume, prepare_update
from workbench.triggers.steps.rest_api import REST_API_DELETE

CTX = JobContext()
MADE = [SourceKind("events"), SourceKind("scheduler"), SourceKind("http-api"), SourceKind("rest-api")]
CHANGES: dict[SourceKind, dict[str, object]] = {
    SourceKind("events"): {"EventPattern": '{"source": ["store"]}'},
    SourceKind("scheduler"): {"ScheduleExpression": "rate(2 days)"},
    SourceKind("http-api"): {"TimeoutInMillis": 5000},
    SourceKind("rest-api"): {"timeoutInMillis": 5000},
}
GIVEN_ANEW = ("Target", "resourceId")
"""Ids of what is made again."""
NEVER_AGAIN = (HTTP_API_DELETE, REST_API_DELETE)
"""Nothing brings an address back; an API that others use stays, and so it does here."""


class Wired:
    """A function with a trigger that wiring made."""

    def __init__(self, connection: Connection, folder: Path, kind: SourceKind) -> None:
        self.connection, self.kind, self.journal = connection, kind, TriggerJournal(folder)
        name = create_function(connection, "def handler(event, context): return 1\n").function_name
        self.function: FunctionDetail = get_function(connection, name, "", CTX)
        execute(connection, wiring_plan(connection, self.function, kind), self.journal, CTX)

    @property
    def trigger(self) -> Trigger:
        return trigger_of(self.connection, self.function, self.kind)

    def seen(self) -> object:
        """All that a plan may change, but for ids."""
        now = self.trigger
        values = {name: value for name, value in now.values.items() if name not in GIVEN_ANEW}
        names = snapshot(self.connection, self.function)
        return now.name, now.state, now.link, values, names, policy(self.connection, self.function)

    def try_out(self, plan: TriggerPlan) -> object:
        """Carries a plan out and takes it back; what was there in between."""
        assert plan.steps
        return try_out(self.connection, plan, self.journal, CTX, lambda _facts: self.listed())

    def listed(self) -> object:
        """As `seen`, or nothing when the trigger has gone."""
        try:
            return self.seen()
        except ValueError:
            return None


@pytest.mark.parametrize("kind", MADE)
def test_a_change_is_taken_back(connection: Connection, tmp_path: Path, kind: SourceKind) -> None:
    wired = Wired(connection, tmp_path, kind)
    before, trigger = wired.seen(), wired.trigger
    values = {**trigger.values, **CHANGES[kind]}
    spec = TriggerSpec(kind, trigger.source_arn, wired.function, values=values)
    prepared = prepare_update(connection, trigger, spec, CTX)

    between = wired.try_out(prepared.plan(prepared.standard_fixes))

    assert between not in (before, None)
    assert wired.seen() == before


@pytest.mark.parametrize("kind", [SourceKind("events"), SourceKind("scheduler")])
def test_a_pause_and_a_resumption_are_taken_back(
    connection: Connection, tmp_path: Path, kind: SourceKind
) -> None:
    wired = Wired(connection, tmp_path, kind)
    running = wired.seen()
    between = wired.try_out(plan_pause(wired.function, wired.trigger))
    assert between not in (running, None)
    assert wired.seen() == running

    execute(connection, plan_pause(wired.function, wired.trigger), wired.journal, CTX)
    assert wired.seen() == between
    assert wired.try_out(plan_resume(wired.function, wired.trigger)) == running
    assert wired.seen() == between


@pytest.mark.parametrize("kind", MADE)
def test_a_removal_is_taken_back(connection: Connection, tmp_path: Path, kind: SourceKind) -> None:
    wired = Wired(connection, tmp_path, kind)
    before = wired.seen()
    plan = plan_removal(wired.function, wired.trigger)
    plan = replace(plan, steps=tuple(each for each in plan.steps if each.action not in NEVER_AGAIN))

    assert wired.try_out(plan) is None
    assert wired.seen() == before
    assert wired.trigger.link is Link.LINKED


@pytest.mark.parametrize("kind", MADE)
def test_cancel_does_not_stop_what_takes_back(
    connection: Connection, tmp_path: Path, kind: SourceKind
) -> None:
    """Taking back looks first, page by page; a look of a job that was cancelled would end there."""
    name = create_function(connection, "def handler(event, context): return 1\n").function_name
    function = get_function(connection, name, "", CTX)
    before, plan = snapshot(connection, function), wiring_plan(connection, function, kind)

    with pytest.raises(Cancelled):
        execute(connection, plan, TriggerJournal(tmp_path), cancelled_at(len(plan.steps) - 1))

    assert snapshot(connection, function) == before


def refuse_the_grant(connection: Connection, wired: Wired, plan: TriggerPlan) -> WorkbenchError:
    limit(connection.access, denied=["lambda:RemovePermission"])
    try:
        with pytest.raises(WorkbenchError, match="lambda:RemovePermission") as caught:
            execute(connection, plan, wired.journal, CTX)
    finally:
        limit(connection.access)
    assert "could not be undone" not in caught.value.why
    assert wired.journal.unfinished(connection.account_id, connection.region) == ()
    return caught.value


@pytest.mark.parametrize("kind", [SourceKind("http-api"), SourceKind("rest-api")])
def test_a_removal_that_fails_at_the_grant_keeps_the_api(
    connection: Connection, tmp_path: Path, kind: SourceKind
) -> None:
    """Nothing brings its address back, so it is deleted when nothing can fail any more."""
    wired = Wired(connection, tmp_path, kind)
    before, api = wired.seen(), api_id(wired.trigger.source_arn)
    error = refuse_the_grant(connection, wired, plan_removal(wired.function, wired.trigger))
    assert "All changes were rolled back." in error.why
    assert (wired.seen(), api_id(wired.trigger.source_arn)) == (before, api)
    execute(connection, plan_removal(wired.function, wired.trigger), wired.journal, CTX)
    assert wired.listed() is None
    assert policy(connection, wired.function) == ""


@pytest.mark.parametrize("kind", [SourceKind("http-api"), SourceKind("rest-api")])
def test_a_removal_that_deleted_its_api_and_then_failed_is_over(
    connection: Connection, tmp_path: Path, kind: SourceKind
) -> None:
    """As older versions planned it. It must not be offered again at every start."""
    wired = Wired(connection, tmp_path, kind)
    plan = plan_removal(wired.function, wired.trigger)
    (delete,) = [step for step in plan.steps if step.action in NEVER_AGAIN]
    others = [step for step in plan.steps if step is not delete]
    (revoke,) = [step for step in others if step.action == REVOKE]
    others.insert(others.index(revoke), delete)
    rights = policy(connection, wired.function)
    error = refuse_the_grant(connection, wired, replace(plan, steps=tuple(others)))
    assert f"except for these: “{delete.title}”." in error.why
    assert wired.listed() is None
    assert policy(connection, wired.function) == rights
