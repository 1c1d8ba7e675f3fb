"""Statements of a resource policy: reading them, whether they let a source in, checks, ids and steps.

Reading accepts all JSON shapes that IAM allows.

A Deny overrides every Allow, and without an Allow nothing is allowed. A condition that cannot be evaluated
here makes the answer unknown.

The steps read the policy first: a statement that already exists is not ours to remove. Each change passes the
policy's RevisionId; if the policy has changed, it is read again once.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from enum import Enum
from typing import Any

from workbench.aws.connection import Connection
from workbench.aws.quotas import POLICY_LIMIT_BYTES
from workbench.core.errors import WorkbenchError
from workbench.core.messages import _
from workbench.core.operations import Facts
from workbench.functions.detail import CONFLICT, GONE, find
from workbench.triggers.model import (
    Condition,
    Finding,
    Findings,
    Grant,
    ObservedFunction,
    SourceKind,
    Steps,
    TriggerSpec,
    WantedGrant,
    block,
    function_request,
    qualified,
    steps_fix,
    warn,
)
from workbench.triggers.steps import Args, Once, Running, Step, StepRun
from workbench_sandbox.rules.iam import holds, like

_OWN_PREFIX = "wb-"
GRANT, REVOKE = "grant", "revoke"
_CROWDED_BYTES = 18 * 1024
_PLAIN_ACTION = "lambda:InvokeFunction"
_CHANGED = "PreconditionFailedException"
_LATE_GRANT = "late-grant"
API_ID = "API-ID"
"""Placeholder in SourceArn for the id of an API that a step creates."""


def read_policy(connection: Connection, function: str, qualifier: str) -> tuple[str, str]:
    """The policy of a function, an alias or a version, and its RevisionId; both empty if there is none.

    Args:
        function: Its name or ARN.

    Raises:
        WorkbenchError: It may not be read.
    """
    failure = _("Could not read who can invoke {name}.").format(name=function.split(":")[-1])
    answer = find(connection, "get_policy", failure, **function_request(function, qualifier))
    return str(answer.get("Policy") or ""), str(answer.get("RevisionId") or "")


def parse_policy(text: str, function_name: str) -> tuple[Grant, ...]:
    """Reads a resource policy.

    Args:
        text: The JSON in GetPolicy's answer.

    Raises:
        WorkbenchError: The text is not a policy.
    """
    with _understood(function_name):
        return tuple(
            _grant(statement, principal)
            for statement in as_list(json.loads(text)["Statement"])
            for principal in _principals(statement)
        )


def read_statements(text: str, function_name: str) -> dict[str, dict[str, Any]]:
    """The statements of a resource policy, unchanged, by id. Raises WorkbenchError."""
    with _understood(function_name):
        return {
            str(statement.get("Sid", "")): statement for statement in as_list(json.loads(text)["Statement"])
        }


@contextmanager
def _understood(function_name: str) -> Iterator[None]:
    try:
        yield
    except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
        raise WorkbenchError(
            _("The resource policy of {function_name} could not be read.").format(
                function_name=function_name
            ),
            _("This version of Workbench does not understand it ({name}).").format(name=type(error).__name__),
            _("View it with: aws lambda get-policy"),
        ) from error


def _grant(statement: dict[str, Any], principal: str) -> Grant:
    conditions = tuple(
        Condition(operator, key.lower(), tuple(str(value) for value in as_list(values)))
        for operator, tests in statement.get("Condition", {}).items()
        for key, values in tests.items()
    )
    by_key = {condition.key: condition.values for condition in conditions}
    source_arn = ", ".join(by_key.pop("aws:sourcearn", ()))
    source_account = ", ".join(by_key.pop("aws:sourceaccount", ()))
    resource = as_list(statement.get("Resource", ""))[0]
    is_service = principal.endswith((".amazonaws.com", ".amazonaws.com.cn"))
    return Grant(
        sid=str(statement.get("Sid", "")),
        principal=principal,
        service=principal.split(".")[0] if is_service else "",
        action=", ".join(as_list(statement.get("Action", ""))),
        source_arn=source_arn,
        source_account=source_account,
        qualifier=resource.split(":")[7] if resource.count(":") >= 7 else "",
        denies=statement.get("Effect") == "Deny",
        other_conditions=", ".join(f"{key}={'|'.join(values)}" for key, values in by_key.items()),
        conditions=conditions,
    )


def _principals(statement: dict[str, Any]) -> Iterator[str]:
    principal = statement.get("Principal", "*")
    if isinstance(principal, str):
        yield principal
        return
    for values in principal.values():
        yield from as_list(values)


def as_list(value: Any) -> list[Any]:
    """Wraps a single value: IAM accepts one in place of a list."""
    return value if isinstance(value, list) else [value]


class Answer(Enum):
    """Whether a policy allows something."""

    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


def allows(grants: Iterable[Grant], wanted: WantedGrant, qualifier: str) -> Answer:
    """Whether the policy allows what a source needs.

    Args:
        wanted: The request that the source will make.
        qualifier: The qualifier that it invokes. A grant on the unqualified function does not cover an alias.
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
    """Whether one statement applies to a source's request, whatever its effect."""
    if grant.qualifier not in (qualifier, "*") or grant.principal not in (wanted.principal, "*"):
        return Answer.NO
    if not any(like(wanted.action.lower(), action.lower()) for action in grant.action.split(", ")):
        return Answer.NO
    answers = [_holds(condition, wanted) for condition in grant.conditions]
    if Answer.NO in answers:
        return Answer.NO
    return Answer.UNKNOWN if Answer.UNKNOWN in answers else Answer.YES


