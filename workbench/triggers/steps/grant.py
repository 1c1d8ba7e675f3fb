"""Adds a statement to a function's resource policy, or removes one.

The policy is read first: a statement that exists is not ours to remove. Each change is guarded by the
policy's RevisionId; after another change it is read again, once.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.operations import Facts
from workbench.functions.detail import CONFLICT, GONE, find
from workbench.triggers.grants import GRANT, REVOKE, grant_step
from workbench.triggers.model import SourceKind, WantedGrant
from workbench.triggers.policy import read_statements
from workbench.triggers.step import Running, Step, StepRun

_CHANGED = "PreconditionFailedException"


class GrantStep:
    """AddPermission."""

    def do(self, step: Step, running: Running) -> Facts:
        """Adds it, unless it is there. Raises WorkbenchError, also when another has its id."""
        return _add(step.args, running)

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        """Removes it if this run added it."""
        if facts.get("added"):
            _remove(running.connection, step.args)


class RevokeStep:
    """RemovePermission."""

    def do(self, step: Step, running: Running) -> Facts:
        """Removes it; no error if it does not exist."""
        statement = _read(running.connection, step.args)[0].get(step.args["statement_id"])
        if statement is None:
            return {}
        facts = {"statement": json.dumps(statement)}
        running.note(facts)
        _remove(running.connection, step.args)
        return facts

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        """Adds it again as it was."""
        if "statement" in facts:
            _add(_args_of(json.loads(str(facts["statement"])), step.args), running)


def _add(args: Mapping[str, Any], running: Running) -> Facts:
    failure = f"Could not allow {args['principal']} to invoke {args['function_arn'].split(':')[6]}."
    wanted = _request(args)
    for attempt in (1, 2):
        present, revision_id = _read(running.connection, args)
        if (statement := present.get(args["statement_id"])) is not None:
            if _request(_args_of(statement, args)) == wanted:
                return {"added": False}
            raise WorkbenchError(
                failure,
                f"The function's policy already has another statement with the ID {args['statement_id']}.",
                "Remove that statement first. It is listed under “Who can invoke it”.",
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
    failure = f"Could not remove the statement {args['statement_id']}."
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
    """The statements by their ids, and the policy's RevisionId; nothing when there is no policy."""
    name = args["function_arn"].split(":")[6]
    answer = find(connection, "get_policy", f"Could not read who can invoke {name}.", **_subject(args))
    if not answer:
        return {}, ""
    return read_statements(str(answer.get("Policy", "")), name), str(answer.get("RevisionId") or "")


def _subject(args: Mapping[str, Any]) -> dict[str, Any]:
    qualifier = {"Qualifier": args["qualifier"]} if args["qualifier"] else {}
    return {"FunctionName": args["function_arn"], **qualifier}


def _request(args: Mapping[str, Any]) -> dict[str, Any]:
    """What AddPermission is sent."""
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
    """A statement as the arguments that would make it."""
    tests = statement.get("Condition", {}).values()
    conditions = {key.lower(): value for test in tests for key, value in test.items()}
    principal = statement.get("Principal", "*")
    if not isinstance(principal, str):
        principal = next(iter(principal.values()))
    if isinstance(principal, str) and principal.startswith("arn:") and principal.endswith(":root"):
        principal = principal.split(":")[4]  # AddPermission takes the account, and writes its root
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


LATE_GRANT = "late-grant"
API_ID = "API-ID"
"""What the id takes the place of in the SourceArn."""


def late_grant_step(
    kind: SourceKind, wanted: WantedGrant, function_arn: str, qualifier: str, of: str
) -> Step:
    """The step.

    Args:
        kind: Of the source.
        wanted: The statement, its source_arn with API_ID.
        function_arn: Whose policy.
        qualifier: Of the function.
        of: The action of the step that makes the API.
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
    return Step(LATE_GRANT, title, step.api_call, step.region, args, step.undo)


class LateGrant:
    """The step's run."""

    def do(self, step: Step, running: Running) -> Facts:
        """As GrantStep."""
        made = str(running.earlier[step.args["of"]]["api_id"])

        def note(facts: Facts) -> None:
            running.note({**facts, "api_id": made})

        return {**GrantStep().do(_step(step, made), replace(running, note=note)), "api_id": made}

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        """As GrantStep."""
        if "api_id" in facts:
            GrantStep().undo(_step(step, str(facts["api_id"])), facts, running)


def _step(step: Step, made: str) -> Step:
    args = step.args
    wanted = WantedGrant(args["principal"], args["source_arn"].replace(API_ID, made))
    return grant_step(SourceKind(args["kind"]), wanted, args["function_arn"], args["qualifier"])


RUNS: Mapping[str, StepRun] = {GRANT: GrantStep(), REVOKE: RevokeStep(), LATE_GRANT: LateGrant()}
