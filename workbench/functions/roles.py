"""Execution roles: listing those that Lambda may assume, creating and deleting, reading policies."""

import json
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from workbench.aws.connection import Connection
from workbench.aws.retry import Backoff, retry
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext, current_job
from workbench.core.messages import _

POLICY_NAME = "workbench"
"""The inline policy of a role that Workbench writes: New Function makes it, and Permissions edits it."""
_POLICY_REMOVAL = Backoff(1.0, attempts=5)
"""IAM may refuse to delete a role for some seconds after its last policy was removed."""
_SERVICE = "lambda.amazonaws.com"
_TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Service": _SERVICE}, "Action": "sts:AssumeRole"}],
    }
)
_LONGEST_NAME = 64
_ASSUMES = ("*", "sts:*", "sts:assumerole")


@dataclass(frozen=True, slots=True)
class Role:
    """A role that Lambda may assume."""

    name: str
    arn: str
    description: str = ""


def list_roles(connection: Connection, ctx: JobContext) -> tuple[Role, ...]:
    """Lists the account's roles that Lambda may assume.

    Each page (a tuple of roles) is emitted as it arrives. Raises WorkbenchError.
    """

    def make(role: Mapping[str, Any]) -> Role | None:
        if not trusts_lambda(role.get("AssumeRolePolicyDocument")):
            return None
        return Role(str(role["RoleName"]), str(role["Arn"]), str(role.get("Description") or ""))

    return connection.listed("iam", "list_roles", make, ctx=ctx, failure=_("Could not list the roles."))


def trusts_lambda(document: object) -> bool:
    """Whether a role's trust policy allows Lambda to assume it: see `trusts`."""
    return trusts(document, _SERVICE)


def trusts(document: object, service: str) -> bool:
    """Whether a role's trust policy allows a service to assume it.

    Conditions count as met; Deny statements are ignored.

    Args:
        document: A mapping as botocore gives it, or JSON. Anything else trusts nobody.
        service: A principal ("lambda.amazonaws.com").
    """
    return service in trusted_services(document)


def trusted_services(document: object) -> tuple[str, ...]:
    """The services that a role's trust policy allows, as for `trusts`."""
    if isinstance(document, str):
        try:
            document = json.loads(document)
        except ValueError:
            return ()
    if not isinstance(document, Mapping):
        return ()
    found = (each for statement in _many(document.get("Statement")) for each in _services(statement))
    return tuple(dict.fromkeys(found))


def _services(statement: object) -> list[str]:
    if not isinstance(statement, Mapping) or statement.get("Effect") != "Allow":
        return []
    principal = statement.get("Principal")
    services = _many(principal.get("Service")) if isinstance(principal, Mapping) else []
    actions = [str(action).lower() for action in _many(statement.get("Action"))]
    return list(map(str, services)) if any(action in _ASSUMES for action in actions) else []