def is_wide(grant: Grant) -> bool:
    """Whether a service may invoke the function for anyone, because neither source nor account is named."""
    keys = {condition.key for condition in grant.conditions}
    narrow = ("aws:sourcearn", "aws:sourceaccount", "aws:sourceorgid", "aws:principalorgid")
    return bool(grant.service) and not grant.denies and keys.isdisjoint(narrow)


def _holds(condition: Condition, wanted: WantedGrant) -> Answer:
    """Whether the source's request meets a condition."""
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


def statement_id(kind: SourceKind, wanted: WantedGrant, function_arn: str, qualifier: str) -> str:
    """A statement id recognizable as ours, stable for a specification: a second run adds nothing."""
    parts = [wanted.source_arn, function_arn, qualifier]
    if wanted.action != _PLAIN_ACTION or wanted.via_url:  # a function URL needs two statements
        parts += [wanted.action, str(wanted.via_url), wanted.principal, wanted.auth_type]
    digest = hashlib.sha256("|".join(parts).encode()).hexdigest()[:10]
    return f"{_OWN_PREFIX}{kind}-{digest}"


def grant_step(kind: SourceKind, wanted: WantedGrant, function_arn: str, qualifier: str) -> Step:
    """A step that adds one statement."""
    return Step(
        GRANT,
        _title(wanted, qualified(function_arn.split(":")[6], qualifier)),
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
        _("Remove the statement"),
    )


def revoke_steps(function_arn: str, grants: Iterable[Grant]) -> Steps:
    """Steps that remove statements."""
    return tuple(
        Step(
            REVOKE,
            _("Remove the statement {sid} from the function's policy").format(sid=grant.sid),
            "lambda:RemovePermission",
            function_arn.split(":")[3],
            {"function_arn": function_arn, "qualifier": grant.qualifier, "statement_id": grant.sid},
            _("Add the statement again"),
        )
        for grant in grants
    )


def missing(
    wanted: Iterable[WantedGrant], function: ObservedFunction, qualifier: str
) -> tuple[WantedGrant, ...]:
    """The statements that the policy lacks, as far as it could be read.

    Adding an existing one is harmless.
    """
    if function.grants is None:
        return tuple(wanted)
    return tuple(each for each in wanted if allows(function.grants, each, qualifier) is not Answer.YES)


def check_grants(spec: TriggerSpec, wanted: tuple[WantedGrant, ...], function: ObservedFunction) -> Findings:
    """Checks PERM-MISSING, PERM-WIDE, PERM-SIZE, and the grants part of FN-QUALIFIER."""
    found = []
    arn, qualifier = spec.function.function_arn, spec.qualifier
    for each in missing(wanted, function, qualifier):
        step = grant_step(spec.kind, each, arn, qualifier)
        found.append(
            block(
                "PERM-MISSING",
                _missing(each, spec.target_name),
                _why_missing(each, function, qualifier),
                steps_fix(_("Add the permission"), step, is_standard=True),
            )
        )
    found += [_wide(grant) for grant in function.grants or () if is_wide(grant)]
    if function.policy_bytes > _CROWDED_BYTES:
        found.append(
            warn(
                "PERM-SIZE",
                _("The function's policy uses {policy_bytes:,} of {policy_limit_bytes:,} bytes.").format(
                    policy_bytes=function.policy_bytes, policy_limit_bytes=POLICY_LIMIT_BYTES
                ),
                _("AWS rejects statements that exceed the limit. Remove stale statements first."),
            )
        )
    return tuple(found)


