"""Statements of the function's resource policy: whether they let a source in, ids, steps and checks. Pure.

A Deny wins over everything; without a statement that allows, nothing is allowed. A condition that cannot be
evaluated here makes the answer unknown.
"""

import hashlib
from collections.abc import Iterable
from enum import Enum

from workbench.aws.policy_conditions import holds, like
from workbench.aws.quotas import POLICY_LIMIT_BYTES
from workbench.triggers.model import (
    Finding,
    Fix,
    FixKind,
    ObservedFunction,
    Severity,
    SourceKind,
    TriggerSpec,
    WantedGrant,
)
from workbench.triggers.policy import Condition, Grant
from workbench.triggers.step import Step


class Answer(Enum):
    """Whether a policy allows it."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


def allows(grants: Iterable[Grant], wanted: WantedGrant, qualifier: str) -> Answer:
    """Whether the policy has what a source needs.

    Args:
        grants: The policy's statements.
        wanted: What the source will ask for.
        qualifier: What it will run: a grant on the unqualified function does not cover an alias.
    """
    answer = Answer.NO
    for grant in grants:
        match = covers(grant, wanted, qualifier)
        if match is Answer.NO:
            continue
        if grant.denies:
            if match is Answer.YES:
                return Answer.NO
            answer = Answer.UNKNOWN
        elif match is Answer.YES and answer is Answer.NO:
            answer = Answer.YES
        elif match is Answer.UNKNOWN and answer is Answer.NO:
            answer = Answer.UNKNOWN
    return answer


def covers(grant: Grant, wanted: WantedGrant, qualifier: str) -> Answer:
    """Whether one statement speaks of what a source needs, whatever its effect."""
    if grant.qualifier not in (qualifier, "*") or grant.principal not in (wanted.principal, "*"):
        return Answer.NO
    if not any(like(wanted.action.lower(), action.lower()) for action in grant.action.split(", ")):
        return Answer.NO
    answers = [_holds(condition, wanted) for condition in grant.conditions]
    if Answer.NO in answers:
        return Answer.NO
    return Answer.UNKNOWN if Answer.UNKNOWN in answers else Answer.YES


def is_wide(grant: Grant) -> bool:
    """Whether a service may invoke the function on behalf of anyone: neither source nor account is named."""
    keys = {condition.key for condition in grant.conditions}
    narrow = ("aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:principalorgid")
    return bool(grant.service) and not grant.denies and keys.isdisjoint(narrow)


def _holds(condition: Condition, wanted: WantedGrant) -> Answer:
    """Whether a condition is met by the source's request."""
    request = {
        "aws:sourcearn": wanted.source_arn,
        "aws:sourceaccount": wanted.source_account or _account_of(wanted.source_arn),
        "lambda:functionurlauthtype": wanted.auth_type,
        "lambda:invokedviafunctionurl": "true" if wanted.via_url else "",
    }
    if condition.key not in request:
        return Answer.UNKNOWN
    is_met = holds(condition.operator, condition.values, request[condition.key])
    return Answer.UNKNOWN if is_met is None else Answer.YES if is_met else Answer.NO


def _account_of(arn: str) -> str:
    return arn.split(":")[4] if arn.count(":") >= 5 else ""


OWN_PREFIX = "wb-"
GRANT, REVOKE = "grant", "revoke"
_CROWDED_BYTES = 18 * 1024
_PLAIN_ACTION = "lambda:InvokeFunction"


def statement_id(kind: SourceKind, wanted: WantedGrant, function_arn: str, qualifier: str) -> str:
    """Stable for a specification, so that a second run adds nothing, and recognizable as ours."""
    parts = [wanted.source_arn, function_arn, qualifier]
    if wanted.action != _PLAIN_ACTION or wanted.via_url:  # a function URL needs two
        parts += [wanted.action, str(wanted.via_url), wanted.principal, wanted.auth_type]
    digest = hashlib.sha256("|".join(parts).encode()).hexdigest()[:10]
    return f"{OWN_PREFIX}{kind}-{digest}"


def grant_step(kind: SourceKind, wanted: WantedGrant, function_arn: str, qualifier: str) -> Step:
    """Adds one statement."""
    name = function_arn.split(":")[6]
    target = f"{name}:{qualifier}" if qualifier else name
    return Step(
        GRANT,
        _title(wanted, target),
        "lambda:AddPermission",
        function_arn.split(":")[3],
        {
            "function_arn": function_arn,
            "qualifier": qualifier,
            "statement_id": statement_id(kind, wanted, function_arn, qualifier),
            "action": wanted.action,
            "principal": wanted.principal,
            "source_arn": wanted.source_arn,
            "source_account": wanted.source_account,
            "auth_type": wanted.auth_type,
            "via_url": wanted.via_url,
        },
        "Remove the statement",
    )


