"""What a function can refer to: layers, keys, queues, topics, buckets, access points, networks."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from workbench.aws import names, regions
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
    failure = _("Could not list the aliases of KMS keys.")
    for each in connection.items("kms", "list_aliases", ctx=ctx, failure=failure):
        mine = aliases.setdefault(str(each.get("TargetKeyId") or ""), [])
        mine.append(str(each["AliasName"]).removeprefix("alias/"))

    def make(key: Mapping[str, Any]) -> Resource | None:
        mine = aliases.get(str(key["KeyId"]), [])
        if any(name.startswith("aws/") for name in mine):
            return None
        return Resource(str(key["KeyArn"]), ", ".join(mine), str(key["KeyId"]))

    connection.listed("kms", "list_keys", make, ctx=ctx, failure=_("Could not list the KMS keys."))


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

    def make(url: object) -> Resource | None:
        __, account_id, name = str(url).rsplit("/", 2)
        return None if name.endswith(".fifo") else Resource(f"{place}:{account_id}:{name}", name, "SQS")

    # Without MaxResults SQS answers 1,000 queues at most, and no token for the rest.
    failure, size = _("Could not list the queues."), {"PageSize": 1000}
    connection.listed("sqs", "list_queues", make, ctx=ctx, failure=failure, PaginationConfig=size)


def list_topics(connection: Connection, ctx: JobContext) -> None:
    """Emits the region's standard topics, as `list_keys` does."""

    def make(topic: Mapping[str, Any]) -> Resource | None:
        arn = str(topic["TopicArn"])
        return None if arn.endswith(".fifo") else Resource(arn, arn.rpartition(":")[2], "SNS")

    connection.listed("sns", "list_topics", make, ctx=ctx, failure=_("Could not list the topics."))


def list_access_points(connection: Connection, ctx: JobContext) -> None:
    """Emits the region's EFS access points, as `list_keys` does."""

    def make(point: Mapping[str, Any]) -> Resource:
        name = str(point.get("Name") or point.get("AccessPointId") or "")
        parts = (point.get("FileSystemId"), (point.get("RootDirectory") or {}).get("Path"))
        return Resource(str(point["AccessPointArn"]), name, " ".join(str(each) for each in parts if each))

    failure = _("Could not list the EFS access points.")
    connection.listed("efs", "describe_access_points", make, ctx=ctx, failure=failure)


def list_code_signing(connection: Connection, ctx: JobContext) -> None:
    """Emits the region's code signing configurations, as `list_keys` does."""

    def make(config: Mapping[str, Any]) -> Resource:
        name, about = config.get("CodeSigningConfigId"), config.get("Description")
        return Resource(str(config["CodeSigningConfigArn"]), str(name or ""), str(about or ""))

    failure = _("Could not list the code signing configurations.")
    connection.listed("lambda", "list_code_signing_configs", make, ctx=ctx, failure=failure)


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

    def make(subnet: Mapping[str, Any]) -> NetworkPart:
        tags = subnet.get("Tags") or ()
        name = next((str(tag.get("Value")) for tag in tags if tag.get("Key") == "Name"), "")
        about = f"{subnet.get('AvailabilityZone', '')} {subnet.get('CidrBlock', '')}".strip()
        return NetworkPart(str(subnet["SubnetId"]), name, str(subnet.get("VpcId") or ""), about)

    failure = _("Could not list the subnets.")
    return connection.listed("ec2", "describe_subnets", make, ctx=ctx, failure=failure)


def list_security_groups(connection: Connection, ctx: JobContext) -> tuple[NetworkPart, ...]:
    """Lists the region's security groups, as `list_subnets` does."""

    def make(group: Mapping[str, Any]) -> NetworkPart:
        name, vpc_id, about = (str(group.get(each) or "") for each in ("GroupName", "VpcId", "Description"))
        return NetworkPart(str(group["GroupId"]), name, vpc_id, about)

    failure = _("Could not list the security groups.")
    return connection.listed("ec2", "describe_security_groups", make, ctx=ctx, failure=failure)


_LOOKED_AT = 5
_NOT_ALLOWED = re.compile(r"[^A-Za-z0-9_-]+")
_LONGEST_NAME = 140
"""Source: LayerName in the service model."""


