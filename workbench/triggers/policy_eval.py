"""Does the function's resource policy let a source run it? Answered here, without asking AWS. Pure.

A denial wins over everything; without a statement that allows, nothing is allowed. A condition that this
version cannot judge makes the answer "nobody knows", never yes and never no.
"""

from collections.abc import Iterable
from enum import Enum

from workbench.aws.policy_conditions import holds, like
from workbench.triggers.model import WantedGrant
from workbench.triggers.policy import Condition, Grant


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
    """Whether a service may run the function for anybody: no source, no account is named."""
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
