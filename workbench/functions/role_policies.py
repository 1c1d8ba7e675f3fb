"""What a role allows: its policies, attached and inline, to read.

Owns: the calls to IAM. What may not be read is said in its place.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext


@dataclass(frozen=True, slots=True)
class Policy:
    """One policy of a role.

    Attributes:
        arn: Of an attached one; empty for an inline one.
        document: JSON, indented; empty when it could not be read.
        problem: Why not.
    """

    name: str
    arn: str
    document: str
    problem: str = ""


def read_policies(connection: Connection, role_arn: str, ctx: JobContext) -> tuple[Policy, ...]:
    """Reads all policies of a role, the attached ones first; each is emitted as it comes.

    Raises:
        WorkbenchError: Not even their names may be read, or there is no such role.
        Cancelled: Between calls.
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
    failure = f"Could not read the policies of the role {role_name}."
    pages = connection.paginate(
        "iam", "list_attached_role_policies", ctx=ctx, failure=failure, RoleName=role_name
    )
    for page in pages:
        for each in page.get("AttachedPolicies") or ():
            name, arn = str(each["PolicyName"]), str(each["PolicyArn"])
            try:
                policy = connection.call("iam", "get_policy", failure=failure, PolicyArn=arn)["Policy"]
                version = connection.call(
                    "iam",
                    "get_policy_version",
                    failure=failure,
                    PolicyArn=arn,
                    VersionId=policy["DefaultVersionId"],
                )
                yield Policy(name, arn, _text(version["PolicyVersion"].get("Document")))
            except WorkbenchError as error:
                yield Policy(name, arn, "", str(error))


def _inline(connection: Connection, role_name: str, ctx: JobContext) -> Iterator[Policy]:
    failure = f"Could not read the policies of the role {role_name}."
    for page in connection.paginate(
        "iam", "list_role_policies", ctx=ctx, failure=failure, RoleName=role_name
    ):
        for name in page.get("PolicyNames") or ():
            try:
                answer = connection.call(
                    "iam", "get_role_policy", failure=failure, RoleName=role_name, PolicyName=name
                )
                yield Policy(str(name), "", _text(answer.get("PolicyDocument")))
            except WorkbenchError as error:
                yield Policy(str(name), "", "", str(error))


def _text(document: Any) -> str:
    """A document as botocore gives it: a mapping, or text that was no JSON."""
    return document if isinstance(document, str) else json.dumps(document, indent=2, ensure_ascii=False)
