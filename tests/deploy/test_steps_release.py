"""Versions, aliases, alarms and smoke tests of a deploy, each step by itself, with AWS's exact answers."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.aws_stub import StubbedAws
from tests.deploy.bench import CTX, Bench, cancelled_at, deploy
from tests.deploy.scripted import NEW as NEW_TEXT
from tests.deploy.stepped import NEW, OLD, STALE, THEIRS, configuration, function_is, running, stopped
from tests.fake_time import FakeClock, FakeContext
from workbench.aws.retry import Backoff
from workbench.core.errors import WorkbenchError
from workbench.core.operations import Facts
from workbench.deploy.journal import DeployOutcome
from workbench.deploy.options import AliasMove, DeployOptions, Shift, SmokeTest
from workbench.deploy.plan import StepKind
from workbench.deploy.steps import Running, release
from workbench.functions.versions import Alias

# ---- the version -----------------------------------------------------------------------------------------

FIRST = {"Version": "1", "CodeSha256": OLD, "Description": "first"}
PUBLISH = DeployOptions(publish=True, description="third")


def listed(aws: StubbedAws, *versions: dict[str, str]) -> None:
    found = [{"Version": "$LATEST", "CodeSha256": NEW}, *versions]
    aws.answer("lambda", "list_versions_by_function", {"Versions": found})


def published(aws: StubbedAws, revision: str) -> None:
    expected = {"FunctionName": "hello", "CodeSha256": NEW, "RevisionId": revision, "Description": "third"}
    aws.answer("lambda", "publish_version", {"Version": "2"}, expected)


def test_a_version_is_published_of_what_was_deployed_and_noted_before(
    aws: StubbedAws, tmp_path: Path
) -> None:
    deploying = running(aws, tmp_path, PUBLISH)
    listed(aws, FIRST)
    published(aws, "r1")
    function_is(aws, NEW, version="2")
    assert release.publish_version(deploying) == {"version": "2", "made": "yes", "code_sha256": NEW}
    assert deploying.noted() == {"newest": "1"}


def test_aws_that_answers_with_a_version_that_was_there_has_not_made_one(
    aws: StubbedAws, tmp_path: Path
) -> None:
    """Where nothing has changed since the last version, PublishVersion answers with that; it stays."""
    deploying = running(aws, tmp_path, PUBLISH)
    listed(aws, FIRST, {"Version": "2", "CodeSha256": NEW})
    published(aws, "r1")
    function_is(aws, NEW, version="2")
    facts = release.publish_version(deploying)
    assert facts == {"version": "2", "made": "", "code_sha256": NEW}
    assert release.unpublish_version(deploying, facts) == ""


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("PreconditionFailedException", STALE),
        ("InvalidParameterValueException", "CodeSHA256 (x) is different from current CodeSHA256 in $LATEST"),
    ],
)
def test_a_version_is_published_though_the_configuration_was_changed_meanwhile(
    aws: StubbedAws, tmp_path: Path, code: str, text: str
) -> None:
    deploying = running(aws, tmp_path, PUBLISH)
    listed(aws, FIRST)
    aws.refuse("lambda", "publish_version", code, text, 412)
    function_is(aws, NEW, "r2")
    published(aws, "r2")
    function_is(aws, NEW, version="2")
    assert release.publish_version(deploying)["version"] == "2"


def test_no_version_is_published_of_what_somebody_else_deployed_meanwhile(
    aws: StubbedAws, tmp_path: Path
) -> None:
    deploying = running(aws, tmp_path, PUBLISH)
    listed(aws, FIRST)
    aws.refuse("lambda", "publish_version", "PreconditionFailedException", STALE, 412)
    function_is(aws, THEIRS, "r2")
    ended = stopped(lambda: release.publish_version(deploying))
    assert ended.outcome is DeployOutcome.REPLACED
    assert THEIRS in ended.text
    assert ended.text == ended.error.why


@pytest.mark.parametrize("revisions", [["r1"], ["r2", "r3", "r4", "r5"]], ids=["same", "always another"])
def test_a_version_is_not_asked_for_for_ever(aws: StubbedAws, tmp_path: Path, revisions: list[str]) -> None:
    deploying = running(aws, tmp_path, PUBLISH)
    listed(aws, FIRST)
    for revision in revisions:
        aws.refuse("lambda", "publish_version", "PreconditionFailedException", STALE, 412)
        function_is(aws, NEW, revision)
    if len(revisions) > 1:
        aws.refuse("lambda", "publish_version", "PreconditionFailedException", STALE, 412)
    with pytest.raises(WorkbenchError, match="Could not publish a version of hello"):
        release.publish_version(deploying)


def test_a_version_that_cannot_be_invoked_ends_the_deploy_and_is_deleted_by_the_undo(
    aws: StubbedAws, tmp_path: Path
) -> None:
    """SnapStart runs the function's own code before a version is ready."""
    deploying = running(aws, tmp_path, PUBLISH)
    listed(aws, FIRST)
    published(aws, "r1")
    function_is(aws, NEW, version="2", State="Pending")
    function_is(aws, NEW, version="2", State="Failed", StateReason="Function failed to initialise.")
    ended = stopped(lambda: release.publish_version(deploying))
    assert ended.outcome is DeployOutcome.FAILED
    assert ended.error.what == "Version 2 of hello cannot be invoked."
    assert ended.error.why == "Function failed to initialise."
    assert ended.error.aws_code == "State=Failed"
    aws.answer("lambda", "delete_function", {}, {"FunctionName": "hello", "Qualifier": "2"})
    assert release.unpublish_version(deploying, deploying.noted()) == "Version 2 was deleted."


