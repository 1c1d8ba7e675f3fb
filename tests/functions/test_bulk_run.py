"""One step of a change to many functions: on the Sandbox and back, and with AWS's exact answers."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from tests.aws_stub import StubbedAws
from tests.fake_time import FakeClock, FakeContext
from tests.sandbox_functions import create_function
from workbench.aws.connection import Connection
from workbench.aws.retry import RateBudget
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext
from workbench.functions.bulk_plan import (
    BulkChange,
    BulkStep,
    Configure,
    Delete,
    ObservedFunction,
    Retag,
    Retain,
    Standing,
    Target,
    plan_step,
    read_target,
)
from workbench.functions.bulk_run import BulkStepResult, carry_out, observe
from workbench.functions.configure import Wanted
from workbench.functions.detail import get_function
from workbench.functions.model import FunctionDetail, detail_of

SOURCE = "def handler(event, context):\n    return 1\n"
ARN = "arn:aws:lambda:eu-central-1:123456789012:function:hello"
TARGET = Target("dev", "123456789012", "eu-central-1", "hello", ARN)
UPDATE = "update_function_configuration"


KEPT: list[str] = []


def keep(
    _connection: Connection, function_name: str, lost: tuple[str, ...], _ctx: JobContext
) -> Callable[[], object]:
    """Notes that a copy was kept, with what is lost of it; forgetting takes the note back."""
    note = " ".join((function_name, *lost))
    KEPT.append(note)
    return lambda: KEPT.remove(note)


@pytest.fixture(autouse=True)
def nothing_kept() -> None:
    KEPT.clear()


def target_of(detail: FunctionDetail) -> Target:
    return Target.of(detail, "dev")


def planned(connection: Connection, target: Target, change: BulkChange) -> BulkStep:
    seen = observe(connection, target, change, RateBudget(), JobContext())
    return plan_step(target, seen, change)


def done(connection: Connection, step: BulkStep) -> BulkStepResult:
    assert step.standing is Standing.CHANGE
    return carry_out(connection, step, RateBudget(), keep, JobContext())


@pytest.mark.parametrize(
    ("change", "looks"),
    [
        (Configure(Wanted(memory_mb=512)), lambda seen: seen.detail.memory_mb),
        (Configure(Wanted(timeout_s=42)), lambda seen: seen.detail.timeout_s),
        (Configure(Wanted(runtime="python3.12")), lambda seen: seen.detail.runtime),
        (Retag((("team", "core"), ("stage", "prod"))), lambda seen: seen.detail.tags),
        (Retag(remove=("stage",)), lambda seen: seen.detail.tags),
        (Retain(30), lambda seen: seen.retention_days),
    ],
)
def test_a_change_is_made_read_back_and_taken_back(
    connection: Connection, change: BulkChange, looks: Any
) -> None:
    made = create_function(connection, SOURCE, Tags={"stage": "dev"})
    target = target_of(made)
    step = planned(connection, target, change)
    assert step.seen is not None
    before = looks(step.seen)
    outcome = done(connection, step)
    assert outcome.changed
    after = looks(read_target(connection, target, change, JobContext()))
    assert after != before
    assert planned(connection, target, change).standing is Standing.UNCHANGED
    assert carry_out(connection, step, RateBudget(), keep, JobContext()) == BulkStepResult(changed=False)
    assert outcome.undo is not None
    assert done(connection, outcome.undo).changed
    assert looks(read_target(connection, target, change, JobContext())) == before


def test_a_function_is_deleted_with_its_mappings_once(connection: Connection) -> None:
    made = create_function(connection, SOURCE)
    queue = connection.call("sqs", "create_queue", QueueName=f"q-{made.function_name}")["QueueUrl"]
    arn = connection.call("sqs", "get_queue_attributes", QueueUrl=queue, AttributeNames=["QueueArn"])
    connection.call(
        "lambda",
        "create_event_source_mapping",
        FunctionName=made.function_name,
        EventSourceArn=arn["Attributes"]["QueueArn"],
    )
    step = planned(connection, target_of(made), Delete())
    assert "1 event source mapping will be deleted with it." in step.why
    assert done(connection, step) == BulkStepResult(changed=True)
    assert [made.function_name] == KEPT  # the copy holds its mappings, too
    with pytest.raises(WorkbenchError) as caught:
        get_function(connection, made.function_name)
    assert caught.value.aws_code == "ResourceNotFoundException"
    # AWS takes a while to delete a mapping.
    left = connection.call("lambda", "list_event_source_mappings", FunctionName=made.function_name)
    assert {each["State"] for each in left["EventSourceMappings"]} <= {"Deleting"}
    assert done(connection, step) == BulkStepResult(changed=False)  # it has gone already


def test_what_somebody_else_changed_since_the_plan_is_not_overwritten(connection: Connection) -> None:
    made = create_function(connection, SOURCE, Tags={"stage": "dev"})
    target = target_of(made)
    changes = (Configure(Wanted(memory_mb=512)), Retag((("stage", "prod"),)), Delete())
    steps = [planned(connection, target, change) for change in changes]
    connection.call("lambda", UPDATE, FunctionName=made.function_name, MemorySize=256)
    connection.call("lambda", "tag_resource", Resource=made.function_arn, Tags={"stage": "theirs"})
    for step in steps:
        with pytest.raises(WorkbenchError, match="was not applied"):
            done(connection, step)
    now = get_function(connection, made.function_name)
    assert KEPT == []
    assert (now.memory_mb, now.tags) == (256, (("stage", "theirs"),))


def test_what_somebody_else_changed_besides_does_not_matter(connection: Connection) -> None:
    made = create_function(connection, SOURCE, Tags={"stage": "dev"})
    step = planned(connection, target_of(made), Retag((("team", "core"),)))
    connection.call("lambda", "tag_resource", Resource=made.function_arn, Tags={"stage": "theirs"})
    assert done(connection, step).changed
    now = get_function(connection, made.function_name)
    assert now.tags == (("stage", "theirs"), ("team", "core"))


def test_the_undo_leaves_what_was_changed_after_the_change(connection: Connection) -> None:
    made = create_function(connection, SOURCE)
    outcome = done(connection, planned(connection, target_of(made), Configure(Wanted(memory_mb=512))))
    connection.call("lambda", UPDATE, FunctionName=made.function_name, MemorySize=1024)
    assert outcome.undo is not None
    with pytest.raises(WorkbenchError, match="1024"):
        done(connection, outcome.undo)


def test_another_account_behind_the_profile_is_noticed(connection: Connection) -> None:
    made = create_function(connection, SOURCE)
    elsewhere = Target("dev", "999999999999", made.region, made.function_name, made.function_arn)
    with pytest.raises(WorkbenchError, match="999999999999"):
        read_target(connection, elsewhere, Delete(), JobContext())


# With AWS's exact answers ----------------------------------------------------------------------------------


def answer(memory_mb: int = 128, revision: str = "r1", **more: Any) -> dict[str, Any]:
    about = {"FunctionName": "hello", "FunctionArn": ARN, "MemorySize": memory_mb, "RevisionId": revision}
    return {"Configuration": about | more}


def step_of(change: BulkChange, tags: dict[str, str] | None = None) -> BulkStep:
    return plan_step(TARGET, ObservedFunction(detail_of(answer() | {"Tags": tags or {}})), change)


def prepare(aws: StubbedAws, *answers: dict[str, Any]) -> None:
    for each in answers:
        aws.answer("lambda", "get_function", each, {"FunctionName": "hello"}, retries=False)


def refuse(aws: StubbedAws, method: str, code: str, status: int, message: str = "no") -> None:
    aws.refuse("lambda", method, code, message, status, request_id="r-1", retries=False)


def run(aws: StubbedAws, step: BulkStep, ctx: FakeContext | None = None) -> BulkStepResult:
    clock = FakeClock()
    return carry_out(aws.connection, step, RateBudget(clock), keep, ctx or FakeContext(clock))


def test_a_fault_that_did_it_all_the_same_does_not_do_it_twice(aws: StubbedAws) -> None:
    prepare(aws, answer(), answer())
    refuse(aws, UPDATE, "ServiceException", 500)
    refuse(aws, UPDATE, "PreconditionFailedException", 412)  # the first was made
    prepare(aws, answer(512, "r2"))
    outcome = run(aws, step_of(Configure(Wanted(memory_mb=512))))
    assert outcome.changed
    assert outcome.undo is not None
    assert outcome.undo.change == Configure(Wanted(memory_mb=128))


@pytest.mark.parametrize(("made", "changed"), [(True, True), (False, None)])
def test_a_fault_that_lasts_is_looked_into(aws: StubbedAws, made: bool, changed: bool | None) -> None:
    step = step_of(Retag((("team", "core"),)))
    prepare(aws, answer())
    for _ in range(8):
        refuse(aws, "tag_resource", "ServiceException", 500, "internal")
    tags = {"Tags": {"team": "core"}} if made else {}
    aws.answer("lambda", "get_function", answer() | tags)  # over the plain connection, once
    if changed:
        assert run(aws, step).changed
    else:
        with pytest.raises(WorkbenchError) as caught:
            run(aws, step)
        assert caught.value.aws_code == "ServiceException"


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("AccessDeniedException", 403),
        ("ResourceNotFoundException", 404),
        ("InvalidParameterValueException", 400),
        ("RequestTooLargeException", 413),
    ],
)
def test_a_refusal_is_told_with_aws_s_code_and_not_repeated(aws: StubbedAws, code: str, status: int) -> None:
    prepare(aws, answer(), answer())
    refuse(aws, UPDATE, code, status, "User is not authorized to perform: lambda:UpdateFunctionConfiguration")
    with pytest.raises(WorkbenchError) as caught:
        run(aws, step_of(Configure(Wanted(memory_mb=512))))
    assert caught.value.aws_code == code


def test_a_function_that_was_deleted_meanwhile_is_an_error_unless_it_was_to_go(aws: StubbedAws) -> None:
    for _ in range(2):
        refuse(aws, "get_function", "ResourceNotFoundException", 404, f"Function not found: {ARN}")
    with pytest.raises(WorkbenchError) as caught:
        run(aws, step_of(Configure(Wanted(memory_mb=512))))
    assert caught.value.aws_code == "ResourceNotFoundException"
    assert run(aws, step_of(Delete())) == BulkStepResult(changed=False)


def test_cancel_before_anything_was_sent_changes_nothing(aws: StubbedAws) -> None:
    clock = FakeClock()
    ctx = FakeContext(clock, cancel_after_s=0.01)
    prepare(aws, answer(LastUpdateStatus="InProgress"), answer(LastUpdateStatus="InProgress"))
    with pytest.raises(Cancelled):
        run(aws, step_of(Configure(Wanted(memory_mb=512))), ctx)
    assert not [call for call in aws.calls if call.is_write]


def test_cancel_between_attempts_that_aws_made_nothing_of_changes_nothing(aws: StubbedAws) -> None:
    clock = FakeClock()
    ctx = FakeContext(clock, cancel_after_s=0.01)
    prepare(aws, answer())
    refuse(aws, "tag_resource", "TooManyRequestsException", 429, "Rate exceeded")
    aws.answer("lambda", "get_function", answer())
    with pytest.raises(Cancelled):
        run(aws, step_of(Retag((("team", "core"),))), ctx)


def test_cancel_after_a_fault_says_that_it_may_have_been_made(aws: StubbedAws) -> None:
    clock = FakeClock()
    ctx = FakeContext(clock, cancel_after_s=0.01)
    prepare(aws, answer())
    refuse(aws, "tag_resource", "ServiceException", 500, "internal")
    aws.refuse("lambda", "get_function", "ServiceException", "internal", 500)
    with pytest.raises(WorkbenchError) as caught:
        run(aws, step_of(Retag((("team", "core"),))), ctx)
    assert caught.value.aws_code == "ServiceException"


def test_cancel_once_the_change_was_sent_counts_it_as_made(aws: StubbedAws) -> None:
    clock = FakeClock()
    ctx = FakeContext(clock, cancel_after_s=0.01)
    prepare(aws, answer(), answer())
    aws.answer("lambda", UPDATE, {}, retries=False)
    prepare(aws, answer(512, "r2", LastUpdateStatus="InProgress"))
    aws.answer("lambda", "get_function", answer(512, "r2", LastUpdateStatus="InProgress"))
    assert run(aws, step_of(Configure(Wanted(memory_mb=512))), ctx).changed


def test_what_cannot_be_kept_is_not_deleted(connection: Connection) -> None:
    made = create_function(connection, SOURCE)
    step = planned(connection, target_of(made), Delete())

    def refuse_to_keep(*_: object) -> Callable[[], object]:
        raise WorkbenchError("No copy could be kept.", "The disk is full.")

    with pytest.raises(WorkbenchError, match="The disk is full"):
        carry_out(connection, step, RateBudget(), refuse_to_keep, JobContext())
    assert get_function(connection, made.function_name).function_name == made.function_name


def test_a_denied_deletion_forgets_its_copy(aws: StubbedAws) -> None:
    aws.answer("lambda", "list_event_source_mappings", {"EventSourceMappings": []})
    prepare(aws, answer(), answer())
    refuse(aws, "delete_function", "AccessDeniedException", 403)
    with pytest.raises(WorkbenchError) as caught:
        run(aws, step_of(Delete()))
    assert caught.value.aws_code == "AccessDeniedException"
    assert KEPT == []


def test_cancel_between_putting_tags_and_removing_others_makes_the_change_whole(aws: StubbedAws) -> None:
    stop = threading.Event()
    client = aws.connection.client("lambda", retries=False)
    client.meta.events.register("after-call.lambda.TagResource", lambda **_: stop.set())
    prepare(aws, answer() | {"Tags": {"stage": "dev"}})
    aws.answer("lambda", "tag_resource", {}, {"Resource": ARN, "Tags": {"team": "core"}}, retries=False)
    aws.answer("lambda", "untag_resource", {}, {"Resource": ARN, "TagKeys": ["stage"]}, retries=False)
    step = step_of(Retag((("team", "core"),), ("stage",)), {"stage": "dev"})

    outcome = carry_out(aws.connection, step, RateBudget(FakeClock()), keep, JobContext(stop=stop))

    assert stop.is_set()
    assert outcome.changed
