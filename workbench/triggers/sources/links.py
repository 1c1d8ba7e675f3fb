"""Whether both ends of a pushed trigger fit, from what was read of each. Pure."""

from collections.abc import Sequence
from dataclasses import replace

from workbench.core.errors import WorkbenchError
from workbench.triggers.model import FunctionSeen, Link, SourceKind, Trigger, WantedGrant
from workbench.triggers.policy import Grant
from workbench.triggers.policy_eval import Answer, allows, covers


def qualifier_of(target_arn: str, function_arn: str) -> str | None:
    """The qualifier of an ARN that runs the function; None when it runs another one."""
    if target_arn == function_arn:
        return ""
    rest = target_arn.removeprefix(f"{function_arn}:")
    return rest if rest != target_arn and ":" not in rest else None


def linked(trigger: Trigger, wanted: Sequence[WantedGrant], function: FunctionSeen) -> Trigger:
    """The trigger, which its source confirmed, with the statements that let it through."""
    if function.grants is None:
        problem = WorkbenchError(
            "Could not determine whether the function's policy allows this source.",
            "You do not have permission to read the policy.",
        )
        return replace(trigger, link=Link.UNKNOWN, problem=problem)
    answers = [allows(function.grants, each, trigger.qualifier) for each in wanted]
    grants = tuple(
        grant
        for grant in function.grants
        if not grant.denies
        and any(covers(grant, each, trigger.qualifier) is not Answer.NO for each in wanted)
    )
    if Answer.NO in answers:
        return replace(trigger, link=Link.MISSING_PERMISSION, grants=grants)
    if Answer.UNKNOWN in answers:
        problem = WorkbenchError(
            "Could not determine whether the function's policy allows this source.",
            "It has a condition that only AWS can evaluate.",
        )
        return replace(trigger, link=Link.UNKNOWN, grants=grants, problem=problem)
    return replace(trigger, link=Link.LINKED, grants=grants)


def linked_by_one(trigger: Trigger, choices: Sequence[WantedGrant], function: FunctionSeen) -> Trigger:
    """As `linked`, for a source that may come by one of several names."""
    tried = [linked(trigger, [each], function) for each in choices]
    return next((each for each in tried if each.link is Link.LINKED), tried[0])


def naming(function: FunctionSeen, service: str, source_arn: str) -> tuple[Grant, ...]:
    """The statements that let a service in for this source."""
    return tuple(
        grant
        for grant in function.grants or ()
        if grant.service == service and grant.source_arn == source_arn and not grant.denies
    )


def unknown(
    kind: SourceKind, source_arn: str, name: str, grants: Sequence[Grant], problem: WorkbenchError
) -> tuple[Trigger, ...]:
    """When the source may not be read: a trigger for each qualifier that `grants` are for, at least one."""
    return tuple(
        Trigger(
            kind,
            source_arn,
            name,
            qualifier,
            link=Link.UNKNOWN,
            grants=tuple(grant for grant in grants if grant.qualifier == qualifier),
            problem=problem,
        )
        for qualifier in dict.fromkeys(grant.qualifier for grant in grants) or [""]
    )


def names_many(source_arn: str) -> WorkbenchError | None:
    """Why a pattern is not looked up: it may stand for thousands of resources."""
    if not {"*", "?"} & set(source_arn):
        return None
    return WorkbenchError(
        "Could not determine which sources this statement allows.",
        f"It names a pattern ({source_arn}), not one resource.",
        "A statement that names one resource is safer and can be checked.",
    )
