"""Permissions of the execution role that were added for a trigger, and may go with it. Pure.

The name of an inline policy of ours says for which trigger it is: it is deleted with that. A managed policy
does not say who attached it, and other functions may share the role: its removal is only offered.
"""

from collections.abc import Iterable, Sequence

from workbench.functions.model import FunctionDetail
from workbench.functions.roles import Policy
from workbench.triggers.kinds.table import RULES, SOURCES
from workbench.triggers.model import SourceKind, Trigger
from workbench.triggers.role import delete_step, detach_step, inline_name
from workbench.triggers.rules import Model
from workbench.triggers.step import Step


def own_policy_steps(
    function: FunctionDetail, trigger: Trigger, others: Iterable[Trigger], policies: Sequence[Policy]
) -> tuple[Step, ...]:
    """Deletes the inline policies that Workbench added for this trigger and no other.

    Args:
        function: Whose trigger it is.
        trigger: Which goes.
        others: The function's other triggers.
        policies: Of the execution role, as far as they could be read.
    """
    needed = {name for other in others for name in _names(function, other)}
    own = _names(function, trigger) - needed
    return tuple(
        delete_step(function, policy.name) for policy in policies if not policy.arn and policy.name in own
    )


def offered_step(
    function: FunctionDetail, trigger: Trigger, others: Iterable[Trigger], policies: Sequence[Policy]
) -> Step | None:
    """Detaches the managed policy with which Lambda reads such sources; None if it is needed, or not there.

    Args: as for `own_policy_steps`.
    """
    wanted = _managed(trigger.kind)
    if not wanted or any(_managed(other.kind) == wanted for other in others):
        return None
    ending = f"::aws:policy/service-role/{wanted}"
    attached = next((each for each in policies if each.arn.endswith(ending)), None)
    return detach_step(function, attached.arn) if attached is not None else None


def _managed(kind: SourceKind) -> str:
    """Of what is pulled; what is pushed needs nothing of the role."""
    return SOURCES[kind].managed_policy() if kind in SOURCES and RULES[kind].model is Model.PULL else ""


def _names(function: FunctionDetail, trigger: Trigger) -> set[str]:
    """By each ARN that the source may have been called by; none of a kind that is not known."""
    source_arns = SOURCES[trigger.kind].arns_of(trigger.source_arn) if trigger.kind in SOURCES else ()
    target = f"{function.function_arn}:{trigger.qualifier}" if trigger.qualifier else function.function_arn
    return {inline_name(trigger.kind, each, target, trigger.values) for each in source_arns}
