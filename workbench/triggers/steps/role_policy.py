"""Gives an execution role a permission, and takes back only what was not there before."""

import json
from typing import Any

from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext
from workbench.functions.asking import find
from workbench.triggers.step import Facts, Running, Step


class AttachPolicyStep:
    """AttachRolePolicy."""

    def do(self, step: Step, running: Running) -> Facts:
        """Attaches it, unless it is attached. Raises WorkbenchError."""
        args, connection = step.args, running.connection
        if args["policy_arn"] in _attached(connection, args["role_name"], running.ctx):
            return {"added": False}
        running.note({"added": True})
        connection.call(
            "iam",
            "attach_role_policy",
            failure=f"Could not attach the policy {_name(args)} to the role {args['role_name']}.",
            RoleName=args["role_name"],
            PolicyArn=args["policy_arn"],
        )
        return {"added": True}

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        """Detaches it if this run attached it. Raises WorkbenchError."""
        args = step.args
        if facts.get("added"):
            failure = f"Could not detach the policy {_name(args)} from the role {args['role_name']}."
            request = {"RoleName": args["role_name"], "PolicyArn": args["policy_arn"]}
            find(running.connection, "detach_role_policy", failure, service="iam", **request)


class InlinePolicyStep:
    """PutRolePolicy with a name of our own; what it allows already stays, and is put back as it was."""

    def do(self, step: Step, running: Running) -> Facts:
        """Puts it. Raises WorkbenchError."""
        args, connection = step.args, running.connection
        failure = f"Could not add a permission to the role {args['role_name']}."
        request = {"RoleName": args["role_name"], "PolicyName": args["policy_name"]}
        answer = find(connection, "get_role_policy", failure, service="iam", **request)
        before = answer.get("PolicyDocument", "")
        text = before if isinstance(before, str) else json.dumps(before)
        document = _joined(text, args["document"])
        if document == text:
            return {"added": False}
        facts = {"added": True, "before": text}
        running.note(facts)
        connection.call("iam", "put_role_policy", failure=failure, PolicyDocument=document, **request)
        return facts

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        """Deletes it, or puts back what it replaced. Raises WorkbenchError."""
        if not facts.get("added"):
            return
        request = {"RoleName": step.args["role_name"], "PolicyName": step.args["policy_name"]}
        failure = f"Could not remove a permission from the role {step.args['role_name']}."
        if facts["before"]:
            running.connection.call(
                "iam", "put_role_policy", failure=failure, PolicyDocument=facts["before"], **request
            )
        else:
            find(running.connection, "delete_role_policy", failure, service="iam", **request)


class DetachPolicyStep:
    """DetachRolePolicy."""

    def do(self, step: Step, running: Running) -> Facts:
        """Detaches it; that it is not attached any more is fine. Raises WorkbenchError."""
        args, connection = step.args, running.connection
        if args["policy_arn"] not in _attached(connection, args["role_name"], running.ctx):
            return {}
        running.note({"removed": True})
        failure = f"Could not detach the policy {_name(args)} from the role {args['role_name']}."
        request = {"RoleName": args["role_name"], "PolicyArn": args["policy_arn"]}
        find(connection, "detach_role_policy", failure, service="iam", **request)
        return {"removed": True}

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        """Attaches it again if this run detached it. Raises WorkbenchError."""
        if facts.get("removed"):
            AttachPolicyStep().do(step, running)


class DeletePolicyStep:
    """DeleteRolePolicy of an inline policy that wiring added."""

    def do(self, step: Step, running: Running) -> Facts:
        """Deletes it; that it has gone is fine. Raises WorkbenchError."""
        args = step.args
        request = {"RoleName": args["role_name"], "PolicyName": args["policy_name"]}
        failure = f"Could not remove a permission from the role {args['role_name']}."
        answer = find(running.connection, "get_role_policy", failure, service="iam", **request)
        if not answer:
            return {}
        before = answer["PolicyDocument"]
        facts = {"before": before if isinstance(before, str) else json.dumps(before)}
        running.note(facts)
        find(running.connection, "delete_role_policy", failure, service="iam", **request)
        return facts

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        """Puts it back, unless there is one again. Raises WorkbenchError."""
        if not facts.get("before"):
            return
        args = step.args
        request = {"RoleName": args["role_name"], "PolicyName": args["policy_name"]}
        failure = f"Could not restore the permission of the role {args['role_name']}."
        if not find(running.connection, "get_role_policy", failure, service="iam", **request):
            running.connection.call(
                "iam", "put_role_policy", failure=failure, PolicyDocument=facts["before"], **request
            )


def _joined(before: str, wanted: str) -> str:
    """A policy document that allows what both do; `before` itself where it lacks nothing.

    What is wanted is only what the role lacks: the statements of an earlier change of the same trigger stay.
    """
    if not before:
        return wanted
    document = json.loads(before)
    there = document.get("Statement") or []
    statements = there if isinstance(there, list) else [there]
    missing = [each for each in json.loads(wanted)["Statement"] if each not in statements]
    return json.dumps({**document, "Statement": [*statements, *missing]}, indent=2) if missing else before


def _name(args: Any) -> str:
    return str(args["policy_arn"]).rpartition("/")[2]


def _attached(connection: Connection, role_name: str, ctx: JobContext) -> set[str]:
    pages = connection.paginate(
        "iam",
        "list_attached_role_policies",
        ctx=ctx,
        failure=f"Could not read the policies of the role {role_name}.",
        RoleName=role_name,
    )
    return {str(each["PolicyArn"]) for page in pages for each in page.get("AttachedPolicies") or ()}