@dataclass(frozen=True, slots=True)
class NewLayer:
    """A layer version to publish.

    Attributes:
        description: At most 256 characters.
        content: "ZipFile", or "S3Bucket" and "S3Key", as PublishLayerVersion takes them.
        code_sha256: Base64 of the zip's SHA-256.
        runtime: The compatible runtime.
        architecture: The compatible architecture.
    """

    name: str
    description: str
    content: dict[str, Any]
    code_sha256: str
    runtime: str
    architecture: str


def layer_name(*parts: str) -> str:
    """A valid name made of several parts; the last part is never shortened."""
    *first, last = (_NOT_ALLOWED.sub("-", part) for part in parts)
    return f"{'-'.join(first)[: _LONGEST_NAME - len(last) - 1]}-{last}"


def is_layer_name(name: str) -> bool:
    """Whether a new layer may have this name."""
    return 0 < len(name) <= _LONGEST_NAME and _NOT_ALLOWED.search(name) is None


def find_layer(connection: Connection, name: str, code_sha256: str, ctx: JobContext) -> str:
    """The ARN of one of the latest versions that has this content; empty if there is none.

    Raises:
        WorkbenchError: AWS refused, or was not reached.
    """
    failure = _("Could not find the layer {name}.").format(name=name)
    try:
        answer = connection.call(
            "lambda", "list_layer_versions", failure=failure, LayerName=name, MaxItems=_LOOKED_AT
        )
    except WorkbenchError as error:
        if error.aws_code == "ResourceNotFoundException":
            return ""
        raise
    for each in answer.get("LayerVersions") or ():
        ctx.check()
        arn = names.layer_arn(str(each["LayerVersionArn"]))
        found = connection.call("lambda", "get_layer_version_by_arn", failure=failure, Arn=arn)
        if (found.get("Content") or {}).get("CodeSha256") == code_sha256:
            return arn
    return ""


def publish_layer(connection: Connection, layer: NewLayer) -> str:
    """Publishes a version and returns its ARN. Raises WorkbenchError."""
    answer = connection.call(
        "lambda",
        "publish_layer_version",
        failure=_("Could not publish the layer {layer}.").format(layer=layer.name),
        LayerName=layer.name,
        Description=layer.description[:256],
        Content=layer.content,
        CompatibleRuntimes=[layer.runtime],
        CompatibleArchitectures=[layer.architecture],
    )
    return names.layer_arn(str(answer["LayerVersionArn"]))


@dataclass(frozen=True, slots=True)
class LayerVersion:
    """A layer version to choose from.

    Attributes:
        runtimes: Compatible runtimes; empty if not stated.
        architectures: Compatible architectures; empty if not stated.
        created: As AWS writes it.
    """

    name: str
    arn: str
    version: int
    description: str
    runtimes: tuple[str, ...]
    architectures: tuple[str, ...]
    created: str


def list_layers(connection: Connection, ctx: JobContext) -> tuple[LayerVersion, ...]:
    """The account's layers in the region, each by its newest version. Each page is emitted as it arrives.

    Raises:
        WorkbenchError: AWS refused, or was not reached.
    """

    def make(layer: Mapping[str, Any]) -> LayerVersion | None:
        version = layer.get("LatestMatchingVersion")
        return _version(str(layer["LayerName"]), version) if version else None

    failure = _("Could not list the layers.")
    return connection.listed("lambda", "list_layers", make, ctx=ctx, failure=failure)


def newest_version(connection: Connection, layer_version_arn: str, ctx: JobContext) -> str:
    """The ARN of the newest version of a version's layer.

    All pages are read, since AWS documents no order.

    Raises:
        WorkbenchError: AWS refused (layers of other accounts often cannot be listed), or was not reached.
    """
    layer_arn = layer_version_arn.rpartition(":")[0]
    name = layer_arn.rpartition(":")[2]
    is_own = f":{connection.account_id}:layer:" in layer_arn
    versions = connection.items(
        "lambda",
        "list_layer_versions",
        ctx=ctx,
        failure=_("Could not check for newer versions of {name}.").format(name=name),
        LayerName=name if is_own else layer_arn,
    )
    newest = max(versions, key=lambda each: int(each.get("Version") or 0), default=None)
    return names.layer_arn(str(newest["LayerVersionArn"])) if newest else layer_version_arn


