"""A plan is carried out whole, or the account is as it was."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.fault_proxy import Proxy
from tests.mortal import Mortal
from tests.sandbox.server.server import EVERYTHING
from tests.triggers.journaled import journaled
from tests.triggers.shared_plan import OLD, Shared, cancelled_at, execute_until
from workbench.aws.client_config import Access
from workbench.aws.connection import Connection
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext
from workbench.functions.roles import put_policy
from workbench.triggers.execute import InterruptedPlan, TriggerJournal, _left, execute, finish, try_out, undo
from workbench.triggers.kinds.table import SOURCES
from workbench.triggers.model import SourceKind, Trigger, TriggerPlan
from workbench.triggers.steps import Step

CTX = JobContext()
STEPS = 4
# begin; before, note and after of each of four steps; finish
EVENTS = 2 + 3 * STEPS


@pytest.fixture
def shared(connection: Connection, tmp_path: Path) -> Shared:
    return Shared.make(connection, tmp_path / "triggers")


def _after(shared: Shared) -> None:
    """All four steps are made."""
    now = shared.snapshot()
    assert now["attached"] == ["AWSLambdaSQSQueueExecutionRole"]
    assert len(now["inline"]) == 1
    (grant,) = now["grants"]
    assert grant[0].startswith("wb-s3-")


def test_a_plan_is_carried_out_and_its_journal_closed(shared: Shared) -> None:
    facts = execute(shared.connection, shared.plan(), shared.journal, CTX)

    _after(shared)
    assert set(facts) == {"attach policy", "inline policy", "grant", "revoke"}
    assert shared.journal.unfinished(shared.connection.account_id, shared.connection.region) == ()


def test_doing_it_twice_adds_nothing_and_undoing_the_second_leaves_the_first(shared: Shared) -> None:
    plan = shared.plan()
    execute(shared.connection, plan, shared.journal, CTX)
    try_out(shared.connection, plan, shared.journal, CTX, lambda _facts: None)
    _after(shared)


def test_a_test_events_traces_are_taken_back(shared: Shared) -> None:
    before = shared.snapshot()
    try_out(shared.connection, shared.plan(), shared.journal, CTX, lambda _facts: None)
    assert shared.snapshot() == before


def test_a_step_that_fails_takes_the_others_back_and_says_so(shared: Shared, proxy: Proxy) -> None:
    before, plan = shared.snapshot(), shared.plan()
    through = Connection.open(_through(shared, proxy))
    proxy.inject({"operation": "RemovePermission", "error": {"code": "AccessDeniedException", "status": 403}})

    with pytest.raises(WorkbenchError) as failure:
        execute(through, plan, shared.journal, CTX)

    assert failure.value.aws_code == "AccessDeniedException"
    assert "Some changes could not be undone" in failure.value.why
    assert "wb-s3-" in str(shared.snapshot()["grants"])
    (left,) = shared.journal.unfinished(shared.connection.account_id, shared.connection.region)
    assert left.undoing
    undo(shared.connection, left, shared.journal, CTX)
    assert shared.snapshot() == before


def test_a_plan_that_could_not_be_undone_is_finished_when_it_is_started_again(
    shared: Shared, proxy: Proxy
) -> None:
    """Its undo would be offered still, and would remove what the second run made."""
    before, plan = shared.snapshot(), shared.plan()
    through = Connection.open(_through(shared, proxy))
    proxy.inject({"operation": "RemovePermission", "error": {"code": "AccessDeniedException", "status": 403}})
    with pytest.raises(WorkbenchError) as failure:
        execute(through, plan, shared.journal, CTX)
    why = failure.value.why
    assert "could not be undone" in why
    assert why.count(why.partition(" Some changes")[0]) == 1  # not once more for each step
    assert failure.value.remedy.endswith("Start it again to finish it, or undo it in Interrupted Operations.")

    execute(shared.connection, plan, shared.journal, CTX)

    _after(shared)
    assert _interrupted(shared) is None
    assert shared.snapshot() != before


@pytest.mark.parametrize(
    ("failure", "said"),
    [
        (WorkbenchError("Not removed.", "Denied."), "“Detach”"),
        (WorkbenchError("Not removed.", "Gone."), "“Detach” (Not removed. Gone.)"),
        (WorkbenchError("Not removed."), "“Detach” (Not removed.)"),
    ],
)
def test_a_reason_is_left_out_only_where_it_was_said(failure: WorkbenchError, said: str) -> None:
    step = Step("role", "Detach", "iam:AttachRolePolicy", "us-east-1")
    assert _left(step, failure, WorkbenchError("Not created.", "Denied. More.")) == said


def test_a_plan_that_is_started_again_makes_also_what_was_done_and_is_gone(
    shared: Shared, mortal: Mortal
) -> None:
    mortal.kill(execute_until, "after", EVENTS - 1, *shared.places())
    left = _interrupted(shared)
    assert left is not None
    assert len(left.done) == STEPS
    role = shared.detail.role_arn.rpartition("/")[2]
    policy_arn = "arn:aws:iam::aws:policy/service-role/AWSLambdaSQSQueueExecutionRole"
    shared.connection.call("iam", "detach_role_policy", RoleName=role, PolicyArn=policy_arn)

    execute(shared.connection, left.about, shared.journal, CTX)

    _after(shared)
    assert _interrupted(shared) is None


def test_a_failure_that_can_be_undone_leaves_all_as_it_was(shared: Shared, proxy: Proxy) -> None:
    before, plan = shared.snapshot(), shared.plan()
    through = Connection.open(_through(shared, proxy))
    proxy.inject(
        {"operation": "RemovePermission", "times": 1, "error": {"code": "ServiceException", "status": 403}}
    )

    with pytest.raises(WorkbenchError, match="All changes were rolled back"):
        execute(through, plan, shared.journal, CTX)

    assert shared.snapshot() == before
    assert shared.journal.unfinished(shared.connection.account_id, shared.connection.region) == ()


@pytest.mark.parametrize("number", range(STEPS))
def test_cancel_takes_back_what_was_done(shared: Shared, number: int) -> None:
    before = shared.snapshot()
    ctx = cancelled_at(number)
    with pytest.raises(Cancelled):
        execute(shared.connection, shared.plan(), shared.journal, ctx)
    assert shared.snapshot() == before


def test_what_a_cancel_could_not_take_back_is_said_and_offered(shared: Shared, proxy: Proxy) -> None:
    before, plan = shared.snapshot(), shared.plan()
    through = Connection.open(_through(shared, proxy))
    proxy.inject({"operation": "RemovePermission", "error": {"code": "AccessDeniedException", "status": 403}})
    ctx = cancelled_at(3)

    with pytest.raises(WorkbenchError) as failure:
        execute(through, plan, shared.journal, ctx)

    assert "was cancelled" in failure.value.what
    assert "Some changes could not be undone" in failure.value.why
    assert "offers this" in failure.value.remedy
    (left,) = shared.journal.unfinished(shared.connection.account_id, shared.connection.region)
    undo(shared.connection, left, shared.journal, CTX)
    assert shared.snapshot() == before


@pytest.mark.parametrize("cancels", [False, True])
def test_what_nothing_takes_back_is_named(shared: Shared, proxy: Proxy, cancels: bool) -> None:
    name, call = shared.detail.function_name, shared.connection.call
    put_policy(shared.connection, f"{name}-role", EVERYTHING)
    url = call("sqs", "create_queue", QueueName="orders")["QueueUrl"]
    answer = call("sqs", "get_queue_attributes", QueueUrl=url, AttributeNames=["QueueArn"])
    arn = answer["Attributes"]["QueueArn"]
    uuid = call("lambda", "create_event_source_mapping", FunctionName=name, EventSourceArn=arn)["UUID"]
    trigger = Trigger(SourceKind("sqs"), arn, "orders", identity=uuid)
    before, plan = shared.snapshot(), shared.plan()
    steps = (plan.steps[0], *SOURCES[SourceKind("sqs")].remove(trigger), plan.steps[2])
    plan = replace(plan, steps=steps)
    proxy.inject({"operation": "AddPermission", "error": {"code": "AccessDeniedException", "status": 403}})
    ctx = cancelled_at(2) if cancels else CTX

    with pytest.raises(WorkbenchError) as failure:
        execute(Connection.open(_through(shared, proxy)), plan, shared.journal, ctx)

    assert "All changes were rolled back" not in failure.value.why
    assert "except for these: “Delete the event source mapping of orders”" in failure.value.why
    assert (failure.value.remedy == "") is cancels
    assert shared.snapshot() == before
    assert shared.journal.unfinished(shared.connection.account_id, shared.connection.region) == ()


def test_what_looks_at_a_test_event_sees_its_traces_and_nothing_stays_when_it_fails(shared: Shared) -> None:
    before = shared.snapshot()

    def look(_facts: object) -> None:
        _after(shared)
        raise WorkbenchError("The log cannot be read.")

    with pytest.raises(WorkbenchError, match="The log cannot be read"):
        try_out(shared.connection, shared.plan(), shared.journal, CTX, look)
    assert shared.snapshot() == before


def test_a_step_of_another_region_is_made_there(shared: Shared) -> None:
    """Where the function is not: nothing is made where it is."""
    before, plan = shared.snapshot(), shared.plan()
    steps = [replace(each, region="eu-west-1") for each in plan.steps if each.action == "grant"]
    with pytest.raises(WorkbenchError, match="All changes were rolled back") as caught:
        execute(shared.connection, replace(plan, steps=tuple(steps)), shared.journal, CTX)
    assert caught.value.aws_code == "ResourceNotFoundException"
    assert shared.snapshot() == before


def test_another_statement_with_the_same_id_is_never_replaced(shared: Shared) -> None:
    plan = shared.plan()
    grant = next(step for step in plan.steps if step.action == "grant")
    shared.connection.call(
        "lambda",
        "add_permission",
        FunctionName=shared.detail.function_name,
        StatementId=grant.args["statement_id"],
        Action="lambda:InvokeFunction",
        Principal="events.amazonaws.com",
    )
    before = shared.snapshot()
    with pytest.raises(WorkbenchError, match="another statement with the ID"):
        execute(shared.connection, plan, shared.journal, CTX)
    assert shared.snapshot() == before


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ('"kind": "s3"', '"kind": "a later one"'),
        ('"is_test": false', '"is_test": false, "later": 1'),
        ('"undo": "it"', '"undo": "it", "later": 1'),
        ("arn:aws:lambda:us-east-1:123456789012:function:hello", "hello"),
    ],
)
def test_a_plan_that_is_not_understood_whole_is_left_alone(tmp_path: Path, ours: str, theirs: str) -> None:
    arn, journal = "arn:aws:lambda:us-east-1:123456789012:function:hello", TriggerJournal(tmp_path)
    steps = (Step("grant", "Let it", "lambda:AddPermission", "us-east-1", {"any": {"thing": [1]}}, "it"),)
    for _ in range(2):
        journal.begin("hello", TriggerPlan("Connect", arn, SourceKind("s3"), steps), "").close()
    strange, known = journal.files()
    text = strange.read_text()
    strange.write_text(text.replace(ours, theirs))
    assert strange.read_text() != text

    (left,) = journal.unfinished("123456789012", "us-east-1")
    assert left.file == known
    assert strange.exists()


def _through(shared: Shared, proxy: Proxy) -> Access:
    return replace(shared.connection.access, endpoint_url=proxy.url)


# kill -9 --------------------------------------------------------------------------------------------------

MOMENTS = [
    *(("after", count) for count in range(1, EVENTS)),
    *(("amid", count) for count in (2, 4, EVENTS)),
]


def _interrupted(shared: Shared) -> InterruptedPlan | None:
    left = shared.journal.unfinished(shared.connection.account_id, shared.connection.region)
    return left[0] if left else None


@pytest.mark.parametrize(("moment", "count"), MOMENTS)
def test_a_killed_plan_is_finished_or_undone(shared: Shared, mortal: Mortal, moment: str, count: int) -> None:
    before = shared.snapshot()
    mortal.kill(execute_until, moment, count, *shared.places())
    left = _interrupted(shared)
    if left is not None:
        undo(shared.connection, left, shared.journal, CTX)
    assert shared.snapshot() == before
    assert _interrupted(shared) is None

    mortal.kill(execute_until, moment, count, *shared.places())
    left = _interrupted(shared)
    if left is not None:
        finish(shared.connection, left, shared.journal, CTX)
        _after(shared)
    assert _interrupted(shared) is None


def test_a_finished_plan_can_still_be_undone_by_what_the_first_start_noted(
    shared: Shared, mortal: Mortal
) -> None:
    """The grant was added before the kill: finishing must not take it for another's."""
    before = shared.snapshot()
    mortal.kill(execute_until, "after", 10, *shared.places())  # before the end of the grant was noted
    left = shared.journal.unfinished(shared.connection.account_id, shared.connection.region)[0]
    ctx = cancelled_at(3)
    with pytest.raises(Cancelled):
        finish(shared.connection, left, shared.journal, ctx)
    assert shared.snapshot() == before


