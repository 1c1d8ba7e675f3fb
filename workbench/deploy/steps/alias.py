"""Moves the alias to the new version: at once, or by shares while alarms are watched; and back."""

from typing import Any

from workbench.core.errors import WorkbenchError
from workbench.deploy.options import AliasMove
from workbench.deploy.records import Facts
from workbench.deploy.step import StepKind
from workbench.deploy.steps.alarms import check_alarms
from workbench.deploy.steps.patience import call_patiently
from workbench.deploy.steps.running import Running
from workbench.functions.versions import Alias, find_alias

_LOOK_S = 10.0
_TELL_S = 1.0


def do(running: Running) -> Facts:
    """Moves it. The alias is left alone when somebody else moved it since the plan was made."""
    move = running.plan.options.alias
    assert move is not None
    version = running.facts[StepKind.PUBLISH]["version"]
    check_alarms(running, move.alarms)
    alias = _now(running, move)
    if alias is None:
        running.say(f"Making the alias {move.name}")
        _call(running, "create_alias", move, FunctionVersion=version)
    elif not _is_at(alias, version, ()):
        _refuse_if_moved(running, move, alias, version)
        revision_id = alias.revision_id
        if alias.version != version:
            for share in move.shares():
                revision_id = _point(running, move, alias.version, ((version, share),), revision_id)
                _watch(running, move, f"{move.name}: {share:.0%} at version {version}")
        _point(running, move, version, (), revision_id)
    if not move.shares():
        _watch(running, move, f"{move.name} is at version {version}")
    return {"version": version}


def undo(running: Running, _facts: Facts) -> str:
    """Points it to where it pointed, or removes it, unless somebody else moved it since."""
    move = running.plan.options.alias
    assert move is not None
    version = running.facts.get(StepKind.PUBLISH, {}).get("version", "")
    before, now = running.plan.alias, _now(running, move)
    if now is None or not version or version not in {now.version, *dict(now.weights)}:
        return ""
    if before is None:
        _call(running, "delete_alias", move)
        return f"The alias {move.name} was deleted."
    _point(running, move, before.version, before.weights, now.revision_id)
    return f"The alias {move.name} points to version {before.version} again."


def _refuse_if_moved(running: Running, move: AliasMove, alias: Alias, version: str) -> None:
    before = running.plan.alias
    if version in dict(alias.weights):  # a canary of this deploy that a crash interrupted
        return
    if before and _is_at(alias, before.version, before.weights):
        return
    whence = (
        f"It was changed in the meantime from version {before.version} to"
        if before
        else ("It was created in the meantime for version")
    )
    raise WorkbenchError(
        f"The alias {move.name} was not moved.",
        f"{whence} {alias.version}.",
        "Check the versions, then deploy again.",
        aws_code="PreconditionFailedException",
    )


def _is_at(alias: Alias, version: str, weights: tuple[tuple[str, float], ...]) -> bool:
    return alias.version == version and alias.weights == weights


def _now(running: Running, move: AliasMove) -> Alias | None:
    return find_alias(running.connection, running.name, move.name)


def _point(
    running: Running,
    move: AliasMove,
    version: str,
    weights: tuple[tuple[str, float], ...],
    revision_id: str,
) -> str:
    """Sets where the alias points. Returns its new RevisionId."""
    running.say(f"Moving the alias {move.name}")
    answer = _call(
        running,
        "update_alias",
        move,
        FunctionVersion=version,
        RoutingConfig={"AdditionalVersionWeights": dict(weights)},
        **({"RevisionId": revision_id} if revision_id else {}),
    )
    return str(answer.get("RevisionId", ""))


def _call(running: Running, method: str, move: AliasMove, **params: Any) -> dict[str, Any]:
    failure = f"Could not move the alias {move.name} of {running.name}."
    return call_patiently(running, method, failure, FunctionName=running.name, Name=move.name, **params)


def _watch(running: Running, move: AliasMove, text: str) -> None:
    """Lets the interval go by, and looks at the alarms meanwhile and at its end."""
    start_s = running.clock.monotonic()
    end_s, look_s = start_s + move.interval_s, start_s + _LOOK_S
    while (now_s := running.clock.monotonic()) < end_s:
        left_s = end_s - now_s
        share = 1 - left_s / move.interval_s
        running.say(f"{text}, watched for {left_s:.0f} s more", share * 0.99)
        running.ctx.sleep(min(left_s, _TELL_S))
        if running.clock.monotonic() >= min(look_s, end_s):
            check_alarms(running, move.alarms)
            look_s = running.clock.monotonic() + _LOOK_S