def _who(wanted: WantedGrant) -> str:
    return wanted.principal if wanted.principal != "*" else "everyone"


def _title(wanted: WantedGrant, target: str) -> str:
    """The title of a step that grants. A function URL needs two statements: to call it, and to run."""
    who = _who(wanted)
    if wanted.auth_type:
        return _("Allow {who} to call the URL of {target}").format(who=who, target=target)
    if wanted.via_url:
        return _("Allow {who} to invoke {target} through its URL").format(who=who, target=target)
    if wanted.source_arn:
        return _("Allow {who} to invoke {target} for {source_arn}").format(
            who=who, target=target, source_arn=wanted.source_arn
        )
    return _("Allow {who} to invoke {target}").format(who=who, target=target)


def _missing(wanted: WantedGrant, target: str) -> str:
    who = wanted.principal
    if wanted.auth_type:
        everyone, one = (
            _("Not everyone can call the URL of {target}.").format(target=target),
            _("{who} cannot call the URL of {target}.").format(who=who, target=target),
        )
    elif wanted.via_url:
        everyone = _("Not everyone can invoke {target} through its URL.").format(target=target)
        one = _("{who} cannot invoke {target} through its URL.").format(who=who, target=target)
    else:
        everyone, one = (
            _("Not everyone can invoke {target}.").format(target=target),
            _("{who} cannot invoke {target}.").format(who=who, target=target),
        )
    return everyone if who == "*" else one


def _why_missing(wanted: WantedGrant, function: ObservedFunction, qualifier: str) -> str:
    if function.grants is None:
        return _("The function's policy could not be read, so the statement is added to be safe.")
    qualifiers = {
        grant.qualifier
        for grant in function.grants
        if grant.qualifier != qualifier and allows([grant], wanted, grant.qualifier) is Answer.YES
    }
    if not qualifiers:
        return _("A source that pushes events needs a statement in the function's policy.")
    where = ", ".join(sorted(name or _("the unqualified function") for name in qualifiers))
    mine = qualifier or _("the unqualified function")
    return _("There is a statement for {where}, but it does not cover {mine}.").format(where=where, mine=mine)


def _wide(grant: Grant) -> Finding:
    return warn(
        "PERM-WIDE",
        _("The statement {sid} lets {principal} invoke the function on behalf of any account.").format(
            sid=grant.sid, principal=grant.principal
        ),
        _("It limits neither the source (aws:SourceArn) nor the account (aws:SourceAccount)."),
    )


def _remove_added(args: Args, facts: Facts, running: Running) -> None:
    if facts.get("added"):
        _remove(running.connection, args)


def _revoke(args: Args, running: Running) -> Facts:
    """Removes the statement; no error if it does not exist."""
    statement = _read(running.connection, args)[0].get(args["statement_id"])
    if statement is None:
        return {}
    facts = {"statement": json.dumps(statement)}
    running.note(facts)
    _remove(running.connection, args)
    return facts


def _add_again(args: Args, facts: Facts, running: Running) -> None:
    if "statement" in facts:
        _add(_args_of(json.loads(str(facts["statement"])), args), running)


def _add(args: Args, running: Running) -> Facts:
    """Adds a statement if it does not exist. Raises WorkbenchError, also if its id is used by another one."""
    failure = _("Could not allow {principal} to invoke {function}.").format(
        principal=args["principal"], function=args["function_arn"].split(":")[6]
    )
    wanted = _request(args)
    for attempt in (1, 2):
        present, revision_id = _read(running.connection, args)
        if (statement := present.get(args["statement_id"])) is not None:
            if _request(_args_of(statement, args)) == wanted:
                return {"added": False}
            raise WorkbenchError(
                failure,
                _("The function's policy already has another statement with the ID {statement_id}.").format(
                    statement_id=args["statement_id"]
                ),
                _("Remove that statement first. It is listed under “Who can invoke it”."),
                CONFLICT,
            )
        running.note({"added": True})
        guard: dict[str, Any] = {"RevisionId": revision_id} if revision_id else {}
        try:
            running.connection.call("lambda", "add_permission", failure=failure, **wanted, **guard)
            return {"added": True}
        except WorkbenchError as error:
            if attempt == 2 or error.aws_code not in (_CHANGED, CONFLICT):
                raise
    raise AssertionError("the second attempt returns or raises")


