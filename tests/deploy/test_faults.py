"""Deploys through a network and a service that fail: the function is old or new, and which is said."""

import threading

import pytest

from tests.deploy.bench import Bench, deploy
from tests.deploy.scripted import NEW, Scripted
from tests.fault_proxy import Proxy
from workbench.aws.connection import ApiCall, Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.deploy.execute import DeployResult, execute, recover
from workbench.deploy.journal import DeployOutcome
from workbench.deploy.plan import DeployConflict
from workbench.deploy.run import propose

CTX = JobContext()
UPDATE = "UpdateFunctionCode"


def _deploy(bench: Bench, connection: Connection) -> DeployResult:
    bench.workspace.save("app.py", NEW)
    return deploy(connection, bench.workspace, bench.journal, CTX)


@pytest.mark.parametrize(
    "rule",
    [
        {"error": {"code": "TooManyRequestsException", "status": 429}, "times": 2},
        {"error": {"code": "ServiceException", "status": 500}, "times": 1},
        {"error": {"code": "ResourceConflictException", "status": 409}, "times": 3},
        {"error": {"code": "PreconditionFailedException", "status": 412}, "times": 2},
        {"reset": True, "times": 1},
        {"response": {"abort_bytes": 10}, "times": 1},
        {"response": {"truncate_bytes": 10}, "times": 1},
    ],
    ids=["429", "500", "409", "412", "reset", "answer aborted", "answer cut short"],
)
def test_a_fault_that_passes_does_not_stop_a_deploy(
    bench: Bench, faulty: Connection, proxy: Proxy, rule: dict[str, object]
) -> None:
    proxy.inject({"operation": UPDATE, **rule})

    result = _deploy(bench, faulty)

    assert result.outcome is DeployOutcome.DEPLOYED
    assert bench.remote_file("app.py") == NEW
    assert bench.workspace.is_clean(CTX)
    assert not bench.unfinished()


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("RequestTooLargeException", 413),
        ("TooManyRequestsException", 429),
        ("ServiceException", 500),
        ("CodeStorageExceededException", 400),
        ("InvalidParameterValueException", 400),
        ("AccessDeniedException", 403),
    ],
)
def test_a_refusal_leaves_the_old_code_and_says_so(
    bench: Bench, faulty: Connection, proxy: Proxy, code: str, status: int
) -> None:
    proxy.inject({"operation": UPDATE, "error": {"code": code, "status": status, "message": "because"}})
    old = bench.remote_sha256()

    with pytest.raises(WorkbenchError) as caught:
        _deploy(bench, faulty)

    assert caught.value.aws_code == code
    assert caught.value.why.endswith("The function still has the previous code.")
    assert bench.remote_sha256() == old
    assert bench.journal.records()[0].outcome is DeployOutcome.UNCHANGED
    assert bench.workspace.read("app.py").text == NEW
    assert list(bench.workspace.packages.iterdir()) == [bench.workspace.base_package]


def test_a_network_that_stays_broken_leaves_the_rest_to_the_next_start(
    bench: Bench, faulty: Connection, proxy: Proxy
) -> None:
    bench.workspace.save("app.py", NEW)
    plan = propose(faulty, bench.workspace, CTX)[1]
    proxy.inject({"reset": True})

    with pytest.raises(WorkbenchError, match="The next start looks"):
        execute(faulty, plan, bench.workspace, bench.journal, CTX)

    assert [each.about.function_name for each in bench.unfinished()] == [bench.function_name]
    (recovery,) = recover(bench.connection, bench.journal, CTX)
    assert recovery.outcome is DeployOutcome.UNCHANGED
    assert not bench.unfinished()
    assert deploy(bench.connection, bench.workspace, bench.journal, CTX).outcome is DeployOutcome.DEPLOYED


def test_cancel_does_not_deny_an_attempt_that_arrived(bench: Bench, faulty: Connection, proxy: Proxy) -> None:
    """The answer is lost, the retry is refused (stale, or the update runs), and then the user cancels."""
    stop = threading.Event()
    requests: list[ApiCall] = []

    def observe(call: ApiCall) -> None:
        requests.append(call)
        if call.error_code:
            stop.set()

    watched = Connection.open(faulty.access, observer=observe)
    bench.workspace.save("app.py", NEW)
    plan = propose(watched, bench.workspace, CTX)[1]
    proxy.inject({"operation": UPDATE, "response": {"abort_bytes": 10}, "times": 1})

    result = execute(watched, plan, bench.workspace, bench.journal, JobContext(stop=stop))

    refused = {"PreconditionFailedException", "ResourceConflictException"}
    assert refused & {call.error_code for call in requests}
    assert result.outcome in (DeployOutcome.DEPLOYED, DeployOutcome.UPDATING)
    assert bench.remote_file("app.py") == NEW
    assert bench.workspace.is_clean(CTX)


