"""The steps after the update: smoke test, published version, alias, old versions; and their undo.

The journal records the newest version before publishing. Version numbers only grow, so a version with a
higher number, this code and this description is the deploy's own, even if a crash kept it from being
recorded.
"""

import json
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from workbench.aws import names
from workbench.aws.connection import Connection
from workbench.aws.retry import Backoff, poll, retry
from workbench.core.errors import Cancelled, WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.core.operations import Facts
from workbench.deploy.journal import DeployOutcome
from workbench.deploy.options import AliasMove, SmokeTest
from workbench.deploy.plan import StepKind
from workbench.deploy.steps import (
    Invoke,
    Running,
    SmokeResponse,
    Stopped,
    call_when_idle,
    replaced,
    when_idle,
)
from workbench.functions.alarms import COMPOSITE, METRIC, alarm_pages
from workbench.functions.detail import get_function
from workbench.functions.prune import plan_prune, uses_of
from workbench.functions.versions import Alias, Version, find_alias, list_aliases, list_versions

_MAX_ALARMS = 1_000


def list_alarms(connection: Connection, ctx: JobContext) -> tuple[tuple[str, ...], bool]:
    """Names of the CloudWatch alarms in a region, sorted, at most 1,000; and whether these are all.

    Raises:
        WorkbenchError: Alarms may not be listed, or AWS was not reached.
    """
    names: list[str] = []
    for page in alarm_pages(connection, (METRIC, COMPOSITE), ctx):
        for kind in ("MetricAlarms", "CompositeAlarms"):
            names += [str(each["AlarmName"]) for each in page.get(kind) or ()]
        if len(names) >= _MAX_ALARMS:
            return tuple(sorted(names)[:_MAX_ALARMS]), False
    return tuple(sorted(names)), True


_LOOK = _("Check the metrics of the new version, then deploy again.")
_BEFORE = _("Wait until it returns to OK. To deploy a fix, remove the alarm in Deploy with Options…")
_METHOD, _FAILURE = "describe_alarms", _("Could not check the alarms.")


def check_alarms(running: Running, names: Sequence[str]) -> None:
    """Checks the alarms once. Insufficient data is not a failure.

    Raises:
        WorkbenchError: An alarm is in state ALARM or does not exist, or alarms may not be read.
    """
    if names:
        answer = call_when_idle(running, _METHOD, _FAILURE, "cloudwatch", **_wanted(names))
        _judge(answer, names, running.name, running.connection.region, _LOOK)


def check_alarms_before(connection: Connection, function_name: str, names: Sequence[str]) -> None:
    """Does what `check_alarms` does, before a deploy begins. Raises as `check_alarms` does."""
    if names:
        answer = connection.call("cloudwatch", _METHOD, failure=_FAILURE, **_wanted(names))
        _judge(answer, names, function_name, connection.region, _BEFORE)


def _wanted(names: Sequence[str]) -> dict[str, Any]:
    # Without MaxRecords AWS answers 50 of the 100 names that it accepts.
    return {"AlarmNames": list(names), "AlarmTypes": ["MetricAlarm", "CompositeAlarm"], "MaxRecords": 100}


def _judge(
    answer: Mapping[str, Any], names: Sequence[str], function_name: str, region: str, remedy: str
) -> None:
    found = [*(answer.get("MetricAlarms") or ()), *(answer.get("CompositeAlarms") or ())]
    states = {str(alarm["AlarmName"]): alarm for alarm in found}
    for name in names:
        alarm = states.get(name)
        if alarm is None:
            raise WorkbenchError(
                _("{function_name} is not watched.").format(function_name=function_name),
                _("There is no alarm {name} in {region}.").format(name=name, region=region),
                _("Correct the name of the alarm, then deploy again."),
            )
        if alarm.get("StateValue") == "ALARM":
            raise WorkbenchError(
                _("The alarm {name} is in the ALARM state.").format(name=name),
                str(alarm.get("StateReason") or ""),
                remedy,
            )


_THROTTLED = "TooManyRequestsException"
_SMOKE_BACKOFF = Backoff(first_s=0.2, attempts=5)
_MAX_RESPONSE = 300
_MAX_VALUE = 120
_PUBLISH_ATTEMPTS = 5
_READY_BACKOFF = Backoff(first_s=0.2, longest_s=2.0, factor=1.5)
_ALARMS_EVERY_S = 10.0
_REPORT_EVERY_S = 1.0
_STALE = (("PreconditionFailedException", ""), ("InvalidParameterValueException", "CodeSHA256"))
"""AWS's codes and a part of their texts if the function was changed in the meantime."""