def revoke_steps(function_arn: str, grants: Iterable[Grant]) -> tuple[Step, ...]:
    """Removes statements."""
    return tuple(
        Step(
            REVOKE,
            f"Remove the statement {grant.sid} from the function's policy",
            "lambda:RemovePermission",
            function_arn.split(":")[3],
            {"function_arn": function_arn, "qualifier": grant.qualifier, "statement_id": grant.sid},
            "Add the statement again",
        )
        for grant in grants
    )


def missing(
    wanted: Iterable[WantedGrant], function: ObservedFunction, qualifier: str
) -> tuple[WantedGrant, ...]:
    """Those that the policy does not hold, as far as it could be read: adding one twice adds nothing."""
    if function.grants is None:
        return tuple(wanted)
    return tuple(each for each in wanted if allows(function.grants, each, qualifier) is not Answer.YES)


def check_grants(
    spec: TriggerSpec, wanted: tuple[WantedGrant, ...], function: ObservedFunction
) -> tuple[Finding, ...]:
    """Checks PERM-MISSING, PERM-WIDE, PERM-SIZE and the part of FN-QUALIFIER that is about grants."""
    found = []
    arn, qualifier = spec.function.function_arn, spec.qualifier
    for each in missing(wanted, function, qualifier):
        step = grant_step(spec.kind, each, arn, qualifier)
        found.append(
            Finding(
                "PERM-MISSING",
                Severity.BLOCK,
                _missing(each, _target(spec)),
                _why_missing(each, function, qualifier),
                (Fix(FixKind.STEPS, "Add the permission", (step,), is_standard=True),),
            )
        )
    found += [_wide(grant) for grant in function.grants or () if is_wide(grant)]
    if function.policy_bytes > _CROWDED_BYTES:
        found.append(
            Finding(
                "PERM-SIZE",
                Severity.WARN,
                f"The function's policy uses {function.policy_bytes:,} of {POLICY_LIMIT_BYTES:,} bytes.",
                "AWS rejects statements that exceed the limit. Remove stale statements first.",
            )
        )
    return tuple(found)


def _who(wanted: WantedGrant) -> str:
    return wanted.principal if wanted.principal != "*" else "everyone"


def _title(wanted: WantedGrant, target: str) -> str:
    """A function URL needs two statements: one for calling it, and one for what the call does."""
    who = _who(wanted)
    if wanted.auth_type:
        return f"Allow {who} to call the URL of {target}"
    if wanted.via_url:
        return f"Allow {who} to invoke {target} through its URL"
    if wanted.source_arn:
        return f"Allow {who} to invoke {target} for {wanted.source_arn}"
    return f"Allow {who} to invoke {target}"


def _missing(wanted: WantedGrant, target: str) -> str:
    who = wanted.principal
    if wanted.auth_type:
        everyone, one = (
            f"Not everyone can call the URL of {target}.",
            f"{who} cannot call the URL of {target}.",
        )
    elif wanted.via_url:
        everyone = f"Not everyone can invoke {target} through its URL."
        one = f"{who} cannot invoke {target} through its URL."
    else:
        everyone, one = f"Not everyone can invoke {target}.", f"{who} cannot invoke {target}."
    return everyone if who == "*" else one


def _target(spec: TriggerSpec) -> str:
    name = spec.function.function_name
    return f"{name}:{spec.qualifier}" if spec.qualifier else name


def _why_missing(wanted: WantedGrant, function: ObservedFunction, qualifier: str) -> str:
    if function.grants is None:
        return "The function's policy could not be read, so the statement is added to be safe."
    qualifiers = {
        grant.qualifier
        for grant in function.grants
        if grant.qualifier != qualifier and allows([grant], wanted, grant.qualifier) is Answer.YES
    }
    if not qualifiers:
        return "A source that pushes events needs a statement in the function's policy."
    where = ", ".join(sorted(name or "the unqualified function" for name in qualifiers))
    mine = qualifier or "the unqualified function"
    return f"There is a statement for {where}, but it does not cover {mine}."


def _wide(grant: Grant) -> Finding:
    return Finding(
        "PERM-WIDE",
        Severity.WARN,
        f"The statement {grant.sid} lets {grant.principal} invoke the function on behalf of any account.",
        "It limits neither the source (aws:SourceArn) nor the account (aws:SourceAccount).",
    )
