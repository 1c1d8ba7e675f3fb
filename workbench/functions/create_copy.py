"""A copy of a function, maybe in another region or account: what is copied and what cannot be."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from workbench.aws.names import Arn
from workbench.functions.configuration import MEMBERS, SETTINGS
from workbench.functions.create_plan import NewFunction
from workbench.functions.model import FunctionDetail, S3Object
from workbench.functions.ownership import owner_tags
from workbench.functions.templates import AccountRegion

_OWN = ("FunctionName", "Role", "Description", "Architectures", "PackageType", "Runtime", "Handler")
"""What NewFunction has fields for."""


@dataclass(frozen=True, slots=True)
class Original:
    """The function that is copied.

    Attributes:
        detail: As it is.
        request: CreateFunction's request that makes it again (`restore_request`), as JSON. Never printed:
            environment variables are among it.
    """

    detail: FunctionDetail
    request: str = field(repr=False)

    @property
    def variables(self) -> tuple[str, ...]:
        """The names of its environment variables."""
        return tuple(name for name, _ in self.detail.environment)


@dataclass(frozen=True, slots=True)
class Copied:
    """What a copy has.

    Attributes:
        settings: See `NewFunction.settings`.
        lost: What it does not have, in words.
        source_kms_key_arn: See `NewFunction.source_kms_key_arn`.
        s3_object: What the copy refers to in S3, as the original does; None where Lambda keeps its code.
    """

    settings: str = field(repr=False)
    lost: tuple[str, ...] = ()
    source_kms_key_arn: str = ""
    s3_object: S3Object | None = None


def plan_copy(
    original: Original, place: AccountRegion, variables: Collection[str], *, refers: bool = True
) -> Copied:
    """What is copied to an account and region.

    Args:
        original: The function.
        place: Where the copy will be.
        variables: The names of the environment variables that are copied.
        refers: Whether the copy refers to the object in S3 that the original refers to, if it does. The
            bucket may be in any region and account, and its policy must allow Lambda to read the object.
            Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-self-managed-storage.html
    """
    detail = original.detail
    request: dict[str, Any] = json.loads(original.request)
    settings = {name: value for name, value in request.items() if name not in _OWN}
    lost: list[str] = []
    is_same_place = (detail.account_id, detail.region) == (place.account_id, place.region)
    if not is_same_place:
        lost += _take_regional(settings)
    tags: dict[str, str] = settings.pop("Tags", {})
    foreign = owner_tags(tags)
    lost += [f"the tag {name}, which identifies the tool that manages the original" for name in foreign]
    if own := {name: value for name, value in tags.items() if name not in foreign}:
        settings["Tags"] = own
    if layers := settings.pop("Layers", None):
        kept = [arn for arn in layers if _is_reachable(arn, detail, place)]
        lost += [f"the layer {arn}" for arn in layers if arn not in kept]
        if kept:
            settings["Layers"] = kept
    found: dict[str, str] = settings.pop("Environment", {}).get("Variables", {})
    chosen = {name: value for name, value in found.items() if name in variables}
    if chosen:
        settings["Environment"] = {"Variables": chosen}
    lost += [f"the variable {name}" for name in found if name not in chosen]
    if detail.environment_error:
        lost.append(f"its environment variables, which could not be read ({detail.environment_error})")
    logging = dict(settings.pop("LoggingConfig", {}))
    if logging.get("LogGroup") == f"/aws/lambda/{detail.function_name}":
        del logging["LogGroup"]  # the copy gets one of its own
    if logging:
        settings["LoggingConfig"] = logging
    s3_object = detail.s3_object if refers else None
    if detail.s3_object is not None and s3_object is None:
        lost.append(f"its reference to {detail.s3_object}: Lambda keeps the copy's code")
    key = detail.source_kms_key_arn if is_same_place and s3_object is None else ""
    if detail.source_kms_key_arn and not is_same_place and s3_object is None:
        lost.append("the KMS key of its deployment package")
    if detail.reserved_concurrency is not None:
        lost.append(f"its reserved concurrency of {detail.reserved_concurrency}")
    lost.append("versions, aliases, and permissions that do not belong to a trigger")
    return Copied(json.dumps(settings, sort_keys=True), tuple(lost), key, s3_object)


def _take_regional(settings: dict[str, Any]) -> list[str]:
    """Takes out the members that name what one region of one account has; says which, in words."""
    lost = []
    for row in SETTINGS:
        if not row.regional:
            continue
        part = row.path.rpartition(".")[2]
        # A member goes with its first setting, without which AWS takes none of the others.
        is_first = row.name == MEMBERS[row.member][0]
        found = settings.pop(row.member, None) if is_first else settings.get(row.member, {}).pop(part, None)
        if found is not None:
            lost.append(row.regional)
    if settings.pop("CodeSigningConfigArn", None) is not None:
        lost.append("its code signing configuration")
    return lost


def _is_reachable(layer_arn: str, detail: FunctionDetail, place: AccountRegion) -> bool:
    """Layers are of one region. Those of the function's own account are not shared, as far as we know."""
    arn = Arn.parse(layer_arn)
    if arn.region != place.region:
        return False
    return detail.account_id == place.account_id or arn.account_id != detail.account_id


