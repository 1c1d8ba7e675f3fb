"""Publishes the new code as a version, for good; or sees that a chosen version is there.

The journal notes the newest version before: numbers only ever grow, so what has a higher one, this code and
this description is the deploy's own, also when a crash kept it from noting that.
"""

from workbench.aws import names
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.deploy.records import Facts, Outcome
from workbench.deploy.step import StepKind
from workbench.deploy.steps.patience import call_patiently
from workbench.deploy.steps.running import Running, Stopped, replaced
from workbench.functions.detail import get_function
from workbench.functions.versions import Version, list_versions

_STALE = (
    ("PreconditionFailedException", ""),
    ("InvalidParameterValueException", "CodeSHA256"),
)
"""AWS's code and a part of its text when the function was changed in the meantime."""
_ATTEMPTS = 5
_PAUSE_S = 0.2
_LONGEST_PAUSE_S = 2.0


def do(running: Running) -> Facts:
    """Publishes, and waits until the version can be invoked. Nothing new is made for what is published."""
    if chosen := running.plan.options.version:
        running.say(f"Checking version {chosen}")
        return _wait(running, {"version": chosen, "made": ""})
    running.say("Publishing a version")
    if StepKind.PUBLISH not in running.notes:
        running.note(StepKind.PUBLISH, {"newest": str(max(map(_number, _versions(running)), default=0))})
        found: list[str] = []
    else:
        found = _own(running)
    version = found[0] if len(found) == 1 else _publish(running)
    is_new = int(version) > _newest_before(running)
    return _wait(running, {"version": version, "made": "yes" if is_new else ""})


def undo(running: Running, facts: Facts) -> str:
    """Deletes the version if this deploy made it and nothing points to it."""
    if facts or StepKind.PUBLISH not in running.notes:
        versions = [facts["version"]] if facts.get("made") else []
    else:
        versions = _own(running)
    if len(versions) > 1:
        return f"Versions {' and '.join(versions)} stay: nothing tells which of them this deploy made."
    return _delete(running, versions[0]) if versions else ""


def _delete(running: Running, version: str) -> str:
    try:
        running.connection.call(
            "lambda",
            "delete_function",
            failure=f"Could not delete version {version} of {running.name}.",
            FunctionName=running.name,
            Qualifier=version,
        )
    except WorkbenchError as error:
        if error.aws_code == "ResourceNotFoundException":
            return ""
        if error.aws_code == "ResourceConflictException":
            return f"Version {version} stays: something points to it."
        raise
    return f"Version {version} was deleted."


def _versions(running: Running) -> tuple[Version, ...]:
    """The published ones; asked for also after Cancel."""
    found = list_versions(running.connection, running.name, JobContext())
    return tuple(each for each in found if each.version.isdecimal())


def _number(version: Version) -> int:
    return int(version.version)


def _newest_before(running: Running) -> int:
    return int(running.notes[StepKind.PUBLISH]["newest"])


def _own(running: Running) -> list[str]:
    """What this deploy has published: usually one version, or none.

    One that is published without a description has that of $LATEST.
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
    """Makes the call under the guard of what was seen. Returns the version's number."""
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            answer = call_patiently(
                running,
                "publish_version",
                f"Could not publish a version of {running.name}.",
                FunctionName=running.name,
                CodeSha256=running.plan.new_sha256,
                RevisionId=running.revision_id,
                Description=running.plan.options.description,
            )
            return names.version(str(answer["Version"]))
        except WorkbenchError as error:
            is_stale = any(error.aws_code == code and part in error.why for code, part in _STALE)
            if not is_stale or attempt == _ATTEMPTS:
                raise
            detail = get_function(running.connection, running.name, "", running.ctx)
            if detail.code_sha256 != running.plan.new_sha256:
                raise replaced(running, detail) from None
            if detail.revision_id == running.revision_id:
                raise
            running.revision_id = detail.revision_id  # its configuration was changed
    raise AssertionError("the last attempt raises")


def _wait(running: Running, facts: Facts) -> Facts:
    """Waits until the version is ready, and returns the facts. SnapStart takes minutes."""
    version, pause_s = facts["version"], _PAUSE_S
    while (detail := get_function(running.connection, running.name, version, running.ctx)).is_updating:
        running.say(f"Waiting until version {version} is ready")
        running.ctx.sleep(pause_s)
        pause_s = min(pause_s * 1.5, _LONGEST_PAUSE_S)
    if detail.state == "Failed":
        running.facts[StepKind.PUBLISH] = facts
        error = WorkbenchError(
            f"Version {version} of {running.name} cannot be invoked.",
            detail.state_reason,
            "Fix the cause, then deploy again.",
            aws_code="State=Failed",
        )
        raise Stopped(error, Outcome.FAILED)
    return facts