def smoke_test(running: Running) -> Facts:
    """Invokes the function once with a test event, like callers that name no version.

    Any answer that the function returns is a success, an error is not.
    """
    test = running.plan.options.smoke_test
    assert test is not None
    assert running.invoke is not None, "a plan with a smoke test needs an invoker"
    running.report(_("Testing the new code with {test}").format(test=test.name))
    answer = _invoke_smoke_test(running, running.invoke, test)
    if answer.function_error:
        raise WorkbenchError(
            _("The new code of {running} failed its test.").format(running=running.name),
            _("The response to the test event {test} was {payload}.").format(
                test=test.name, payload=_in_short(answer.payload)
            ),
            _("Correct the code or the test event, then deploy again."),
        )
    if test.expected and (found := difference(test.expected, answer.payload)):
        raise WorkbenchError(
            _("The new code of {running} failed its test.").format(running=running.name),
            _("The response to the test event {test} is not the expected one: {found}").format(
                test=test.name, found=found
            ),
            _("Correct the code or the expected response, then deploy again."),
        )
    return {}


def _invoke_smoke_test(running: Running, invoke: Invoke, test: SmokeTest) -> SmokeResponse:
    payload = test.payload.encode()
    detail = get_function(running.connection, running.name, "", running.ctx)
    qualifier, timeout_s = detail.invoked_qualifier(""), detail.longest_answer_s
    tenant = {"tenant_id": test.tenant_id} if test.tenant_id else {}
    name, ctx = running.name, running.ctx
    return retry(
        lambda: invoke(running.connection, name, payload, qualifier, timeout_s, ctx, **tenant),
        ctx,
        _SMOKE_BACKOFF,
        lambda error: error.aws_code == _THROTTLED,  # then it did not run
    )


def _in_short(payload: bytes) -> str:
    """The error described by a runtime, or the beginning of the payload."""
    text = payload.decode("utf-8", "replace")
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if isinstance(value, dict) and "errorMessage" in value:
        text = f"{value.get('errorType', 'an error')}: {value['errorMessage']}"
    return text if len(text) <= _MAX_RESPONSE else text[:_MAX_RESPONSE] + "…"


def difference(expected: str, answer: bytes) -> str:
    """How a response differs from the expected one, in a sentence; empty if it does not.

    An object may have further members; everything else must be equal, lists item by item.

    Args:
        expected: One JSON value.
    """
    try:
        wanted = json.loads(expected)
    except ValueError:
        return _("the expected response is not valid JSON.")
    response = answer.decode("utf-8", "replace")
    try:
        given = json.loads(response)
    except ValueError:
        return _("it is not valid JSON: {response}.").format(response=_short(response))
    return _difference(wanted, given, "")


def _difference(wanted: Any, given: Any, path: str) -> str:
    if isinstance(wanted, dict) and isinstance(given, dict):
        for name, value in wanted.items():
            inner = f"{path}.{name}" if path else name
            if name not in given:
                return _("it has no {path}.").format(path=inner)
            if found := _difference(value, given[name], inner):
                return found
        return ""
    if isinstance(wanted, list) and isinstance(given, list):
        if len(wanted) != len(given):
            return _("the length of {path} is {count} instead of {expected}.").format(
                path=path or "it", count=len(given), expected=len(wanted)
            )
        for number, (one, other) in enumerate(zip(wanted, given, strict=True)):
            if found := _difference(one, other, f"{path}[{number}]"):
                return found
        return ""
    # In Python True equals 1, in JSON it does not.
    if wanted != given or isinstance(wanted, bool) != isinstance(given, bool):
        return _("{path} is {given} instead of {wanted}.").format(
            path=path or "it", given=_written(given), wanted=_written(wanted)
        )
    return ""


def _written(value: Any) -> str:
    return _short(json.dumps(value, ensure_ascii=False))


def _short(text: str) -> str:
    return text if len(text) <= _MAX_VALUE else text[:_MAX_VALUE] + "…"


def publish_version(running: Running) -> Facts:
    """Publishes a version, and waits until it can be invoked. Does not publish the same code twice."""
    if chosen := running.plan.options.version:
        running.report(_("Checking version {chosen}").format(chosen=chosen))
        return _wait_until_ready(running, {"version": chosen, "made": ""})
    running.report(_("Publishing a version"))
    if not running.noted():
        running.note({"newest": str(max(map(_number, _versions(running)), default=0))})
        found: list[str] = []
    else:
        found = _own_versions(running)
    version = found[0] if len(found) == 1 else _publish(running)
    is_new = int(version) > _newest_before(running)
    return _wait_until_ready(running, {"version": version, "made": "yes" if is_new else ""})


