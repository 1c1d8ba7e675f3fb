"""Deploys against a real server, and one that is slow to apply the code by a script."""

import json
import random
import threading
from collections.abc import Callable
from typing import Any

import pytest

from tests.deploy.bench import Bench, deploy, zip_of
from tests.deploy.scripted import Scripted
from workbench.aws.connection import ApiCall, Connection
from workbench.code.workspace import take_deployed
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext, Progress
from workbench.deploy.execute import execute
from workbench.deploy.journal import DeployOutcome, Journal
from workbench.deploy.plan import DeployConflict
from workbench.deploy.run import code_source, propose
from workbench.functions.detail import get_function, wait_until_updated
from workbench.functions.roles import create_role

CTX = JobContext()
NEW = "def handler(event, context):\n    return 'new'\n"


def test_an_edit_reaches_the_function(bench: Bench) -> None:
    old = bench.workspace.base.code_sha256
    bench.workspace.save("app.py", NEW)

    result = deploy(bench.connection, bench.workspace, bench.journal, CTX)

    assert result.outcome is DeployOutcome.DEPLOYED
    assert (result.old_sha256, result.new_sha256) == (old, bench.remote_sha256())
    assert result.revision_id == get_function(bench.connection, bench.function_name, "", CTX).revision_id
    assert bench.remote_file("app.py") == NEW
    answer = bench.connection.call("lambda", "invoke", FunctionName=bench.function_name)
    assert json.loads(answer["Payload"].read()) == "new"
    assert bench.workspace.is_clean(CTX)
    assert bench.workspace.base.code_sha256 == result.new_sha256
    (record,) = bench.journal.records()
    assert record.outcome is DeployOutcome.DEPLOYED
    assert (record.old_sha256, record.new_sha256) == (old, result.new_sha256)
    assert record.new_revision_id == result.revision_id
    assert not bench.unfinished()
    assert not bench.reopen().stale


def test_unchanged_code_is_already_deployed_though_another_tool_packed_it(bench: Bench) -> None:
    revision = get_function(bench.connection, bench.function_name, "", CTX).revision_id

    result = deploy(bench.connection, bench.workspace, bench.journal, CTX)

    assert result.outcome is DeployOutcome.ALREADY_DEPLOYED
    assert get_function(bench.connection, bench.function_name, "", CTX).revision_id == revision
    assert not bench.journal.records()
    assert list(bench.workspace.packages.iterdir()) == [bench.workspace.base_package]


def test_the_same_package_deployed_by_a_colleague_is_already_deployed(bench: Bench) -> None:
    bench.workspace.save("app.py", NEW)
    package = bench.workspace.package(CTX)
    bench.connection.call(
        "lambda", "update_function_code", FunctionName=bench.function_name, ZipFile=package.path.read_bytes()
    )
    wait_until_updated(bench.connection, bench.function_name, CTX)

    result = deploy(bench.connection, bench.workspace, bench.journal, CTX)

    assert result.outcome is DeployOutcome.ALREADY_DEPLOYED
    assert bench.workspace.is_clean(CTX)


def test_a_colleagues_deploy_is_not_overwritten(bench: Bench) -> None:
    bench.workspace.save("app.py", NEW)
    base = bench.workspace.base.code_sha256
    bench.deploy_elsewhere({"app.py": "theirs"})

    with pytest.raises(DeployConflict) as caught:
        deploy(bench.connection, bench.workspace, bench.journal, CTX)

    assert bench.remote_file("app.py") == "theirs"
    assert (caught.value.base_sha256, caught.value.deployed_sha256) == (base, bench.remote_sha256())
    assert base in caught.value.why
    assert bench.remote_sha256() in caught.value.why
    assert bench.workspace.read("app.py").text == NEW

    seen = caught.value.deployed_sha256
    result = deploy(bench.connection, bench.workspace, bench.journal, CTX, overwrite_sha256=seen)
    assert result.outcome is DeployOutcome.DEPLOYED
    assert bench.remote_file("app.py") == NEW


def test_a_colleagues_deploy_can_be_taken(bench: Bench) -> None:
    bench.workspace.save("app.py", NEW)
    bench.deploy_elsewhere({"app.py": "theirs"})

    detail = get_function(bench.connection, bench.function_name, "", CTX)
    workspace = take_deployed(code_source(detail, bench.connection), bench.folder / "workspaces", CTX)

    assert workspace.read("app.py").text == "theirs"
    assert deploy(bench.connection, workspace, bench.journal, CTX).outcome is DeployOutcome.ALREADY_DEPLOYED


def _between_plan_and_execute(bench: Bench, change: Callable[[], object]) -> Any:
    bench.workspace.save("app.py", NEW)
    plan = propose(bench.connection, bench.workspace, CTX)[1]
    change()
    return execute(bench.connection, plan, bench.workspace, bench.journal, CTX)


def test_a_deploy_that_slips_in_after_the_plan_is_a_conflict_too(bench: Bench) -> None:
    with pytest.raises(DeployConflict):
        _between_plan_and_execute(bench, lambda: bench.deploy_elsewhere({"app.py": "theirs"}))

    assert bench.remote_file("app.py") == "theirs"
    assert bench.journal.records()[0].outcome is DeployOutcome.REPLACED
    assert list(bench.workspace.packages.iterdir()) == [bench.workspace.base_package]


