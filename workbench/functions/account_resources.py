"""What an account has for a function to point at: keys, dead-letter targets, access points, code signing.

Only listings, each page emitted as it comes. What may not be listed can still be typed by who asks.
"""

from collections.abc import Callable
from dataclasses import dataclass

from workbench.aws import regions
from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext


@dataclass(frozen=True, slots=True)
class Resource:
    """One thing that can be chosen.

    Attributes:
        arn: What is chosen by it.
        name: What people call it; may be empty.
        about: What else is worth knowing, in AWS's words.
    """

    arn: str
    name: str
    about: str = ""


def list_keys(connection: Connection, ctx: JobContext) -> None:
    """Emits the region's KMS keys, with their aliases. Keys that AWS keeps itself cannot be chosen.

    Raises:
        WorkbenchError: AWS refused, or was not reached.
        Cancelled: Between pages.
    """
    aliases: dict[str, list[str]] = {}
    for page in connection.paginate(
        "kms", "list_aliases", ctx=ctx, failure="Could not list the aliases of KMS keys."
    ):
        for each in page.get("Aliases") or ():
            names = aliases.setdefault(str(each.get("TargetKeyId") or ""), [])
            names.append(str(each["AliasName"]).removeprefix("alias/"))
    for page in connection.paginate("kms", "list_keys", ctx=ctx, failure="Could not list the KMS keys."):
        named = [(each, aliases.get(str(each["KeyId"]), [])) for each in page.get("Keys") or ()]
        ctx.emit(
            tuple(
                Resource(str(each["KeyArn"]), ", ".join(names), str(each["KeyId"]))
                for each, names in named
                if not any(name.startswith("aws/") for name in names)
            )
        )


def list_dead_letter_targets(connection: Connection, ctx: JobContext) -> None:
    """Emits the region's standard queues and topics; as `list_keys`. FIFO ones are no targets.

    Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
    """
    refused: WorkbenchError | None = None
    lists: tuple[Callable[[Connection, JobContext], None], ...] = (_queues, list_topics)
    for read in lists:
        try:
            read(connection, ctx)
        except WorkbenchError as error:
            refused = refused or error  # who may not list the one may list the other
    if refused is not None:
        raise refused


def _queues(connection: Connection, ctx: JobContext) -> None:
    region = regions.find(connection.region)
    place = f"arn:{region.partition if region else 'aws'}:sqs:{connection.region}"
    # Without MaxResults SQS returns 1,000 at most, and no token for what follows.
    for page in connection.paginate(
        "sqs",
        "list_queues",
        ctx=ctx,
        failure="Could not list the queues.",
        PaginationConfig={"PageSize": 1000},
    ):
        paths = [str(url).rsplit("/", 2) for url in page.get("QueueUrls") or ()]
        ctx.emit(
            tuple(
                Resource(f"{place}:{account_id}:{name}", name, "SQS")
                for _, account_id, name in paths
                if not name.endswith(".fifo")
            )
        )


def list_topics(connection: Connection, ctx: JobContext) -> None:
    """Emits the region's standard topics; as `list_keys`."""
    for page in connection.paginate("sns", "list_topics", ctx=ctx, failure="Could not list the topics."):
        arns = [str(each["TopicArn"]) for each in page.get("Topics") or ()]
        ctx.emit(
            tuple(Resource(arn, arn.rpartition(":")[2], "SNS") for arn in arns if not arn.endswith(".fifo"))
        )


def list_access_points(connection: Connection, ctx: JobContext) -> None:
    """Emits the region's EFS access points; as `list_keys`."""
    failure = "Could not list the EFS access points."
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
    """Emits the region's code signing configurations; as `list_keys`."""
    failure = "Could not list the code signing configurations."
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