def test_there_are_as_many_events_as_the_kills_assume(
    shared: Shared, monkeypatch: pytest.MonkeyPatch
) -> None:
    events = journaled(monkeypatch)
    execute(shared.connection, shared.plan(), shared.journal, CTX)
    assert len(events) == EVENTS
    assert list(shared.folder.iterdir()) == []


def test_plans_for_functions_elsewhere_are_not_offered(shared: Shared, mortal: Mortal) -> None:
    mortal.kill(execute_until, "after", 3, *shared.places())
    assert shared.journal.unfinished("999999999999", shared.connection.region) == ()
    assert shared.journal.unfinished(shared.connection.account_id, "eu-west-1") == ()
    assert _interrupted(shared) is not None


@pytest.mark.parametrize(
    ("was", "now"),
    [('"kind": "s3"', '"kind": "hologram"'), ('"function_arn": "', '"function_arn": "", "": "')],
)
def test_what_another_version_wrote_is_left_alone(shared: Shared, mortal: Mortal, was: str, now: str) -> None:
    mortal.kill(execute_until, "after", 3, *shared.places())
    (file,) = shared.folder.iterdir()
    file.write_text(file.read_text().replace(was, now))
    assert _interrupted(shared) is None
    assert file.exists()
    assert OLD in str(shared.snapshot()["grants"])


def test_what_another_window_has_undone_meanwhile_is_made_again_by_finishing(
    shared: Shared, mortal: Mortal, proxy: Proxy
) -> None:
    mortal.kill(execute_until, "after", EVENTS - 1, *shared.places())
    left = _interrupted(shared)
    assert left is not None
    assert len(left.done) == STEPS
    proxy.inject({"operation": "RemovePermission", "error": {"code": "AccessDeniedException", "status": 403}})
    with pytest.raises(WorkbenchError, match="could not be undone") as caught:
        undo(Connection.open(_through(shared, proxy)), left, shared.journal, CTX)
    assert "offers this the next time it starts" in caught.value.remedy
    assert shared.snapshot()["attached"] == []

    finish(shared.connection, left, shared.journal, CTX)
    _after(shared)
