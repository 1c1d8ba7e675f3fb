"""What functions can refer to in their account: keys, queues, topics, access points, subnets, groups."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from workbench.aws import regions
from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.messages import _


@dataclass(frozen=True, slots=True)
class Resource:
    """A resource to choose from.

    Attributes:
        arn: The value that is set.
        name: Its name; may be empty.
        about: Description in AWS's words.
    """

    arn: str
    name: str
    about: str = ""


def list_keys(connection: Connection, ctx: JobContext) -> None:
    """Emits the region's KMS keys with their aliases, except AWS managed keys, which cannot be chosen.

    Raises:
        WorkbenchError: AWS refused, or was not reached.
    """
    aliases: dict[str, list[str]] = {}
    for page in connection.paginate(
        "kms", "list_aliases", ctx=ctx, failure=_("Could not list the aliases of KMS keys.")
    ):
        for each in page.get("Aliases") or ():
            names = aliases.setdefault(str(each.get("TargetKeyId") or ""), [])
            names.append(str(each["AliasName"]).removeprefix("alias/"))
    for page in connection.paginate("kms", "list_keys", ctx=ctx, failure=_("Could not list the KMS keys.")):
        named = [(each, aliases.get(str(each["KeyId"]), [])) for each in page.get("Keys") or ()]
        ctx.emit(
            tuple(
                Resource(str(each["KeyArn"]), ", ".join(names), str(each["KeyId"]))
                for each, names in named
                if not any(name.startswith("aws/") for name in names)
            )
        )


def list_dead_letter_targets(connection: Connection, ctx: JobContext) -> None:
    """Emits the region's standard queues and topics, as `list_keys` does. FIFO ones cannot be targets.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
    """
    refused: WorkbenchError | None = None
    lists: tuple[Callable[[Connection, JobContext], None], ...] = (_queues, list_topics)
    for read in lists:
        try:
            read(connection, ctx)
        except WorkbenchError as error:
            refused = refused or error  # a user who may not list one kind may list the other
    if refused is not None:
        raise refused


def _queues(connection: Connection, ctx: JobContext) -> None:
    region = regions.find(connection.region)
    place = f"arn:{region.partition if region else 'aws'}:sqs:{connection.region}"
    # Without MaxResults SQS answers 1,000 queues at most, and no token for the rest.
    for page in connection.paginate(
        "sqs",
        "list_queues",
        ctx=ctx,
        failure=_("Could not list the queues."),
        PaginationConfig={"PageSize": 1000},
    ):
        paths = [str(url).rsplit("/", 2) for url in page.get("QueueUrls") or ()]
        ctx.emit(
            tuple(
                Resource(f"{place}:{account_id}:{name}", name, "SQS")
                for __, account_id, name in paths
                if not name.endswith(".fifo")
            )
        )


def list_topics(connection: Connection, ctx: JobContext) -> None:
    """Emits the region's standard topics, as `list_keys` does."""
    for page in connection.paginate("sns", "list_topics", ctx=ctx, failure=_("Could not list the topics.")):
        arns = [str(each["TopicArn"]) for each in page.get("Topics") or ()]
        ctx.emit(
            tuple(Resource(arn, arn.rpartition(":")[2], "SNS") for arn in arns if not arn.endswith(".fifo"))
        )


def list_access_points(connection: Connection, ctx: JobContext) -> None:
    """Emits the region's EFS access points, as `list_keys` does."""
    failure = _("Could not list the EFS access points.")
    for page in connection.paginate("efs", "describe_access_points", ctx=ctx, failure=failure):
        ctx.emit(
            tuple(
                Resource(
                    str(each["AccessPointArn"]),
                    str(each.get("Name") or each.get("AccessPointId") or ""),
                    " ".join(
                        filter(
                            None,
                            (
                                str(each.get("FileSystemId") or ""),
                                str((each.get("RootDirectory") or {}).get("Path") or ""),
                            ),
                        )
                    ),
                )
                for each in page.get("AccessPoints") or ()
            )
        )


def list_code_signing(connection: Connection, ctx: JobContext) -> None:
    """Emits the region's code signing configurations, as `list_keys` does."""
    failure = _("Could not list the code signing configurations.")
    for page in connection.paginate("lambda", "list_code_signing_configs", ctx=ctx, failure=failure):
        ctx.emit(
            tuple(
                Resource(
                    str(each["CodeSigningConfigArn"]),
                    str(each.get("CodeSigningConfigId") or ""),
                    str(each.get("Description") or ""),
                )
                for each in page.get("CodeSigningConfigs") or ()
            )
        )


@dataclass(frozen=True, slots=True)
class NetworkPart:
    """A subnet or a security group.

    Attributes:
        id: "subnet-0123", "sg-0123".
        name: Its Name tag, or the group's name.
        about: Zone and addresses of a subnet, description of a group.
    """

    id: str
    name: str
    vpc_id: str
    about: str


def list_subnets(connection: Connection, ctx: JobContext) -> tuple[NetworkPart, ...]:
    """Lists the region's subnets. Each page is emitted as it arrives. Raises WorkbenchError."""
    found: list[NetworkPart] = []
    for page in connection.paginate(
        "ec2", "describe_subnets", ctx=ctx, failure=_("Could not list the subnets.")
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
    """Lists the region's security groups, as `list_subnets` does."""
    found: list[NetworkPart] = []
    failure = _("Could not list the security groups.")
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