def test_a_changed_configuration_is_no_conflict(bench: Bench) -> None:
    def configure() -> None:
        bench.connection.call(
            "lambda", "update_function_configuration", FunctionName=bench.function_name, MemorySize=256
        )

    result = _between_plan_and_execute(bench, configure)

    assert result.outcome is DeployOutcome.DEPLOYED
    assert bench.remote_file("app.py") == NEW
    assert get_function(bench.connection, bench.function_name, "", CTX).memory_mb == 256


def test_a_running_update_is_waited_for(bench: Bench, as_slow_as_aws: None) -> None:
    bench.workspace.save("app.py", NEW)

    plan = bench.plan_amid_an_update(bench.connection)
    result = execute(bench.connection, plan, bench.workspace, bench.journal, CTX)

    assert result.outcome is DeployOutcome.DEPLOYED
    assert bench.remote_file("app.py") == NEW


def test_a_deleted_function_is_said(bench: Bench) -> None:
    def remove() -> None:
        bench.connection.call("lambda", "delete_function", FunctionName=bench.function_name)

    with pytest.raises(WorkbenchError) as caught:
        _between_plan_and_execute(bench, remove)

    assert caught.value.aws_code == "ResourceNotFoundException"
    assert bench.journal.records()[0].outcome is DeployOutcome.GONE
    assert bench.workspace.read("app.py").text == NEW


def test_code_of_another_account_is_not_deployed(bench: Bench) -> None:
    bench.workspace.save("app.py", NEW)
    other = bench.connection.in_region("eu-west-1")
    other.call(
        "lambda",
        "create_function",
        FunctionName=bench.function_name,
        Runtime="python3.13",
        Handler="app.handler",
        Role=create_role(other, "lambda", bench.function_name),
        Code={"ZipFile": zip_of({"app.py": "elsewhere"})},
    )

    with pytest.raises(WorkbenchError, match=f"belongs to {bench.workspace.base.function_arn}"):
        deploy(other, bench.workspace, bench.journal, CTX)


def _cancelling(when: Callable[[Progress], bool]) -> JobContext:
    stop = threading.Event()

    def report(progress: Progress) -> None:
        if when(progress):
            stop.set()

    return JobContext(report, stop=stop)


def test_cancel_before_sending_leaves_the_function_alone(bench: Bench) -> None:
    bench.workspace.save("app.py", NEW)
    plan = propose(bench.connection, bench.workspace, CTX)[1]
    stop = threading.Event()
    stop.set()

    with pytest.raises(Cancelled):
        execute(bench.connection, plan, bench.workspace, bench.journal, JobContext(stop=stop))

    assert bench.remote_sha256() == plan.old_sha256
    assert bench.journal.records()[0].outcome is DeployOutcome.UNCHANGED


def test_cancel_after_sending_says_what_the_function_has(bench: Bench, scripted: Scripted) -> None:
    old, new = bench.workspace.base.code_sha256, bench.workspace.package(CTX).code_sha256
    scripted.function_is(old, "r1")
    scripted.update_is_accepted(new, "r1", "r2")
    scripted.function_is(new, "r3", "InProgress")
    ctx = _cancelling(lambda progress: progress.text.startswith("Waiting"))

    result = deploy(scripted.connection, bench.workspace, bench.journal, ctx)

    assert result.outcome is DeployOutcome.UPDATING
    assert "The update is still in progress" in result.text
    assert (result.new_sha256, result.revision_id) == (new, "r3")
    assert bench.workspace.base.code_sha256 == new
    assert not bench.unfinished()


def test_progress_tells_each_step(bench: Bench) -> None:
    bench.workspace.save("app.py", NEW)
    seen: list[Progress] = []

    deploy(bench.connection, bench.workspace, bench.journal, JobContext(seen.append))

    texts = [progress.text for progress in seen if progress.total == 4]
    assert [text.split()[0] for text in texts] == ["Sending", "Waiting"]


def test_a_deploy_makes_one_write(bench: Bench) -> None:
    calls: list[ApiCall] = []
    access = bench.connection.access
    watched = Connection.open(access, observer=calls.append)
    bench.workspace.save("app.py", NEW)

    deploy(watched, bench.workspace, Journal(bench.folder / "deploys"), CTX)

    assert [call.operation for call in calls if call.is_write] == ["UpdateFunctionCode"]


def test_how_much_was_sent_is_told(bench: Bench) -> None:
    bench.workspace.save("app.py", NEW)
    (bench.workspace.root / "data.bin").write_bytes(random.Random(1).randbytes(3 * 1024**2))
    seen: list[Progress] = []

    deploy(bench.connection, bench.workspace, bench.journal, JobContext(seen.append))

    sending = [progress for progress in seen if progress.text.endswith("of 3.0 MB")]
    assert len(sending) > 5
    assert sending == sorted(sending, key=lambda progress: progress.done)
    assert sending[-1].text.startswith("Sending 3,1")
    assert "3.0 of 3.0 MB" in sending[-1].text
    assert bench.remote_sha256() == bench.workspace.base.code_sha256