def test_a_network_that_breaks_before_sending_leaves_the_old_code(
    bench: Bench, faulty: Connection, proxy: Proxy, as_slow_as_aws: None
) -> None:
    bench.workspace.save("app.py", NEW)
    plan = bench.plan_amid_an_update(faulty)
    proxy.inject({"reset": True})

    with pytest.raises(WorkbenchError, match="still has the previous code"):
        execute(faulty, plan, bench.workspace, bench.journal, CTX)

    assert bench.journal.records()[0].outcome is DeployOutcome.UNCHANGED


def test_a_network_that_breaks_while_waiting_leaves_the_rest_to_the_next_start(
    bench: Bench, faulty: Connection, proxy: Proxy
) -> None:
    bench.workspace.save("app.py", NEW)
    plan = propose(faulty, bench.workspace, CTX)[1]
    proxy.inject({"operation": "GetFunction", "reset": True})

    with pytest.raises(WorkbenchError, match="AWS accepted the new code"):
        execute(faulty, plan, bench.workspace, bench.journal, CTX)

    assert bench.workspace.changes(CTX)
    (recovery,) = recover(bench.connection, bench.journal, CTX)
    assert recovery.outcome is DeployOutcome.DEPLOYED
    assert bench.reopen().is_clean(CTX)


# ---- exact answers of AWS ----------------------------------------------------------------------------------

STALE = (
    "The RevisionId provided does not match the latest RevisionId for the Lambda function or alias. Call the "
    "GetFunction or the GetAlias API to retrieve the latest RevisionId for your resource."
)
BUSY = (
    "The operation cannot be performed at this time. An update is in progress for resource: "
    "arn:aws:lambda:us-east-1:123456789012:function:hello"
)


def test_the_update_carries_the_revision_that_was_seen_last(bench: Bench, scripted: Scripted) -> None:
    old, new = bench.workspace.base.code_sha256, bench.workspace.package(CTX).code_sha256
    scripted.function_is(old, "r1")
    scripted.update_is_refused("PreconditionFailedException", STALE, 412)
    scripted.function_is(old, "r2", "InProgress")  # somebody changes the configuration
    scripted.function_is(old, "r3")
    scripted.update_is_refused("ResourceConflictException", BUSY, 409)
    scripted.function_is(old, "r4")
    scripted.update_is_accepted(new, "r4", "r5")
    scripted.function_is(new, "r5", "InProgress")
    scripted.function_is(new, "r6")

    result = deploy(scripted.connection, bench.workspace, bench.journal, CTX)

    assert result.outcome is DeployOutcome.DEPLOYED
    assert result.revision_id == "r6"


def test_a_stale_revision_is_not_overwritten(bench: Bench, scripted: Scripted) -> None:
    old = bench.workspace.base.code_sha256
    scripted.function_is(old, "r1")
    scripted.update_is_refused("PreconditionFailedException", STALE, 412)
    scripted.function_is("theirs=", "r2")

    with pytest.raises(DeployConflict) as caught:
        deploy(scripted.connection, bench.workspace, bench.journal, CTX)

    assert (caught.value.base_sha256, caught.value.deployed_sha256) == (old, "theirs=")
    assert "at 2026-11-24 12:00:00 UTC" in caught.value.why


def test_an_update_that_fails_in_aws_says_why(bench: Bench, scripted: Scripted) -> None:
    old, new = bench.workspace.base.code_sha256, bench.workspace.package(CTX).code_sha256
    scripted.function_is(old, "r1")
    scripted.update_is_accepted(new, "r1", "r2")
    scripted.function_is(new, "r3", "Failed", "The subnet has no free addresses.")

    with pytest.raises(WorkbenchError) as caught:
        deploy(scripted.connection, bench.workspace, bench.journal, CTX)

    assert caught.value.why == "The subnet has no free addresses."
    assert "previous code" in caught.value.remedy
    assert bench.journal.records()[0].outcome is DeployOutcome.FAILED
    assert bench.workspace.changes(CTX)


def test_code_that_is_replaced_a_moment_later_is_said(bench: Bench, scripted: Scripted) -> None:
    old, new = bench.workspace.base.code_sha256, bench.workspace.package(CTX).code_sha256
    scripted.function_is(old, "r1")
    scripted.update_is_accepted(new, "r1", "r2")
    scripted.function_is("theirs=", "r3")

    with pytest.raises(DeployConflict):
        deploy(scripted.connection, bench.workspace, bench.journal, CTX)

    assert bench.journal.records()[0].outcome is DeployOutcome.REPLACED