def _remove(connection: Connection, args: Mapping[str, Any]) -> None:
    request = {**_subject(args), "StatementId": args["statement_id"]}
    failure = _("Could not remove the statement {statement_id}.").format(statement_id=args["statement_id"])
    for attempt in (1, 2):
        present, revision_id = _read(connection, args)
        if args["statement_id"] not in present:
            return
        guard: dict[str, Any] = {"RevisionId": revision_id} if revision_id else {}
        try:
            connection.call("lambda", "remove_permission", failure=failure, **request, **guard)
        except WorkbenchError as error:
            if error.aws_code == GONE:
                return
            if attempt == 2 or error.aws_code not in (_CHANGED, CONFLICT):
                raise
        else:
            return


def _read(connection: Connection, args: Mapping[str, Any]) -> tuple[dict[str, dict[str, Any]], str]:
    """The statements by id, and the policy's RevisionId; both empty if there is no policy."""
    text, revision_id = read_policy(connection, args["function_arn"], args["qualifier"])
    return read_statements(text, args["function_arn"].split(":")[6]) if text else {}, revision_id


def _subject(args: Mapping[str, Any]) -> dict[str, Any]:
    return function_request(args["function_arn"], args["qualifier"])


def _request(args: Mapping[str, Any]) -> dict[str, Any]:
    """The request of AddPermission."""
    optional = {
        "SourceArn": args["source_arn"],
        "SourceAccount": args["source_account"],
        "FunctionUrlAuthType": args["auth_type"],
        "InvokedViaFunctionUrl": args["via_url"],
        "PrincipalOrgID": args.get("principal_org_id", ""),
    }
    return {
        **_subject(args),
        "StatementId": args["statement_id"],
        "Action": args["action"],
        "Principal": args["principal"],
        **{key: value for key, value in optional.items() if value},
    }


def _args_of(statement: Mapping[str, Any], args: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments that would create an existing statement."""
    tests = statement.get("Condition", {}).values()
    conditions = {key.lower(): value for test in tests for key, value in test.items()}
    principal = statement.get("Principal", "*")
    if not isinstance(principal, str):
        principal = next(iter(principal.values()))
    if isinstance(principal, str) and principal.startswith("arn:") and principal.endswith(":root"):
        principal = principal.split(":")[4]  # AddPermission takes the account id, and stores its root
    return {
        **{key: args[key] for key in ("function_arn", "qualifier", "statement_id")},
        "action": statement.get("Action", ""),
        "principal": principal,
        "source_arn": conditions.get("aws:sourcearn", ""),
        "source_account": conditions.get("aws:sourceaccount", ""),
        "auth_type": conditions.get("lambda:functionurlauthtype", ""),
        "via_url": str(conditions.get("lambda:invokedviafunctionurl", "")).lower() == "true",
        "principal_org_id": conditions.get("aws:principalorgid", ""),
    }


def late_grant_step(
    kind: SourceKind, wanted: WantedGrant, function_arn: str, qualifier: str, of: str
) -> Step:
    """A step that adds a statement for an API that an earlier step creates.

    Args:
        wanted: The statement, with API_ID in its source_arn.
        of: The action of the step that creates the API.
    """
    step = grant_step(kind, wanted, function_arn, qualifier)
    args = {
        "kind": kind,
        "principal": wanted.principal,
        "source_arn": wanted.source_arn,
        "function_arn": function_arn,
        "qualifier": qualifier,
        "of": of,
    }
    title = step.title.replace(API_ID, "…")
    return Step(_LATE_GRANT, title, step.api_call, step.region, args, step.undo)


def _grant_late(args: Args, running: Running) -> Facts:
    made = str(running.earlier[args["of"]]["api_id"])

    def note(facts: Facts) -> None:
        running.note({**facts, "api_id": made})

    return {**_add(_grant_of(args, made), replace(running, note=note)), "api_id": made}


def _remove_late(args: Args, facts: Facts, running: Running) -> None:
    if "api_id" in facts:
        _remove_added(_grant_of(args, str(facts["api_id"])), facts, running)


def _grant_of(args: Args, made: str) -> Args:
    """The args of a grant, once the id of the created API is known."""
    wanted = WantedGrant(args["principal"], args["source_arn"].replace(API_ID, made))
    return grant_step(SourceKind(args["kind"]), wanted, args["function_arn"], args["qualifier"]).args


RUNS: Mapping[str, StepRun] = {
    GRANT: Once(_add, _remove_added),
    REVOKE: Once(_revoke, _add_again),
    _LATE_GRANT: Once(_grant_late, _remove_late),
}