def _many(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def new_mark() -> str:
    """A random suffix for the name of a new role."""
    return secrets.token_hex(4)


def new_role_name(function_name: str, mark: str = "") -> str:
    """A unique role name: an account shares its roles among the functions of all regions.

    Args:
        mark: From `new_mark`, to keep the name stable while the user edits the function's name; a new one if
            empty.
    """
    ending = f"-role-{mark or new_mark()}"
    return function_name[: _LONGEST_NAME - len(ending)] + ending


def create_role(connection: Connection, role_name: str, function_name: str) -> str:
    """Creates a role that Lambda may assume, without permissions. Returns its ARN.

    An existing role of this name is ours, from an attempt whose answer was lost: see `new_role_name`. Raises
    WorkbenchError.
    """
    failure = _("Could not create the role {role_name}.").format(role_name=role_name)
    try:
        answer = connection.call(
            "iam",
            "create_role",
            failure=failure,
            RoleName=role_name,
            AssumeRolePolicyDocument=_TRUST,
            Description=f"What the function {function_name} can do",
        )
    except WorkbenchError as error:
        if error.aws_code != "EntityAlreadyExists":
            raise
        answer = connection.call("iam", "get_role", failure=failure, RoleName=role_name)
    return str(answer["Role"]["Arn"])


def put_policy(connection: Connection, role_name: str, document: str) -> None:
    """Sets the role's permissions, as its only inline policy. Raises WorkbenchError."""
    connection.call(
        "iam",
        "put_role_policy",
        failure=_("Could not add permissions to the role {role_name}.").format(role_name=role_name),
        RoleName=role_name,
        PolicyName=POLICY_NAME,
        PolicyDocument=document,
    )


def delete_policy(connection: Connection, role_name: str) -> None:
    """Deletes the inline policy; no error if it or the role does not exist. Raises WorkbenchError."""
    _ignore_missing(
        connection,
        "delete_role_policy",
        _("Could not remove the permissions of the role {role_name}.").format(role_name=role_name),
        {"RoleName": role_name, "PolicyName": POLICY_NAME},
    )


def delete_role(connection: Connection, role_name: str) -> None:
    """Deletes a role. It is no error if it does not exist. Raises WorkbenchError."""
    failure = _("Could not delete the role {role_name}.").format(role_name=role_name)
    retry(
        lambda: _ignore_missing(connection, "delete_role", failure, {"RoleName": role_name}),
        current_job().shielded(),
        _POLICY_REMOVAL,
        lambda error: error.aws_code == "DeleteConflict",
    )


def delete_with_policies(connection: Connection, role_name: str, ctx: JobContext) -> None:
    """Deletes a role with its policies, which must be removed first.

    Raises:
        WorkbenchError: IAM refused (as for a role in an instance profile), or was not reached.
        Cancelled: Between calls; some policies may have been removed.
    """
    failure, name = (
        _("Could not delete the role {role_name}.").format(role_name=role_name),
        {"RoleName": role_name},
    )
    try:
        attached = list(
            connection.items("iam", "list_attached_role_policies", ctx=ctx, failure=failure, **name)
        )
        inline = list(connection.items("iam", "list_role_policies", ctx=ctx, failure=failure, **name))
    except WorkbenchError as error:
        if error.aws_code == "NoSuchEntity":
            return
        raise
    for policy in attached:
        arn = str(policy["PolicyArn"])
        _ignore_missing(connection, "detach_role_policy", failure, {**name, "PolicyArn": arn})
    for policy_name in inline:
        _ignore_missing(connection, "delete_role_policy", failure, {**name, "PolicyName": str(policy_name)})
    delete_role(connection, role_name)


def _ignore_missing(
    connection: Connection, operation_method: str, failure: str, params: Mapping[str, Any]
) -> None:
    try:
        connection.call("iam", operation_method, failure=failure, **params)
    except WorkbenchError as error:
        if error.aws_code != "NoSuchEntity":
            raise


class PolicyKind(Enum):
    """What a policy is to a role."""

    MANAGED = "managed"
    INLINE = "inline"
    BOUNDARY = "boundary"
    TRUST = "trust"


@dataclass(frozen=True, slots=True)
class Policy:
    """One policy of a role.

    Attributes:
        arn: ARN of an attached policy; empty for an inline one.
        document: JSON, indented; empty if it could not be read.
        problem: Why it could not be read.
    """

    name: str
    arn: str
    document: str
    problem: str = ""
    kind: PolicyKind = PolicyKind.INLINE

    @property
    def is_own(self) -> bool:
        """Whether it is Workbench's own policy of the role, which is edited here."""
        return self.kind is PolicyKind.INLINE and self.name == POLICY_NAME


def read_policies(connection: Connection, role_arn: str, ctx: JobContext) -> tuple[Policy, ...]:
    """Reads all policies of a role, attached ones first. Each is emitted as it is read.

    Raises:
        WorkbenchError: The policies may not even be listed, or the role does not exist.
    """
    name = role_arn.rpartition("/")[2]
    found: list[Policy] = []
    problems: list[WorkbenchError] = []
    for reader in (_attached, _inline):
        try:
            for policy in reader(connection, name, ctx):
                found.append(policy)
                ctx.emit(policy)
        except WorkbenchError as error:
            problems.append(error)
    if problems and not found:
        raise problems[0]
    found += [Policy("", "", "", str(error)) for error in problems]
    return tuple(found)


def _attached(connection: Connection, role_name: str, ctx: JobContext) -> Iterator[Policy]:
    failure = _("Could not read the policies of the role {role_name}.").format(role_name=role_name)
    for each in connection.items(
        "iam", "list_attached_role_policies", ctx=ctx, failure=failure, RoleName=role_name
    ):
        yield read_managed(connection, str(each["PolicyArn"]), PolicyKind.MANAGED, failure)


def read_managed(connection: Connection, arn: str, kind: PolicyKind, failure: str) -> Policy:
    """Reads a managed policy in the version that counts; a refusal is its `problem`."""
    name = arn.rpartition("/")[2]
    try:
        policy = connection.call("iam", "get_policy", failure=failure, PolicyArn=arn)["Policy"]
        version = connection.call(
            "iam", "get_policy_version", failure=failure, PolicyArn=arn, VersionId=policy["DefaultVersionId"]
        )
        return Policy(name, arn, document_text(version["PolicyVersion"].get("Document")), kind=kind)
    except WorkbenchError as error:
        return Policy(name, arn, "", str(error), kind)


def _inline(connection: Connection, role_name: str, ctx: JobContext) -> Iterator[Policy]:
    failure = _("Could not read the policies of the role {role_name}.").format(role_name=role_name)
    for name in connection.items("iam", "list_role_policies", ctx=ctx, failure=failure, RoleName=role_name):
        try:
            answer = connection.call(
                "iam", "get_role_policy", failure=failure, RoleName=role_name, PolicyName=name
            )
            yield Policy(str(name), "", document_text(answer.get("PolicyDocument")))
        except WorkbenchError as error:
            yield Policy(str(name), "", "", str(error))


def document_text(document: Any) -> str:
    """A document as text. botocore gives a mapping, or a string if it was not JSON."""
    return document if isinstance(document, str) else json.dumps(document, indent=2, ensure_ascii=False)
