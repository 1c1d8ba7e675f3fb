"""Subnets and security groups that a function may be put into: the calls to EC2."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workbench.aws.connection import Connection
from workbench.core.jobs import JobContext


@dataclass(frozen=True, slots=True)
class NetworkPart:
    """A subnet or a security group.

    Attributes:
        id: Such as "subnet-0123".
        name: Its Name tag, or the group's name.
        vpc_id: Where it is.
        about: Zone and addresses of a subnet, the description of a group.
    """

    id: str
    name: str
    vpc_id: str
    about: str


def list_subnets(connection: Connection, ctx: JobContext) -> tuple[NetworkPart, ...]:
    """The region's subnets; pages are emitted as they come.

    Raises:
        WorkbenchError: AWS refused, or was not reached.
        Cancelled: Between pages.
    """
    found: list[NetworkPart] = []
    for page in connection.paginate(
        "ec2", "describe_subnets", ctx=ctx, failure="Could not list the subnets."
    ):
        parts = tuple(
            NetworkPart(
                str(each["SubnetId"]),
                _name(each),
                str(each.get("VpcId") or ""),
                f"{each.get('AvailabilityZone', '')} {each.get('CidrBlock', '')}".strip(),
            )
            for each in page.get("Subnets") or ()
        )
        found += parts
        ctx.emit(parts)
    return tuple(found)


def list_security_groups(connection: Connection, ctx: JobContext) -> tuple[NetworkPart, ...]:
    """The region's security groups; as `list_subnets`."""
    found: list[NetworkPart] = []
    failure = "Could not list the security groups."
    for page in connection.paginate("ec2", "describe_security_groups", ctx=ctx, failure=failure):
        parts = tuple(
            NetworkPart(
                str(each["GroupId"]),
                str(each.get("GroupName") or ""),
                str(each.get("VpcId") or ""),
                str(each.get("Description") or ""),
            )
            for each in page.get("SecurityGroups") or ()
        )
        found += parts
        ctx.emit(parts)
    return tuple(found)


def _name(each: Mapping[str, Any]) -> str:
    return next((str(tag.get("Value")) for tag in each.get("Tags") or () if tag.get("Key") == "Name"), "")
