"""Makes a role that a service assumes to reach its target, and deletes one that wiring made.

A role of ours has one inline policy, our name, and nothing else; one that somebody has changed is left.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.functions import roles
from workbench.functions.asking import find
from workbench.functions.roles import POLICY_NAME
from workbench.triggers.step import Facts, Running, Step

SERVICE_ROLE, SERVICE_ROLE_DELETE = "service-role", "service-role-delete"


def service_role_name(service: str, subject: str) -> str:
    """The same for the same subject: "wb-scheduler-1a2b3c4d5e"."""
    return f"wb-{service.partition('.')[0]}-{hashlib.sha256(subject.encode()).hexdigest()[:10]}"


def is_own_role(role_arn: str, service: str, subject: str) -> bool:
    """Whether wiring made this role for this subject."""
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
        """Makes it with its policy; facts: role_arn. Raises WorkbenchError."""
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
        """Deletes it if this run made it. Raises WorkbenchError."""
        if facts.get("added"):
            roles.delete_policy(running.connection, step.args["role_name"])
            roles.delete_role(running.connection, step.args["role_name"])


class ServiceRoleDelete:
    """args: role_name."""

    def do(self, step: Step, running: Running) -> Facts:
        """Deletes it, unless somebody has given it more policies. Raises WorkbenchError."""
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
        """Makes it again. Raises WorkbenchError."""
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
