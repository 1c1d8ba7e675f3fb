"""What comes after the code: a test, a version, an alias that moves by shares, and old versions deleted."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from tests.aws_stub import StubbedAws
from tests.deploy.bench import CTX, HANDLER, Bench, cancelled_at, deploy
from tests.deploy.scripted import NEW, Scripted
from tests.fault_proxy import Proxy
from workbench.aws.connection import ApiCall, Connection
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext
from workbench.deploy.execute import DeployResult, execute
from workbench.deploy.journal import DeployOutcome
from workbench.deploy.options import AliasMove, DeployOptions, Shift, SmokeTest
from workbench.deploy.plan import StepKind
from workbench.deploy.run import propose
from workbench.deploy.steps.release import check_alarms_before, difference
from workbench.functions.versions import Alias, list_aliases, list_versions
from workbench.invoke.run import InvocationResult, invoke

EVENT = SmokeTest("greeting", '{"name": "Ann"}')
BROKEN = "def handler(event, context):\n    raise ValueError(event['name'])\n"


def _release(bench: Bench, text: str = NEW, ctx: JobContext = CTX, **options: Any) -> DeployResult:
    bench.workspace.save("app.py", text)
    wanted = DeployOptions(**{"undo_on_failure": True, "publish": True} | options)
    return deploy(bench.connection, bench.workspace, bench.journal, ctx, options=wanted, invoke=invoke)


def _alias(bench: Bench) -> Alias | None:
    aliases = list_aliases(bench.connection, bench.function_name, CTX)
    return next((alias for alias in aliases if alias.name == "prod"), None)


def _versions(bench: Bench) -> list[str]:
    found = list_versions(bench.connection, bench.function_name, CTX)
    return [version.version for version in found if version.version.isdecimal()]


def _watch(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, dict[str, Any]]]:
    """Every call of UpdateAlias from here on: where the alias points, and its weights."""
    moves: list[tuple[str, dict[str, Any]]] = []
    call = bench.connection.call

    def recorded(service: str, method: str, /, **params: Any) -> Any:
        if method == "update_alias":
            moves.append((params["FunctionVersion"], params["RoutingConfig"]["AdditionalVersionWeights"]))
        return call(service, method, **params)

    monkeypatch.setattr(bench.connection, "call", recorded)
    return moves


def _alarm(bench: Bench, state: str) -> None:
    client = bench.connection.client("cloudwatch")
    client.put_metric_alarm(
        AlarmName="errors",
        ComparisonOperator="GreaterThanThreshold",
        EvaluationPeriods=1,
        MetricName="Errors",
        Namespace="AWS/Lambda",
        Period=60,
        Statistic="Sum",
        Threshold=0,
    )
    client.set_alarm_state(AlarmName="errors", StateValue=state, StateReason="3 errors")


# ---- smoke test ------------------------------------------------------------------------------------------


def test_code_that_answers_its_test_is_published(bench: Bench) -> None:
    result = _release(bench, smoke_test=EVENT)

    assert result.text == "The function has the new code. Version 1 is published."
    assert _versions(bench) == ["1"]
    (record,) = bench.journal.records()
    published = {"version": "1", "made": "yes", "code_sha256": record.new_sha256}
    assert record.facts[StepKind.PUBLISH.value] == published
    assert record.options is not None
    assert record.options.smoke_test == EVENT


def test_code_that_fails_its_test_is_taken_back_and_not_published(bench: Bench) -> None:
    with pytest.raises(WorkbenchError) as caught:
        _release(bench, BROKEN, smoke_test=EVENT, alias=AliasMove("prod"))

    assert "failed its test" in caught.value.what
    assert "ValueError: Ann" in caught.value.why
    assert caught.value.why.endswith("The previous code was restored.")
    assert bench.remote_file("app.py") == HANDLER
    assert (_versions(bench), _alias(bench)) == ([], None)
    assert bench.journal.records()[0].outcome is DeployOutcome.UNDONE
    assert bench.workspace.read("app.py").text == BROKEN


def test_the_smoke_test_names_the_tenant(bench: Bench) -> None:
    tenants: list[str] = []

    def invoke_for(*args: Any, tenant_id: str = "") -> InvocationResult:
        tenants.append(tenant_id)
        return invoke(*args)

    bench.workspace.save("app.py", NEW)
    test = SmokeTest("nothing", "{}", tenant_id="blue")
    options = DeployOptions(smoke_test=test)
    deploy(bench.connection, bench.workspace, bench.journal, CTX, options=options, invoke=invoke_for)
    assert tenants == ["blue"]


def test_a_failed_test_without_undo_says_that_the_new_code_is_there(bench: Bench) -> None:
    with pytest.raises(WorkbenchError, match=r"has the new code\. The remaining steps were not run"):
        _release(bench, BROKEN, smoke_test=EVENT, undo_on_failure=False)

    assert bench.remote_file("app.py") == BROKEN
    assert bench.workspace.is_clean(CTX)
    assert _versions(bench) == []
    assert bench.journal.records()[0].outcome is DeployOutcome.DEPLOYED


@pytest.mark.parametrize(("expected", "is_right"), [('"new"', True), ('"newer"', False), ("{}", False)])
def test_an_answer_must_be_what_is_expected(bench: Bench, expected: str, is_right: bool) -> None:
    test = replace(EVENT, expected=expected)
    if is_right:
        assert _release(bench, smoke_test=test).outcome is DeployOutcome.DEPLOYED
        return
    with pytest.raises(WorkbenchError, match="is not the expected one"):
        _release(bench, smoke_test=test)
    assert bench.remote_file("app.py") == HANDLER
    assert bench.journal.records()[0].outcome is DeployOutcome.UNDONE


# ---- version and alias -----------------------------------------------------------------------------------


def test_an_alias_is_made_and_then_moved(bench: Bench) -> None:
    first = _release(bench, alias=AliasMove("prod"))
    made = _alias(bench)
    assert first.text == "The function has the new code. Version 1 is published. prod points to it."
    assert made is not None
    assert made.version == "1"

    _release(bench, NEW + "# 2\n", alias=AliasMove("prod"))
    moved = _alias(bench)
    assert moved is not None
    assert (moved.version, moved.weights) == ("2", ())


def test_code_that_is_deployed_already_is_published_all_the_same(bench: Bench) -> None:
    bench.workspace.save("app.py", NEW)
    deploy(bench.connection, bench.workspace, bench.journal, CTX)
    calls: list[ApiCall] = []
    bench.connection = Connection.open(bench.connection.access, observer=calls.append)

    result = _release(bench, alias=AliasMove("prod"))

    assert result.text == "Version 1 is published. prod points to it."
    assert [call.operation for call in calls if call.is_write] == ["PublishVersion", "CreateAlias"]
    assert bench.workspace.is_clean(CTX)


def test_a_canary_moves_by_a_share_first(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    _release(bench, alias=AliasMove("prod"))
    moves = _watch(bench, monkeypatch)
    texts: list[str] = []

    _release(
        bench,
        NEW + "# 2\n",
        JobContext(lambda progress: texts.append(progress.text)),
        alias=AliasMove("prod", Shift.CANARY, 25, 0.05),
    )

    assert moves == [("1", {"2": 0.25}), ("2", {})]
    assert any(text.startswith("prod: 25% at version 2, watched for 0 s") for text in texts)


@pytest.mark.parametrize(
    ("move", "shares"),
    [
        (AliasMove("a"), ()),
        (AliasMove("a", Shift.CANARY, 5), (0.05,)),
        (AliasMove("a", Shift.LINEAR, 25), (0.25, 0.5, 0.75)),
        (AliasMove("a", Shift.LINEAR, 40), (0.4, 0.8)),
        (AliasMove("a", Shift.LINEAR, 50), (0.5,)),
        (AliasMove("a", Shift.LINEAR, 10), tuple(each / 10 for each in range(1, 10))),
    ],
)
def test_the_shares_of_a_move(move: AliasMove, shares: tuple[float, ...]) -> None:
    assert move.shares() == shares


@pytest.mark.parametrize("percent", [0, -1, 100, 250])
def test_a_share_is_a_share(percent: float) -> None:
    with pytest.raises(ValueError, match="share"):
        AliasMove("a", Shift.CANARY, percent)


def test_an_alarm_that_goes_off_takes_the_deploy_back(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    _release(bench, alias=AliasMove("prod"))
    _alarm(bench, "OK")
    moves = _watch(bench, monkeypatch)

    def go_off(progress: Any) -> None:
        if progress.text.startswith("prod: 50%"):
            _alarm(bench, "ALARM")

    with pytest.raises(WorkbenchError) as caught:
        _release(
            bench,
            NEW + "# 2\n",
            JobContext(go_off),
            alias=AliasMove("prod", Shift.LINEAR, 25, 0.05, ("errors",)),
        )

    assert caught.value.what == "The alarm errors is in the ALARM state."
    assert caught.value.why == (
        "3 errors. The alias prod points to version 1 again. Version 2 was deleted. "
        "The previous code was restored."
    )
    assert moves == [("1", {"2": 0.25}), ("1", {"2": 0.5}), ("1", {})]
    assert _versions(bench) == ["1"]
    assert bench.remote_file("app.py") == NEW
    assert bench.journal.records()[0].outcome is DeployOutcome.UNDONE


@pytest.mark.parametrize("state", ["ALARM", "missing"])
def test_an_alarm_that_is_off_or_missing_moves_nothing(bench: Bench, state: str) -> None:
    if state != "missing":
        _alarm(bench, state)
    with pytest.raises(WorkbenchError, match="errors") as caught:
        _release(bench, undo_on_failure=False, alias=AliasMove("prod", alarms=("errors",)))
    assert ("remove the alarm" in caught.value.remedy) == (state == "ALARM")
    assert (_alias(bench), _versions(bench), bench.journal.records()) == (None, [], ())
    assert bench.remote_file("app.py") == HANDLER


def test_cancel_in_a_canary_takes_the_deploy_back(bench: Bench) -> None:
    _release(bench, alias=AliasMove("prod"))

    with pytest.raises(Cancelled):
        _release(
            bench, NEW + "# 2\n", cancelled_at("prod: 10%"), alias=AliasMove("prod", Shift.CANARY, 10, 600)
        )

    alias = _alias(bench)
    assert alias is not None
    assert (alias.version, alias.weights, _versions(bench)) == ("1", (), ["1"])
    assert bench.remote_file("app.py") == NEW


def test_an_alias_that_somebody_moved_is_left_alone(bench: Bench) -> None:
    _release(bench, alias=AliasMove("prod"))
    _release(bench, NEW + "# 2\n")
    bench.workspace.save("app.py", NEW + "# 3\n")
    options = DeployOptions(undo_on_failure=True, publish=True, alias=AliasMove("prod"))
    plan = propose(bench.connection, bench.workspace, CTX, options=options)[1]
    bench.connection.call(
        "lambda", "update_alias", FunctionName=bench.function_name, Name="prod", FunctionVersion="2"
    )

    with pytest.raises(WorkbenchError, match="changed in the meantime from version 1 to 2"):
        execute(bench.connection, plan, bench.workspace, bench.journal, CTX)

    alias = _alias(bench)
    assert alias is not None
    assert alias.version == "2"
    assert bench.remote_file("app.py") == NEW + "# 2\n"


@pytest.mark.parametrize("operation", ["PublishVersion", "CreateAlias"])
@pytest.mark.parametrize(
    "rule",
    [
        {"error": {"code": "ResourceConflictException", "status": 409}, "times": 2},
        {"error": {"code": "TooManyRequestsException", "status": 429}, "times": 4},
        {"reset": True, "times": 1},
    ],
    ids=["busy", "throttled", "reset"],
)
def test_a_fault_that_passes_does_not_stop_a_release(
    bench: Bench, faulty: Connection, proxy: Proxy, operation: str, rule: dict[str, object]
) -> None:
    proxy.inject({"operation": operation, **rule})
    bench.connection = faulty
    _release(bench, alias=AliasMove("prod"))
    assert _versions(bench) == ["1"]


@pytest.mark.parametrize("operation", ["PublishVersion", "CreateAlias"])
def test_a_refusal_takes_the_deploy_back(
    bench: Bench, faulty: Connection, proxy: Proxy, operation: str
) -> None:
    error = {"code": "AccessDeniedException", "status": 403, "message": "because"}
    proxy.inject({"operation": operation, "error": error})
    bench.connection = faulty

    with pytest.raises(WorkbenchError) as caught:
        _release(bench, alias=AliasMove("prod"))

    assert caught.value.aws_code == "AccessDeniedException"
    assert bench.remote_file("app.py") == HANDLER
    assert (_versions(bench), _alias(bench)) == ([], None)


def test_a_version_that_an_alias_points_to_meanwhile_stays(
    bench: Bench, scripted: Scripted, aws: StubbedAws
) -> None:
    """AWS refuses to delete it, and the rest is taken back all the same."""
    old, new = bench.workspace.base.code_sha256, bench.workspace.package(CTX).code_sha256
    scripted.function_is(old, "r1")
    aws.refuse("lambda", "get_alias", "ResourceNotFoundException", "Cannot find alias", 404)
    scripted.update_is_accepted(new, "r1", "r2")
    scripted.function_is(new, "r3")
    aws.answer("lambda", "list_versions_by_function", {"Versions": []})
    aws.answer("lambda", "publish_version", {"Version": "1"})
    scripted.function_is(new, "r4")
    aws.refuse("lambda", "get_alias", "ResourceNotFoundException", "Cannot find alias", 404)
    aws.refuse("lambda", "create_alias", "AccessDeniedException", "no", 403)
    aws.refuse("lambda", "get_alias", "ResourceNotFoundException", "Cannot find alias", 404)
    aws.refuse("lambda", "delete_function", "ResourceConflictException", "alias", 409)
    scripted.function_is(new, "r5")
    scripted.update_is_accepted(old, "r5", "r6")
    scripted.function_is(old, "r7")
    options = DeployOptions(undo_on_failure=True, publish=True, alias=AliasMove("prod"))

    with pytest.raises(WorkbenchError, match="Version 1 stays: something points to it"):
        deploy(scripted.connection, bench.workspace, bench.journal, CTX, options=options)


CAPACITY_PROVIDER = "arn:aws:lambda:eu-central-1:123456789012:capacity-provider:small"
MANAGED: dict[str, Any] = {
    "CapacityProviderConfig": {
        "LambdaManagedInstancesCapacityProviderConfig": {"CapacityProviderArn": CAPACITY_PROVIDER}
    }
}


def test_what_callers_get_of_a_function_on_managed_instances_is_published_and_taken_back(
    bench: Bench, scripted: Scripted, aws: StubbedAws
) -> None:
    """They get $LATEST.PUBLISHED, which UpdateFunctionCode leaves as it is."""
    old, new = bench.workspace.base.code_sha256, bench.workspace.package(CTX).code_sha256
    request = {"FunctionName": bench.function_name, "PublishTo": "LATEST_PUBLISHED"}
    scripted.function_is(old, "r1", **MANAGED)
    scripted.update_is_accepted(new, "r1", "r2")
    scripted.function_is(new, "r3", **MANAGED)
    aws.answer("lambda", "publish_version", {"Version": "$LATEST.PUBLISHED"}, request)
    scripted.function_is(new, "r4", "InProgress", **MANAGED)
    scripted.function_is(new, "r4", **MANAGED)
    scripted.function_is(new, "r4", **MANAGED)  # its timeout, for the smoke test
    scripted.function_is(new, "r4", **MANAGED)
    scripted.update_is_accepted(old, "r4", "r5")
    scripted.function_is(old, "r5", **MANAGED)
    aws.answer("lambda", "publish_version", {"Version": "$LATEST.PUBLISHED"}, request)
    scripted.function_is(old, "r5", **MANAGED)

    def fails(*_args: Any) -> InvocationResult:
        raise WorkbenchError("It failed.")

    options = DeployOptions(undo_on_failure=True, smoke_test=SmokeTest("nothing", "{}"))
    with pytest.raises(WorkbenchError, match="previous code was restored"):
        deploy(scripted.connection, bench.workspace, bench.journal, CTX, options=options, invoke=fails)
    aws.assert_all_asked()


@pytest.mark.parametrize(("kind", "qualifier"), [({}, "$LATEST"), (MANAGED, "$LATEST.PUBLISHED")])
def test_the_smoke_test_of_a_durable_function_names_what_callers_get(
    bench: Bench, scripted: Scripted, aws: StubbedAws, kind: dict[str, Any], qualifier: str
) -> None:
    """AWS refuses a durable function by its name alone."""
    durable = kind | {"DurableConfig": {"ExecutionTimeout": 60, "RetentionPeriodInDays": 1}}
    old, new = bench.workspace.base.code_sha256, bench.workspace.package(CTX).code_sha256
    scripted.function_is(old, "r1", **durable)
    scripted.update_is_accepted(new, "r1", "r2")
    scripted.function_is(new, "r3", **durable)
    if kind:
        aws.answer("lambda", "publish_version", {"Version": "$LATEST.PUBLISHED"})
        scripted.function_is(new, "r4", **durable)
    scripted.function_is(new, "r4", **durable)
    named: list[str] = []

    def refused(_connection: object, _name: str, _payload: bytes, qualifier: str, *_more: Any) -> Any:
        named.append(qualifier)
        raise WorkbenchError("It failed.")

    options = DeployOptions(undo_on_failure=False, smoke_test=SmokeTest("nothing", "{}"))
    with pytest.raises(WorkbenchError, match="It failed"):
        deploy(scripted.connection, bench.workspace, bench.journal, CTX, options=options, invoke=refused)
    assert named == [qualifier]


def test_a_version_is_not_asked_for_again_after_any_refusal(
    bench: Bench, scripted: Scripted, aws: StubbedAws
) -> None:
    """Only another CodeSha256 tells that the function was changed in the meantime."""
    old, new = bench.workspace.base.code_sha256, bench.workspace.package(CTX).code_sha256
    scripted.function_is(old, "r1")
    scripted.update_is_accepted(new, "r1", "r2")
    scripted.function_is(new, "r3")
    aws.answer("lambda", "list_versions_by_function", {"Versions": []})
    aws.refuse("lambda", "publish_version", "InvalidParameterValueException", "The description is odd.")
    options = DeployOptions(publish=True)
    with pytest.raises(WorkbenchError, match="description is odd"):
        deploy(scripted.connection, bench.workspace, bench.journal, CTX, options=options)


# ---- old versions ----------------------------------------------------------------------------------------


def test_old_versions_are_deleted_but_those_that_are_used(bench: Bench) -> None:
    for number in range(1, 7):
        _release(bench, f"{NEW}# {number}\n")
    call: Callable[..., Any] = bench.connection.call
    name = bench.function_name
    call("lambda", "create_alias", FunctionName=name, Name="prod", FunctionVersion="1")
    call(
        "lambda",
        "update_alias",
        FunctionName=name,
        Name="prod",
        RoutingConfig={"AdditionalVersionWeights": {"2": 0.1}},
    )
    call(
        "lambda",
        "add_permission",
        FunctionName=name,
        Qualifier="3",
        StatementId="s",
        Action="lambda:InvokeFunction",
        Principal="s3.amazonaws.com",
    )

    result = _release(bench, NEW, keep_versions=2)

    assert sorted(_versions(bench)) == ["1", "2", "3", "6", "7"]
    assert "Versions deleted: 4 5." in result.text


def test_versions_that_cannot_be_deleted_do_not_fail_a_deploy(
    bench: Bench, faulty: Connection, proxy: Proxy
) -> None:
    _release(bench)
    error = {"code": "AccessDeniedException", "status": 403, "message": "because"}
    proxy.inject({"operation": "DeleteFunction", "error": error})
    bench.connection = faulty

    result = _release(bench, NEW + "# 2\n", keep_versions=1)

    assert "Other old versions stay" in result.text
    assert result.outcome is DeployOutcome.DEPLOYED
    assert sorted(_versions(bench)) == ["1", "2"]


def test_a_plan_tells_all_of_it_before_anything_is_done(bench: Bench) -> None:
    _alarm(bench, "OK")
    bench.workspace.save("app.py", NEW)
    _release(bench, alias=AliasMove("prod"))
    bench.workspace.save("app.py", NEW + "# 2\n")
    options = DeployOptions(
        undo_on_failure=True,
        smoke_test=EVENT,
        publish=True,
        alias=AliasMove("prod", Shift.LINEAR, 50, 60, ("errors",)),
        keep_versions=5,
    )
    plan = propose(bench.connection, bench.workspace, CTX, options=options)[1]
    assert [step.title for step in plan.steps][1:] == [
        "Wait until the update is complete",
        "Invoke it with greeting",
        "Publish a version",
        "Move the alias prod from version 1 to the new one: 50%, each for 60 s, then all; watched by errors",
        "Record the package as deployed",
        "Permanently delete unused versions except the last 5",
    ]
    assert plan.options == options


@pytest.mark.parametrize("state", ["OK", "ALARM"])
def test_the_last_of_a_hundred_alarms_is_looked_at(
    aws: StubbedAws, monkeypatch: pytest.MonkeyPatch, state: str
) -> None:
    names = [f"alarm-{number:02}" for number in range(100)]

    def as_aws(_service: str, _method: str, /, **params: Any) -> dict[str, Any]:
        """Fifty, unless more are asked for."""
        states = {**dict.fromkeys(params["AlarmNames"], "OK"), names[-1]: state}
        found = [{"AlarmName": name, "StateValue": value} for name, value in states.items()]
        return {"MetricAlarms": found[: params.get("MaxRecords", 50)], "CompositeAlarms": []}

    monkeypatch.setattr(aws.connection, "call", as_aws)
    if state == "OK":
        check_alarms_before(aws.connection, "hello", names)
    else:
        with pytest.raises(WorkbenchError, match="alarm-99 is in the ALARM state"):
            check_alarms_before(aws.connection, "hello", names)


def test_an_alias_that_somebody_moves_amid_the_undo_is_left_alone(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    _release(bench, alias=AliasMove("prod"))
    _release(bench, NEW + "# 2\n", alias=AliasMove("prod"))
    _alarm(bench, "OK")
    call, is_off = bench.connection.call, False

    def go_off(progress: Any) -> None:
        nonlocal is_off
        if progress.text.startswith("prod: 50%"):
            _alarm(bench, "ALARM")
            is_off = True

    def with_somebody(service: str, method: str, /, **params: Any) -> Any:
        nonlocal is_off
        answer = call(service, method, **params)
        if method == "get_alias" and is_off:
            is_off = False
            call(
                "lambda",
                "update_alias",
                FunctionName=bench.function_name,
                Name="prod",
                FunctionVersion="1",
                RoutingConfig={"AdditionalVersionWeights": {}},
            )
        return answer

    monkeypatch.setattr(bench.connection, "call", with_somebody)
    with pytest.raises(WorkbenchError, match="ALARM"):
        _release(
            bench,
            NEW + "# 3\n",
            JobContext(go_off),
            alias=AliasMove("prod", Shift.LINEAR, 25, 0.05, ("errors",)),
        )

    assert not is_off
    alias = _alias(bench)
    assert alias is not None
    assert (alias.version, alias.weights) == ("1", ())


@pytest.mark.parametrize(
    ("expected", "answer"),
    [
        ("{}", '{"a": 1}'),
        ('{"statusCode": 200}', '{"statusCode": 200, "body": "hello"}'),
        ('{"a": {"b": [1, {"c": null}]}}', '{"a": {"b": [1, {"c": null, "d": 2}], "e": 3}}'),
        ("null", "null"),
        ("1", "1.0"),
        ('"ä"', '"\\u00e4"'),
        ("[]", "[]"),
    ],
)
def test_an_answer_that_contains_it_is_right(expected: str, answer: str) -> None:
    assert difference(expected, answer.encode()) == ""


@pytest.mark.parametrize(
    ("expected", "answer", "words"),
    [
        ('{"statusCode": 200}', '{"statusCode": 500}', "statusCode is 500 instead of 200."),
        ('{"a": {"b": 1}}', '{"a": {}}', "it has no a.b."),
        ('{"a": [1, 2]}', '{"a": [1]}', "the length of a is 1 instead of 2."),
        ("[1]", "[2]", "[0] is 2 instead of 1."),
        ("true", "1", "it is 1 instead of true."),
        ("0", "false", "it is false instead of 0."),
        ('{"a": 1}', "[]", 'it is [] instead of {"a": 1}.'),
        ('"yes"', "null", 'it is null instead of "yes".'),
        ("{}", "", "it is not valid JSON: ."),
        ("{}", "<html>", "it is not valid JSON: <html>."),
        ("{", "{}", "the expected response is not valid JSON."),
    ],
)
def test_what_is_not_so_is_said(expected: str, answer: str, words: str) -> None:
    assert difference(expected, answer.encode()) == words


def test_a_long_answer_is_shortened() -> None:
    assert len(difference("1", b'"' + b"x" * 100_000 + b'"')) < 200