def test_an_existing_version_is_neither_published_nor_deleted(aws: StubbedAws, tmp_path: Path) -> None:
    deploying = running(aws, tmp_path, DeployOptions(version="7"))
    expected = {"FunctionName": "hello", "Qualifier": "7"}
    aws.answer("lambda", "get_function", configuration(NEW), expected)
    facts = release.publish_version(deploying)
    assert facts == {"version": "7", "made": "", "code_sha256": NEW}
    assert release.unpublish_version(deploying, facts) == ""


@pytest.mark.parametrize(
    ("code", "status", "said"),
    [
        ("ResourceNotFoundException", 404, ""),
        ("ResourceConflictException", 409, "Version 2 stays: something points to it."),
    ],
)
def test_a_version_that_has_gone_or_is_used_does_not_stop_the_undo(
    aws: StubbedAws, tmp_path: Path, code: str, status: int, said: str
) -> None:
    aws.refuse("lambda", "delete_function", code, "", status)
    facts: Facts = {"version": "2", "made": "yes"}
    assert release.unpublish_version(running(aws, tmp_path, PUBLISH), facts) == said


def test_a_version_that_may_not_be_deleted_is_said(aws: StubbedAws, tmp_path: Path) -> None:
    aws.refuse("lambda", "delete_function", "AccessDeniedException", "You may not.", 403)
    with pytest.raises(WorkbenchError, match="Could not delete version 2 of hello"):
        release.unpublish_version(running(aws, tmp_path, PUBLISH), {"version": "2", "made": "yes"})


def test_cancel_while_old_versions_are_deleted_leaves_the_deploy(bench: Bench) -> None:
    options = DeployOptions(publish=True)
    for number in range(3):
        bench.workspace.save("app.py", f"{NEW_TEXT}# {number}\n")
        deploy(bench.connection, bench.workspace, bench.journal, CTX, options=options)
    bench.workspace.save("app.py", NEW_TEXT)
    result = deploy(
        bench.connection,
        bench.workspace,
        bench.journal,
        cancelled_at("Deleting version 2"),
        options=replace(options, keep_versions=1),
    )
    assert result.outcome is DeployOutcome.DEPLOYED
    assert "Versions deleted: 1." in result.text
    assert "Cancelled" in result.text
    assert bench.remote_file("app.py") == NEW_TEXT


# ---- the alias -------------------------------------------------------------------------------------------

NAMED = {"FunctionName": "hello", "Name": "prod"}
MOVED = DeployOptions(publish=True, alias=AliasMove("prod"))


def alias_is(aws: StubbedAws, version: str, revision: str, **weights: float) -> None:
    routing = {"RoutingConfig": {"AdditionalVersionWeights": weights}} if weights else {}
    answer = {"Name": "prod", "FunctionVersion": version, "RevisionId": revision, **routing}
    aws.answer("lambda", "get_alias", answer, NAMED)


def moving(aws: StubbedAws, folder: Path, before: Alias | None) -> Running:
    deploying = running(aws, folder, MOVED)
    deploying.facts = {StepKind.PUBLISH: {"version": "2", "made": "yes"}}
    deploying.plan = replace(deploying.plan, alias=before)
    return deploying


def moved(aws: StubbedAws, version: str, revision: str, then: str, **weights: float) -> None:
    routing = {"AdditionalVersionWeights": weights}
    expected = NAMED | {"FunctionVersion": version, "RoutingConfig": routing, "RevisionId": revision}
    aws.answer("lambda", "update_alias", {"RevisionId": then}, expected)