def unpublish_version(running: Running, facts: Facts) -> str:
    """Deletes the version if this deploy published it and nothing points to it."""
    facts = running.unready or facts
    if "version" in facts:
        versions = [facts["version"]] if facts.get("made") else []
    else:  # it may have been published: only the newest version before is known
        versions = _own_versions(running) if facts else []
    if len(versions) > 1:
        return _("Versions {names} stay: nothing tells which of them this deploy made.").format(
            names=" and ".join(versions)
        )
    return _delete_version(running, versions[0]) if versions else ""


def _delete_version(running: Running, version: str) -> str:
    try:
        running.connection.call(
            "lambda",
            "delete_function",
            failure=_("Could not delete version {version} of {running}.").format(
                version=version, running=running.name
            ),
            FunctionName=running.name,
            Qualifier=version,
        )
    except WorkbenchError as error:
        if error.aws_code == "ResourceNotFoundException":
            return ""
        if error.aws_code == "ResourceConflictException":
            return _("Version {version} stays: something points to it.").format(version=version)
        raise
    return _("Version {version} was deleted.").format(version=version)


def _versions(running: Running) -> tuple[Version, ...]:
    """The published versions; also read after Cancel."""
    found = list_versions(running.connection, running.name, JobContext())
    return tuple(each for each in found if each.version.isdecimal())


def _number(version: Version) -> int:
    return int(version.version)


def _newest_before(running: Running) -> int:
    return int(running.noted()["newest"])


def _own_versions(running: Running) -> list[str]:
    """The versions that this deploy has published: usually one or none.

    A version published without a description has that of $LATEST.
    """
    wanted = running.plan.options.description
    if not wanted:
        wanted = get_function(running.connection, running.name, "", JobContext()).description
    newest, sha256 = _newest_before(running), running.plan.new_sha256
    return [
        each.version
        for each in _versions(running)
        if _number(each) > newest and each.code_sha256 == sha256 and each.description == wanted
    ]


def _publish(running: Running) -> str:
    """Publishes if code and configuration are as seen. Returns the version's number."""
    for attempt in range(1, _PUBLISH_ATTEMPTS + 1):
        try:
            answer = call_when_idle(
                running,
                "publish_version",
                _("Could not publish a version of {running}.").format(running=running.name),
                FunctionName=running.name,
                CodeSha256=running.plan.new_sha256,
                RevisionId=running.revision_id,
                Description=running.plan.options.description,
            )
            return names.version(str(answer["Version"]))
        except WorkbenchError as error:
            is_stale = any(error.aws_code == code and part in error.why for code, part in _STALE)
            if not is_stale or attempt == _PUBLISH_ATTEMPTS:
                raise
            detail = get_function(running.connection, running.name, "", running.ctx)
            if detail.code_sha256 != running.plan.new_sha256:
                raise replaced(running, detail) from None
            if detail.revision_id == running.revision_id:
                raise
            running.revision_id = detail.revision_id  # its configuration was changed
    raise AssertionError("the last attempt raises")


def _wait_until_ready(running: Running, facts: Facts) -> Facts:
    """Waits until the version is ready, and returns the facts. SnapStart takes minutes."""
    version = facts["version"]
    detail = poll(
        lambda: get_function(running.connection, running.name, version, running.ctx),
        lambda found: not found.is_updating,
        running.ctx,
        _READY_BACKOFF,
        lambda _found: running.report(_("Waiting until version {version} is ready").format(version=version)),
    )
    if detail.state == "Failed":
        running.unready = facts
        error = WorkbenchError(
            _("Version {version} of {running} cannot be invoked.").format(
                version=version, running=running.name
            ),
            detail.state_reason,
            _("Fix the cause, then deploy again."),
            aws_code="State=Failed",
        )
        raise Stopped(error, DeployOutcome.FAILED)
    return {**facts, "code_sha256": detail.code_sha256}


def move_alias(running: Running) -> Facts:
    """Moves the alias to the new version: at once, or by shares while alarms are watched.

    Raises:
        WorkbenchError: Somebody else has moved it since it was planned, or an alarm is in state ALARM.
    """
    move = running.plan.options.alias
    assert move is not None
    version = running.facts[StepKind.PUBLISH]["version"]
    check_alarms(running, move.alarms)
    alias = _current_alias(running, move)
    if alias is None:
        running.report(_("Making the alias {move}").format(move=move.name))
        _call_alias(running, "create_alias", move, FunctionVersion=version)
    elif not _is_at(alias, version, ()):
        _refuse_if_moved(running, move, alias, version)
        revision_id = alias.revision_id
        if alias.version != version:
            for share in move.shares():
                revision_id = _point(running, move, alias.version, ((version, share),), revision_id)
                _watch_alarms(
                    running,
                    move,
                    _("{move}: {share:.0%} at version {version}").format(
                        move=move.name, share=share, version=version
                    ),
                )
        _point(running, move, version, (), revision_id)
    if not move.shares():
        _watch_alarms(
            running, move, _("{move} is at version {version}").format(move=move.name, version=version)
        )
    return {"version": version}


