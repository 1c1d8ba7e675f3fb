"""Permissions of the execution role, and roles of rules and schedules; undone only if they are ours."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.operations import Facts
from workbench.functions import roles
from workbench.functions.detail import find
from workbench.functions.roles import POLICY_NAME
from workbench.triggers.role import ATTACH_POLICY, DELETE_POLICY, DETACH_POLICY, INLINE_POLICY
from workbench.triggers.step import Running, Step, StepRun


class AttachPolicyStep:
    """AttachRolePolicy."""

    def do(self, step: Step, running: Running) -> Facts:
        """Attaches it, unless it is attached."""
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
        """Detaches it if this run attached it."""
        args = step.args
        if facts.get("added"):
            failure = f"Could not detach the policy {_name(args)} from the role {args['role_name']}."
            request = {"RoleName": args["role_name"], "PolicyArn": args["policy_arn"]}
            find(running.connection, "detach_role_policy", failure, service="iam", **request)


class InlinePolicyStep:
    """PutRolePolicy with a name of our own; what it allows already stays, and is put back as it was."""

    def do(self, step: Step, running: Running) -> Facts:
        """Puts it."""
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
        """Deletes it, or puts back what it replaced."""
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
        """Detaches it; that it is not attached any more is fine."""
        args, connection = step.args, running.connection
        if args["policy_arn"] not in _attached(connection, args["role_name"], running.ctx):
            return {}
        running.note({"removed": True})
        failure = f"Could not detach the policy {_name(args)} from the role {args['role_name']}."
        request = {"RoleName": args["role_name"], "PolicyArn": args["policy_arn"]}
        find(connection, "detach_role_policy", failure, service="iam", **request)
        return {"removed": True}

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        """Attaches it again if this run detached it."""
        if facts.get("removed"):
            AttachPolicyStep().do(step, running)


class DeletePolicyStep:
    """DeleteRolePolicy of an inline policy that Workbench added."""

    def do(self, step: Step, running: Running) -> Facts:
        """Deletes it; no error if it does not exist."""
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
        """Puts it back, unless there is one again."""
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


SERVICE_ROLE, SERVICE_ROLE_DELETE = "service-role", "service-role-delete"


def service_role_name(service: str, subject: str) -> str:
    """The same for the same subject: "wb-scheduler-1a2b3c4d5e"."""
    return f"wb-{service.partition('.')[0]}-{hashlib.sha256(subject.encode()).hexdigest()[:10]}"


def is_own_role(role_arn: str, service: str, subject: str) -> bool:
    """Whether Workbench created this role for this subject."""
    return role_arn.rpartition("/")[2] == service_role_name(service, subject)


def service_role_step(
    service: str,
    subject: str,
    region: str,
    account_id: str,
    action: str,
    resources: list[str],
    more: Mapping[str, str] | None = None,
) -> Step:
    """The step.

    Args:
        service: That may assume it ("scheduler.amazonaws.com").
        subject: What it is for: an ARN.
        region: Where the plan runs; IAM has one for all.
        account_id: Only on whose behalf the service may assume it (the confused deputy).
        action: What it allows.
        resources: On what.
        more: Further actions, each with its resource.
    """
    name = service_role_name(service, subject)
    trust = {
        "Effect": "Allow",
        "Principal": {"Service": service},
        "Action": "sts:AssumeRole",
        "Condition": {"StringEquals": {"aws:SourceAccount": account_id}},
    }
    allowed = {action: resources, **{each: [resource] for each, resource in (more or {}).items()}}
    policy = [{"Effect": "Allow", "Action": each, "Resource": on} for each, on in allowed.items()]
    args = {"role_name": name, "trust": _document(trust), "policy": _document(*policy), "subject": subject}
    title = f"Create the role {name}, which allows {service} to call {action} on {resources[0]}"
    title += "".join(f", and {each} on {resource}" for each, resource in (more or {}).items())
    return Step(SERVICE_ROLE, title, "iam:CreateRole, iam:PutRolePolicy", region, args, "Delete the role")


def delete_role_step(role_arn: str, region: str) -> Step:
    """Takes a role of ours away."""
    name = role_arn.rpartition("/")[2]
    title = f"Delete the role {name}, which was created for it"
    args = {"role_name": name}
    undo = "Create the role again"
    return Step(SERVICE_ROLE_DELETE, title, "iam:DeleteRolePolicy, iam:DeleteRole", region, args, undo)


class ServiceRole:
    """args: role_name, trust, policy, subject."""

    def do(self, step: Step, running: Running) -> Facts:
        """Creates it with its policy; facts: role_arn."""
        args, connection = step.args, running.connection
        failure = f"Could not create the role {args['role_name']}."
        answer = find(connection, "get_role", failure, service="iam", RoleName=args["role_name"])
        if not answer:
            running.note({"added": True})
            answer = connection.call(
                "iam",
                "create_role",
                failure=failure,
                RoleName=args["role_name"],
                AssumeRolePolicyDocument=args["trust"],
                Description=f"Made by Workbench for {args['subject']}"[:1000],
            )
        roles.put_policy(connection, args["role_name"], args["policy"])
        return {"role_arn": str(answer["Role"]["Arn"])}

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        """Deletes it if this run created it."""
        if facts.get("added"):
            roles.delete_policy(running.connection, step.args["role_name"])
            roles.delete_role(running.connection, step.args["role_name"])


class ServiceRoleDelete:
    """args: role_name."""

    def do(self, step: Step, running: Running) -> Facts:
        """Deletes it, unless others have added policies."""
        name, connection = step.args["role_name"], running.connection
        failure = f"Could not delete the role {name}."
        answer = find(connection, "get_role", failure, service="iam", RoleName=name)
        if not answer:
            return {}
        if not _is_untouched(connection, name, running):
            return {"kept": True}
        policy = find(
            connection, "get_role_policy", failure, service="iam", RoleName=name, PolicyName=POLICY_NAME
        )
        facts = {
            "trust": _text(answer["Role"].get("AssumeRolePolicyDocument")),
            "policy": _text(policy.get("PolicyDocument")),
            "description": str(answer["Role"].get("Description") or ""),
        }
        running.note(facts)
        roles.delete_policy(connection, name)
        roles.delete_role(connection, name)
        return facts

    def undo(self, step: Step, facts: Facts, running: Running) -> None:
        """Creates it again."""
        if not facts.get("trust"):
            return
        name = step.args["role_name"]
        try:
            running.connection.call(
                "iam",
                "create_role",
                failure=f"Could not create the role {name} again.",
                RoleName=name,
                AssumeRolePolicyDocument=facts["trust"],
                Description=facts["description"],
            )
        except WorkbenchError as error:
            if error.aws_code != "EntityAlreadyExists":
                raise
        if facts.get("policy"):
            roles.put_policy(running.connection, name, str(facts["policy"]))


def _is_untouched(connection: Connection, name: str, running: Running) -> bool:
    failure = f"Could not read the policies of the role {name}."
    request = {"RoleName": name}
    inline = [
        each
        for page in connection.paginate(
            "iam", "list_role_policies", ctx=running.ctx, failure=failure, **request
        )
        for each in page.get("PolicyNames") or ()
    ]
    attached = [
        each
        for page in connection.paginate(
            "iam", "list_attached_role_policies", ctx=running.ctx, failure=failure, **request
        )
        for each in page.get("AttachedPolicies") or ()
    ]
    return set(inline) <= {POLICY_NAME} and not attached


def _document(*statements: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def _text(document: Any) -> str:
    return document if isinstance(document, str) else json.dumps(document or {})


RUNS: Mapping[str, StepRun] = {
    ATTACH_POLICY: AttachPolicyStep(),
    INLINE_POLICY: InlinePolicyStep(),
    DETACH_POLICY: DetachPolicyStep(),
    DELETE_POLICY: DeletePolicyStep(),
    SERVICE_ROLE: ServiceRole(),
    SERVICE_ROLE_DELETE: ServiceRoleDelete(),
}