def copy_of(original: Original, function_name: str, copied: Copied, image_uri: str = "") -> NewFunction:
    """The copy as `create` makes it, without a role.

    Args:
        original: The function.
        function_name: Of the copy.
        copied: What is copied.
        image_uri: Of a container image; that of the original by default.
    """
    detail = original.detail
    is_image = detail.package_type == "Image"
    where = copied.s3_object
    return NewFunction(
        function_name,
        detail.runtime,
        detail.handler,
        detail.architectures[0],
        detail.description,
        image_uri=(image_uri or detail.running_image_uri) if is_image else "",
        settings=copied.settings,
        source_kms_key_arn=copied.source_kms_key_arn,
        s3_bucket=where.bucket if where else "",
        s3_key=where.key if where else "",
        s3_version=where.version if where else "",
        s3_storage_mode="REFERENCE" if where else "",
    )


_NETWORK = (
    "ec2:CreateNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:DeleteNetworkInterface",
    "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
)
"""Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-vpc.html (execution role)"""
_TRACING = ("xray:PutTraceSegments", "xray:PutTelemetryRecords")
_FILES = ("elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite")
"""Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-filesystem.html"""
_DEAD_LETTERS = {"sqs": "sqs:SendMessage", "sns": "sns:Publish"}
"""By service. Source: https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html"""


def with_needs(policy: str, settings: str) -> str:
    """A role's policy with what settings need: a VPC, tracing, a dead-letter target, file systems.

    Args:
        policy: A policy document, as JSON.
        settings: Members of CreateFunction's request, as JSON; empty for none (`NewFunction.settings`).
    """
    document: dict[str, Any] = json.loads(policy)
    needs = _statements(json.loads(settings) if settings else {})
    return json.dumps(document | {"Statement": [*document["Statement"], *needs]}, indent=2)


def _statements(settings: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = []
    if (settings.get("VpcConfig") or {}).get("SubnetIds"):
        found.append(_allow("UseNetwork", _NETWORK, "*"))
    if (settings.get("TracingConfig") or {}).get("Mode") == "Active":
        found.append(_allow("WriteTraces", _TRACING, "*"))
    dead_letters = str((settings.get("DeadLetterConfig") or {}).get("TargetArn") or "")
    if dead_letters and (action := _DEAD_LETTERS.get(dead_letters.split(":")[2])):
        found.append(_allow("SendDeadLetters", (action,), dead_letters))
    arns = [str(each.get("Arn")) for each in settings.get("FileSystemConfigs") or ()]
    if points := [arn for arn in arns if ":elasticfilesystem:" in arn]:
        condition = {"StringEquals": {"elasticfilesystem:AccessPointArn": points}}
        found.append(_allow("UseFiles", _FILES, "*") | {"Condition": condition})
    return found


def _allow(sid: str, actions: tuple[str, ...], resource: str) -> dict[str, Any]:
    return {"Sid": sid, "Effect": "Allow", "Action": list(actions), "Resource": resource}
