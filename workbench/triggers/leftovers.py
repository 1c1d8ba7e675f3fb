"""Whom the policy lets in besides the triggers that were found, and mappings that lack an end. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from workbench.core.errors import WorkbenchError
from workbench.triggers.model import FunctionSeen, Link, SourceKind, Trigger
from workbench.triggers.policy import Grant

KINDS_OF: Mapping[str, tuple[SourceKind, ...]] = {
    "s3": (SourceKind.S3,),
    "sns": (SourceKind.SNS,),
    "events": (SourceKind.RULE,),
    "logs": (SourceKind.LOGS,),
    "apigateway": (SourceKind.HTTP_API, SourceKind.REST_API),
    "iot": (SourceKind.IOT,),
    "cognito-idp": (SourceKind.COGNITO,),
}
"""The kinds that a service principal of the policy stands for."""
_RUNS = ("lambda:invokefunction", "lambda:invokefunctionurl", "lambda:*", "lambda:invoke*", "*")
_VIA_URL = ("lambda:functionurlauthtype", "lambda:invokedviafunctionurl")


def is_of_url(grant: Grant) -> bool:
    """Whether a statement is for the function's URL."""
    keys = {condition.key for condition in grant.conditions}
    return "lambda:invokefunctionurl" in grant.action.lower() or not keys.isdisjoint(_VIA_URL)


def hints_of(kind: SourceKind, grants: Iterable[Grant], account_id: str) -> tuple[str, ...]:
    """The sources of a kind that the policy names, each once: those that can be looked at.

    Args:
        kind: Which.
        grants: Of all qualifiers.
        account_id: Only what belongs to this account, or names none, can be read with its keys.
    """
    return tuple(
        dict.fromkeys(
            grant.source_arn
            for grant in grants
            if kind in KINDS_OF.get(grant.service, ())
            and not grant.denies
            and grant.source_arn
            and _account_of(grant) in ("", account_id)
        )
    )


def leftovers(
    function: FunctionSeen,
    found: Iterable[Trigger],
    problems: Mapping[SourceKind, WorkbenchError],
    account_id: str,
) -> tuple[Trigger, ...]:
    """A trigger for each statement that lets somebody run the function and belongs to no trigger found.

    Args:
        function: With the grants of all qualifiers.
        found: The triggers of all kinds.
        problems: The kinds that could not be read, or not all of it, and why.
        account_id: Whose sources could be looked at.
    """
    used = {grant for trigger in found for grant in trigger.grants}
    return tuple(
        _leftover(grant, problems, account_id)
        for grant in dict.fromkeys(function.grants or ())
        if grant not in used and not grant.denies and _runs(grant)
    )


def orphaned(trigger: Trigger, function: FunctionSeen, gone: WorkbenchError | None) -> Trigger:
    """A mapping, said to be an orphan when one of its ends is gone.

    Args:
        trigger: A mapping.
        function: With its qualifiers.
        gone: AWS's answer that the source is gone; None when it is there.
    """
    if trigger.qualifier not in ("", "$LATEST", *function.qualifiers):
        name = f"{function.detail.function_name}:{trigger.qualifier}"
        return replace(trigger, link=Link.ORPHAN_MAPPING, reason=f"{name} does not exist.")
    if gone is not None:
        reason = f"{trigger.name} does not exist: {gone.aws_code}."
        return replace(trigger, link=Link.ORPHAN_MAPPING, reason=reason)
    return trigger


def _leftover(grant: Grant, problems: Mapping[SourceKind, WorkbenchError], account_id: str) -> Trigger:
    kinds = (SourceKind.URL,) if is_of_url(grant) else KINDS_OF.get(grant.service, (SourceKind.OTHER,))
    trigger = Trigger(
        kinds[0],
        grant.source_arn,
        _name(grant),
        grant.qualifier,
        grant.sid,
        grants=(grant,),
    )
    if kinds == (SourceKind.OTHER,):
        return trigger
    if problem := next((problems[kind] for kind in kinds if kind in problems), None):
        return replace(trigger, link=Link.UNKNOWN, problem=problem)
    if kinds == (SourceKind.URL,):
        return replace(trigger, link=Link.STALE_PERMISSION, name=grant.sid)
    if problem := _cannot_tell(grant, account_id):
        return replace(trigger, link=Link.UNKNOWN, problem=problem)
    return replace(trigger, link=Link.STALE_PERMISSION)


def _cannot_tell(grant: Grant, account_id: str) -> WorkbenchError | None:
    what = f"Could not determine whether anything uses the statement {grant.sid}."
    account = _account_of(grant)
    if account not in ("", account_id):
        return WorkbenchError(what, f"Its source belongs to account {account}.", "Check it in that account.")
    if not grant.source_arn:
        return WorkbenchError(
            what,
            f"It does not limit the source: anything in {grant.principal} can invoke the function.",
            "A statement that names one source is safer and can be checked.",
        )
    if grant.service == "apigateway":  # it names the function's region, wherever the API is
        return WorkbenchError(
            what,
            "None of the APIs that were checked uses it. An API in another region might; the "
            "statement does not say.",
            "Remove the statement if no such API exists.",
        )
    if {"*", "?"} & set(grant.source_arn.removesuffix(":*")):
        return WorkbenchError(
            what,
            f"It names a pattern ({grant.source_arn}), not one source.",
            "A statement that names one source is safer and can be checked.",
        )
    return None


def _name(grant: Grant) -> str:
    """What people call the source: "nightly" of "rule/nightly", "/aws/x" of "log-group:/aws/x:*"."""
    resource = grant.source_arn.split(":", 5)[-1].removesuffix(":*").removeprefix("log-group:")
    if resource.startswith(("rule/", "userpool/")):
        resource = resource.rpartition("/")[2]
    return resource or grant.principal


def _account_of(grant: Grant) -> str:
    """The account that the source belongs to, as far as the statement says."""
    parts = grant.source_arn.split(":")
    account = parts[4] if len(parts) > 5 else ""
    account = account or grant.source_account
    return account if account.isdecimal() else ""


def _runs(grant: Grant) -> bool:
    return any(action.lower() in _RUNS for action in grant.action.split(", "))
