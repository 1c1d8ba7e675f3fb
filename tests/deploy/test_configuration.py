"""Deploys that change the configuration with the code."""

from typing import Any

import pytest

from tests.deploy.bench import CTX, HANDLER, Bench, deploy
from tests.deploy.scripted import NEW
from tests.fault_proxy import Proxy
from workbench.aws.connection import ApiCall, Connection
from workbench.core.errors import WorkbenchError
from workbench.deploy.execute import DeployResult, execute
from workbench.deploy.journal import DeployOutcome
from workbench.deploy.options import DeployOptions, Upload
from workbench.deploy.plan import StepKind
from workbench.deploy.run import propose
from workbench.functions.configure import Wanted
from workbench.functions.detail import get_function, wait_until_updated

WANTED = Wanted(memory_mb=256, timeout_s=9, environment=(("KEY", "secret"), ("MODE", "new")))


def _options(**more: Any) -> DeployOptions:
    values: dict[str, Any] = {"configuration": WANTED, "undo_on_failure": True}
    return DeployOptions(**values | more)


def _deploy(bench: Bench, text: str = NEW, **more: Any) -> DeployResult:
    bench.workspace.save("app.py", text)
    return deploy(bench.connection, bench.workspace, bench.journal, CTX, options=_options(**more))


def _now(bench: Bench) -> tuple[int, int, tuple[tuple[str, str], ...]]:
    detail = get_function(bench.connection, bench.function_name, "", CTX)
    return detail.memory_mb, detail.timeout_s, detail.environment


def test_the_configuration_goes_first(bench: Bench) -> None:
    calls: list[ApiCall] = []
    bench.connection = Connection.open(bench.connection.access, observer=calls.append)

    result = _deploy(bench)

    assert [call.operation for call in calls if call.is_write] == [
        "UpdateFunctionConfiguration",
        "UpdateFunctionCode",
    ]
    assert _now(bench) == (256, 9, (("KEY", "secret"), ("MODE", "new")))
    assert bench.remote_file("app.py") == NEW
    assert result.text == "The function has the new code. Its configuration was changed."


def test_a_plan_tells_what_changes_and_no_secret(bench: Bench) -> None:
    bench.workspace.save("app.py", NEW)
    plan = propose(bench.connection, bench.workspace, CTX, options=_options())[1]
    (step,) = [step for step in plan.steps if step.kind is StepKind.CONFIGURE]
    assert step.title == (
        "Change the configuration: Memory from 128 to 256, Timeout from 3 to 9, "
        "environment variables (KEY, MODE)"
    )
    assert "secret" not in repr(plan)


def test_the_configuration_alone_is_changed_when_the_code_is_there(bench: Bench) -> None:
    result = _deploy(bench, HANDLER)
    assert result.text == "Its configuration was changed."
    assert _now(bench)[0] == 256
    assert _deploy(bench, HANDLER).outcome is DeployOutcome.ALREADY_DEPLOYED


def test_code_that_is_refused_takes_the_configuration_back(
    bench: Bench, faulty: Connection, proxy: Proxy
) -> None:
    before = _now(bench)
    error = {"code": "CodeStorageExceededException", "status": 400, "message": "because"}
    proxy.inject({"operation": "UpdateFunctionCode", "error": error})
    bench.connection = faulty

    with pytest.raises(WorkbenchError, match="The previous configuration was restored"):
        _deploy(bench)

    assert _now(bench) == before
    assert bench.remote_file("app.py") == HANDLER
    assert bench.journal.records()[0].outcome is DeployOutcome.UNDONE
    assert not [file for file in (bench.folder / "deploys").iterdir() if b"secret" in file.read_bytes()]


def test_what_somebody_else_configured_is_kept(bench: Bench, faulty: Connection, proxy: Proxy) -> None:
    """Before the deploy it stops it; after it only the rest is taken back."""
    bench.workspace.save("app.py", NEW)
    plan = propose(bench.connection, bench.workspace, CTX, options=_options())[1]
    name = bench.function_name
    bench.connection.call("lambda", "update_function_configuration", FunctionName=name, MemorySize=512)
    wait_until_updated(bench.connection, name, CTX)

    with pytest.raises(WorkbenchError, match="The setting “Memory” was changed to “512” in the meantime"):
        execute(bench.connection, plan, bench.workspace, bench.journal, CTX)

    assert _now(bench)[:2] == (512, 3)
    assert bench.remote_file("app.py") == HANDLER


def test_code_that_aws_would_not_take_from_s3_leaves_the_configuration_alone(
    bench: Bench, faulty: Connection, proxy: Proxy
) -> None:
    """A dry run is refused, so nothing has to be taken back."""
    calls: list[ApiCall] = []
    error = {"code": "AccessDeniedException", "status": 403, "message": "s3:GetObject"}
    proxy.inject({"operation": "UpdateFunctionCode", "error": error})
    bench.connection = Connection.open(faulty.access, observer=calls.append)

    with pytest.raises(WorkbenchError, match="still has the previous code"):
        _deploy(bench, upload=Upload.S3)

    assert "UpdateFunctionConfiguration" not in [call.operation for call in calls]
    assert bench.journal.records()[0].outcome is DeployOutcome.UNCHANGED