def restore_alias(running: Running, _facts: Facts) -> str:
    """Points the alias back, or deletes it, unless somebody else has moved it since."""
    move = running.plan.options.alias
    assert move is not None
    version = running.facts.get(StepKind.PUBLISH, {}).get("version", "")
    before, now = running.plan.alias, _current_alias(running, move)
    if now is None or not version or version not in {now.version, *dict(now.weights)}:
        return ""
    if before is None:
        _call_alias(running, "delete_alias", move)
        return _("The alias {move} was deleted.").format(move=move.name)
    _point(running, move, before.version, before.weights, now.revision_id)
    return _("The alias {move} points to version {version} again.").format(
        move=move.name, version=before.version
    )


def _refuse_if_moved(running: Running, move: AliasMove, alias: Alias, version: str) -> None:
    before = running.plan.alias
    if version in dict(alias.weights):  # a canary of this deploy that a crash interrupted
        return
    if before and _is_at(alias, before.version, before.weights):
        return
    intro = (
        _("It was changed in the meantime from version {version} to").format(version=before.version)
        if before
        else (_("It was created in the meantime for version"))
    )
    raise WorkbenchError(
        _("The alias {move} was not moved.").format(move=move.name),
        f"{intro} {alias.version}.",
        _("Check the versions, then deploy again."),
        aws_code="PreconditionFailedException",
    )


def _is_at(alias: Alias, version: str, weights: tuple[tuple[str, float], ...]) -> bool:
    return alias.version == version and alias.weights == weights


def _current_alias(running: Running, move: AliasMove) -> Alias | None:
    return find_alias(running.connection, running.name, move.name)


def _point(
    running: Running, move: AliasMove, version: str, weights: tuple[tuple[str, float], ...], revision_id: str
) -> str:
    """Updates the alias. Returns its new RevisionId."""
    running.report(_("Moving the alias {move}").format(move=move.name))
    answer = _call_alias(
        running,
        "update_alias",
        move,
        FunctionVersion=version,
        RoutingConfig={"AdditionalVersionWeights": dict(weights)},
        **({"RevisionId": revision_id} if revision_id else {}),
    )
    return str(answer.get("RevisionId", ""))


def _call_alias(running: Running, method: str, move: AliasMove, **params: Any) -> dict[str, Any]:
    failure = _("Could not move the alias {move} of {running}.").format(move=move.name, running=running.name)
    return call_when_idle(running, method, failure, FunctionName=running.name, Name=move.name, **params)


def _watch_alarms(running: Running, move: AliasMove, text: str) -> None:
    """Waits for the interval, and checks the alarms every 10 s and at its end."""
    start_s = running.clock.monotonic()
    end_s, check_at_s = start_s + move.interval_s, start_s + _ALARMS_EVERY_S
    while (now_s := running.clock.monotonic()) < end_s:
        left_s = end_s - now_s
        share = 1 - left_s / move.interval_s
        running.report(
            _("{text}, watched for {left_s:.0f} s more").format(text=text, left_s=left_s), share * 0.99
        )
        running.ctx.sleep(min(left_s, _REPORT_EVERY_S))
        if running.clock.monotonic() >= min(check_at_s, end_s):
            check_alarms(running, move.alarms)
            check_at_s = running.clock.monotonic() + _ALARMS_EVERY_S


def prune_versions(running: Running) -> Facts:
    """Deletes old unused versions, the oldest first.

    A version that cannot be deleted stays, and Cancel ends only this step: the deploy has succeeded anyway.
    """
    deleted: list[str] = []
    try:
        for version in _too_old(running):
            running.report(_("Deleting version {version}").format(version=version))
            if not when_idle(running, partial(uses_of, running.connection, running.name, version)):
                call_when_idle(
                    running,
                    "delete_function",
                    _("Could not delete version {version} of {running}.").format(
                        version=version, running=running.name
                    ),
                    FunctionName=running.name,
                    Qualifier=version,
                )
                deleted.append(version)
    except Cancelled:
        return {"deleted": " ".join(deleted), "left": "Cancelled."}
    except WorkbenchError as error:
        return {"deleted": " ".join(deleted), "left": str(error)}
    return {"deleted": " ".join(deleted)}


def _too_old(running: Running) -> list[str]:
    """The versions beyond the number to keep, oldest first, without those that an alias points to."""
    published = running.facts.get(StepKind.PUBLISH, {}).get("version", "")
    versions = list_versions(running.connection, running.name, JobContext())
    aliases = list_aliases(running.connection, running.name, JobContext())
    old = plan_prune(versions, aliases, running.plan.options.keep_versions, {}).unknown
    return [each.version for each in reversed(old) if each.version != published]