def layer_content(connection: Connection, layer_version_arn: str) -> tuple[str, str]:
    """A link to a layer version's zip, valid for ten minutes, and its CodeSha256.

    Raises:
        WorkbenchError: AWS refused (layers of other accounts often cannot be read), or was not reached.
    """
    name = ":".join(layer_version_arn.split(":")[-2:])
    found = connection.call(
        "lambda",
        "get_layer_version_by_arn",
        failure=_("Could not read the layer {name}.").format(name=name),
        Arn=layer_version_arn,
    )
    content = found.get("Content") or {}
    return str(content.get("Location") or ""), str(content.get("CodeSha256") or "")


def _version(name: str, version: dict[str, Any]) -> LayerVersion:
    return LayerVersion(
        names.layer_name(name),
        names.layer_arn(str(version["LayerVersionArn"])),
        int(version.get("Version") or 0),
        str(version.get("Description") or ""),
        tuple(version.get("CompatibleRuntimes") or ()),
        tuple(version.get("CompatibleArchitectures") or ()),
        str(version.get("CreatedDate") or ""),
    )


NO_BUCKET = ("404", "NoSuchBucket")
NO_PUBLIC_ACCESS: Mapping[str, bool] = dict.fromkeys(
    ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
)
"""PublicAccessBlockConfiguration of the buckets that Workbench creates."""
_OLD_NAMES = {None: "us-east-1", "": "us-east-1", "EU": "eu-west-1"}
"""Values of LocationConstraint for the two oldest regions.
Source: https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetBucketLocation.html"""


@dataclass(frozen=True, slots=True)
class BucketHome:
    """The region of a bucket.

    Attributes:
        region: Empty if it may not be read.
        denied: Why the bucket may not be read; None if it may.
    """

    region: str
    denied: WorkbenchError | None = None


def bucket_home(connection: Connection, bucket: str, owner: str = "") -> BucketHome:
    """Finds a bucket's region, also from a refusal, which contains it, too.

    Args:
        owner: The account that must own it; empty for any.
        connection: A connection to any region of the bucket's partition.

    Raises:
        WorkbenchError: The bucket does not exist, or AWS was not reached.
    """
    expected: dict[str, Any] = {"ExpectedBucketOwner": owner} if owner else {}
    failure = _("Could not read the bucket {bucket}.").format(bucket=bucket)
    try:
        answer = connection.call("s3", "head_bucket", failure=failure, Bucket=bucket, **expected)
    except WorkbenchError as error:
        if error.aws_code in NO_BUCKET:
            raise WorkbenchError(
                failure,
                _("The bucket {bucket} does not exist.").format(bucket=bucket),
                _("Check its name."),
                aws_code=error.aws_code,
                request_id=error.request_id,
            ) from None
        if error.region:
            return BucketHome(error.region, error)
        if not error.aws_code.isdigit() and "AccessDenied" not in error.aws_code:
            raise
        return BucketHome(_location(connection, bucket, expected), error)
    headers = answer.get("ResponseMetadata", {}).get("HTTPHeaders", {})
    region = answer.get("BucketRegion") or headers.get("x-amz-bucket-region")
    return BucketHome(str(region) if region else _location(connection, bucket, expected))


def _location(connection: Connection, bucket: str, expected: dict[str, Any]) -> str:
    """Asks GetBucketLocation, for servers whose HeadBucket does not answer the region."""
    try:
        answer = connection.call("s3", "get_bucket_location", Bucket=bucket, **expected)
    except WorkbenchError as error:
        return error.region
    constraint = answer.get("LocationConstraint")
    return str(_OLD_NAMES.get(constraint, constraint))


def check_bucket_region(connection: Connection, bucket: str, function_name: str) -> None:
    """Checks the region of a bucket before anything is created.

    An unreadable bucket is left to Lambda to report.

    Source: https://docs.aws.amazon.com/lambda/latest/api/API_FunctionCode.html (S3Bucket)

    Raises:
        WorkbenchError: The bucket does not exist, or is in another region.
    """
    what = _("The function {function_name} was not created.").format(function_name=function_name)
    try:
        region = bucket_home(connection, bucket).region
    except WorkbenchError as error:
        if error.aws_code not in NO_BUCKET:
            return  # a policy may allow Lambda to read what the user may not
        raise WorkbenchError(what, error.why, error.remedy, aws_code=error.aws_code) from None
    if region not in ("", connection.region):
        raise WorkbenchError(
            what,
            _("The bucket {bucket} is in {region}; the function would be in {function_region}.").format(
                bucket=bucket, region=region, function_region=connection.region
            ),
            _("Copy the object to a bucket in {region}.").format(region=connection.region),
        )