def test_each_share_of_a_move_is_guarded_by_the_one_before(aws: StubbedAws, tmp_path: Path) -> None:
    """Somebody else's change in between is refused by AWS."""
    deploying = moving(aws, tmp_path, Alias("prod", "1", "", (), "a0"))
    move = AliasMove("prod", Shift.LINEAR, 40)
    deploying.plan = replace(deploying.plan, options=replace(MOVED, alias=move))
    alias_is(aws, "1", "a1")
    moved(aws, "1", "a1", "a2", **{"2": 0.4})
    moved(aws, "1", "a2", "a3", **{"2": 0.8})
    moved(aws, "2", "a3", "a4")
    assert release.move_alias(deploying) == {"version": "2"}


def test_an_alias_that_points_to_the_new_version_already_is_not_moved(
    aws: StubbedAws, tmp_path: Path
) -> None:
    """As after a crash that hid AWS's answer."""
    alias_is(aws, "2", "a1")
    release.move_alias(moving(aws, tmp_path, Alias("prod", "1", "", (), "a0")))
    assert not any(call.is_write for call in aws.calls)


def test_an_alias_whose_weights_were_changed_meanwhile_is_not_moved(aws: StubbedAws, tmp_path: Path) -> None:
    alias_is(aws, "1", "a1", **{"7": 0.5})
    with pytest.raises(WorkbenchError, match="The alias prod was not moved"):
        release.move_alias(moving(aws, tmp_path, Alias("prod", "1", "", (), "a0")))


