"""Publishes the new code as a version, for good; or sees that a chosen version is there."""

from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.deploy.records import Facts, Outcome
from workbench.deploy.steps.patience import call_patiently
from workbench.deploy.steps.running import Running, Stopped, replaced
from workbench.functions.detail import get_function
from workbench.functions.versions import list_versions

_STALE = ("PreconditionFailedException", "InvalidParameterValueException")
_ATTEMPTS = 5
_PAUSE_S = 0.2
_LONGEST_PAUSE_S = 2.0


def do(running: Running) -> Facts:
    """Publishes, and waits until the version can be invoked. Nothing new is made for what is published."""
    if chosen := running.plan.options.version:
        running.say(f"Looking at version {chosen}")
        _wait(running, chosen)
        return {"version": chosen, "made": ""}
    running.say("Publishing a version")
    before = {each.version for each in list_versions(running.connection, running.name, JobContext())}
    version = _publish(running)
    _wait(running, version)
    return {"version": version, "made": "" if version in before else "yes"}


def undo(running: Running, facts: Facts) -> str:
    """Deletes the version if this deploy made it and nothing points to it. One that was begun stays."""
    if not facts.get("made"):
        return ""
    version = facts["version"]
    try:
        running.connection.call(
            "lambda",
            "delete_function",
            doing=f"delete version {version} of {running.name}",
            FunctionName=running.name,
            Qualifier=version,
        )
    except WorkbenchError as error:
        if error.aws_code == "ResourceNotFoundException":
            return ""
        if error.aws_code == "ResourceConflictException":
            return f"Version {version} stays: something points to it."
        raise
    return f"Version {version} is deleted again."


def _publish(running: Running) -> str:
    """Makes the call under the guard of what was seen. Returns the version's number."""
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            answer = call_patiently(
                running,
                "publish_version",
                f"publish a version of {running.name}",
                FunctionName=running.name,
                CodeSha256=running.plan.new_sha256,
                RevisionId=running.revision_id,
                Description=running.plan.options.description,
            )
            return str(answer["Version"])
        except WorkbenchError as error:
            if error.aws_code not in _STALE or attempt == _ATTEMPTS:
                raise
            detail = get_function(running.connection, running.name, "", running.ctx)
            if detail.code_sha256 != running.plan.new_sha256:
                raise replaced(running, detail) from None
            if detail.revision_id == running.revision_id:
                raise
            running.revision_id = detail.revision_id  # its configuration was changed
    raise AssertionError("the last attempt raises")


def _wait(running: Running, version: str) -> None:
    """SnapStart takes minutes; others are ready at once."""
    pause_s = _PAUSE_S
    while (detail := get_function(running.connection, running.name, version, running.ctx)).is_updating:
        running.say(f"Waiting until version {version} is ready")
        running.ctx.sleep(pause_s)
        pause_s = min(pause_s * 1.5, _LONGEST_PAUSE_S)
    if detail.state == "Failed":
        made = "" if running.plan.options.version else "yes"
        running.facts[running.plan.steps[running.number].kind] = {"version": version, "made": made}
        error = WorkbenchError(
            f"Version {version} of {running.name} cannot be invoked.",
            detail.state_reason,
            "Correct the cause, then deploy again.",
            aws_code="State=Failed",
        )
        raise Stopped(error, Outcome.FAILED)