def test_alarms_are_watched_every_ten_seconds_and_at_the_end(
    aws: StubbedAws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = FakeClock()
    move = AliasMove("prod", interval_s=25, alarms=("errors",))
    deploying = replace(moving(aws, tmp_path, None), clock=clock, ctx=FakeContext(clock))
    deploying.plan = replace(deploying.plan, options=replace(MOVED, alias=move))
    looked: list[float] = []
    monkeypatch.setattr(release, "check_alarms", lambda _running, _names: looked.append(clock.passed_s))
    aws.refuse("lambda", "get_alias", "ResourceNotFoundException", "Cannot find alias", 404)
    aws.answer("lambda", "create_alias", {}, NAMED | {"FunctionVersion": "2"})
    release.move_alias(deploying)
    assert looked == [0, 10, 20, 25]


def test_an_alias_that_was_made_is_deleted_by_the_undo(aws: StubbedAws, tmp_path: Path) -> None:
    alias_is(aws, "2", "a1")
    aws.answer("lambda", "delete_alias", {}, NAMED)
    assert release.restore_alias(moving(aws, tmp_path, None), {}) == "The alias prod was deleted."


@pytest.mark.parametrize("weights", [{}, {"2": 0.25}], ids=["moved", "amid a canary"])
def test_an_alias_points_back_to_what_it_did_with_its_weights(
    aws: StubbedAws, tmp_path: Path, weights: dict[str, float]
) -> None:
    alias_is(aws, "1" if weights else "2", "a5", **weights)
    routing = {"AdditionalVersionWeights": {"0": 0.5}}
    expected = NAMED | {"FunctionVersion": "1", "RoutingConfig": routing, "RevisionId": "a5"}
    aws.answer("lambda", "update_alias", {}, expected)
    before = Alias("prod", "1", "", (("0", 0.5),), "a1")
    said = release.restore_alias(moving(aws, tmp_path, before), {})
    assert said == "The alias prod points to version 1 again."


def test_an_alias_that_points_to_none_of_ours_by_now_is_left_alone(aws: StubbedAws, tmp_path: Path) -> None:
    alias_is(aws, "7", "a5")
    assert release.restore_alias(moving(aws, tmp_path, Alias("prod", "1", "", (), "a1")), {}) == ""


def test_an_alias_that_was_created_meanwhile_is_not_moved(aws: StubbedAws, tmp_path: Path) -> None:
    alias_is(aws, "7", "a5")
    with pytest.raises(WorkbenchError, match="The alias prod was not moved") as caught:
        release.move_alias(moving(aws, tmp_path, None))
    assert caught.value.why == "It was created in the meantime for version 7."
    assert caught.value.aws_code == "PreconditionFailedException"


# ---- alarms ----------------------------------------------------------------------------------------------


def alarm(name: str, state: str = "OK", **more: str) -> dict[str, str]:
    return {"AlarmName": name, "StateValue": state, **more}


@pytest.mark.parametrize("kind", ["MetricAlarms", "CompositeAlarms"])
def test_an_alarm_of_either_kind_ends_a_deploy(aws: StubbedAws, tmp_path: Path, kind: str) -> None:
    off = alarm("errors", "ALARM", StateReason="3 errors")
    answers = {"MetricAlarms": [alarm("slow", "INSUFFICIENT_DATA")]}
    answers[kind] = [*answers.get(kind, []), off]
    asked = {
        "AlarmNames": ["slow", "errors"],
        "AlarmTypes": ["MetricAlarm", "CompositeAlarm"],
        "MaxRecords": 100,
    }
    aws.answer("cloudwatch", "describe_alarms", answers, asked)
    with pytest.raises(WorkbenchError, match="The alarm errors is in the ALARM state") as caught:
        release.check_alarms(running(aws, tmp_path), ("slow", "errors"))
    assert caught.value.why == "3 errors"
    assert "Check the metrics" in caught.value.remedy


def test_an_alarm_that_does_not_exist_watches_nothing_and_that_is_said(
    aws: StubbedAws, tmp_path: Path
) -> None:
    aws.answer("cloudwatch", "describe_alarms", {"MetricAlarms": [alarm("errors")]})
    with pytest.raises(WorkbenchError, match="hello is not watched") as caught:
        release.check_alarms(running(aws, tmp_path), ("errors", "slow"))
    assert caught.value.why == "There is no alarm slow in eu-central-1."


def test_without_alarms_none_is_read(aws: StubbedAws, tmp_path: Path) -> None:
    release.check_alarms(running(aws, tmp_path), ())
    release.check_alarms_before(aws.connection, "hello", ())
    assert aws.calls == []


def test_alarms_of_both_kinds_are_listed_by_name(aws: StubbedAws) -> None:
    one = {"MetricAlarms": [alarm("b"), alarm("d")], "CompositeAlarms": [alarm("c")], "NextToken": "t"}
    aws.answer("cloudwatch", "describe_alarms", one)
    aws.answer("cloudwatch", "describe_alarms", {"MetricAlarms": [alarm("a")]})
    assert release.list_alarms(aws.connection, CTX) == (("a", "b", "c", "d"), True)


def test_no_more_than_a_thousand_alarms_are_listed_and_that_is_told(aws: StubbedAws) -> None:
    many = [alarm(f"{number:04}") for number in range(1001, 0, -1)]
    aws.answer("cloudwatch", "describe_alarms", {"MetricAlarms": many, "NextToken": "t"})
    names, are_all = release.list_alarms(aws.connection, CTX)
    assert (names[0], names[-1], len(names), are_all) == ("0001", "1000", 1000, False)


# ---- the smoke test --------------------------------------------------------------------------------------


class Answer:
    def __init__(self, payload: bytes, function_error: str = "") -> None:
        self.payload, self.function_error = payload, function_error


TESTED = DeployOptions(smoke_test=SmokeTest("greeting", '{"name": "Ann"}'))


@pytest.mark.parametrize(
    ("code", "is_asked_again"), [("TooManyRequestsException", True), ("EC2Throttled", False)]
)
def test_a_smoke_test_is_repeated_only_while_the_function_did_not_run(
    aws: StubbedAws, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: str, is_asked_again: bool
) -> None:
    monkeypatch.setattr(release, "_SMOKE_BACKOFF", Backoff(0.0, factor=1.0, attempts=3))
    asked: list[tuple[Any, ...]] = []

    def invoke(*args: Any) -> Answer:
        asked.append(args[1:4])
        if len(asked) == 1:
            raise WorkbenchError("hello was not invoked.", aws_code=code)
        return Answer(b"1")

    function_is(aws, NEW)
    deploying = replace(running(aws, tmp_path, TESTED), invoke=invoke)
    if is_asked_again:
        assert release.smoke_test(deploying) == {}
        assert asked == [("hello", b'{"name": "Ann"}', "")] * 2
    else:
        with pytest.raises(WorkbenchError, match="was not invoked"):
            release.smoke_test(deploying)
        assert len(asked) == 1


@pytest.mark.parametrize(
    ("payload", "said"),
    [
        (b'{"errorMessage": "no"}', "an error: no"),
        (b'{"errorMessage": "no", "errorType": "ValueError"}', "ValueError: no"),
        (b"[1]", "[1]"),
        (b"x" * 300, "x" * 300),
        (b"x" * 301, "x" * 300 + "…"),
    ],
)
def test_what_a_failed_smoke_test_answered_is_said_in_short(
    aws: StubbedAws, tmp_path: Path, payload: bytes, said: str
) -> None:
    function_is(aws, NEW)
    deploying = replace(running(aws, tmp_path, TESTED), invoke=lambda *_args: Answer(payload, "Unhandled"))
    with pytest.raises(WorkbenchError, match="The new code of hello failed its test") as caught:
        release.smoke_test(deploying)
    assert caught.value.why == f"The response to the test event greeting was {said}."
