"""A copy of a function, possibly in another region or account: what is copied and what cannot be."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from workbench.aws.names import Arn
from workbench.core.messages import _
from workbench.functions.configuration import MEMBERS, SETTINGS
from workbench.functions.create import NewFunction
from workbench.functions.model import FunctionDetail, S3Object, owner_tags
from workbench.functions.templates import AccountRegion

_OWN = ("FunctionName", "Role", "Description", "Architectures", "PackageType", "Runtime", "Handler")
"""The members for which NewFunction has fields."""


@dataclass(frozen=True, slots=True)
class Original:
    """The function to copy.

    Attributes:
        request: CreateFunction's request that recreates it (`restore_request`), as JSON. Never printed,
            because it contains the environment variables.
    """

    detail: FunctionDetail
    request: str = field(repr=False)

    @property
    def variables(self) -> tuple[str, ...]:
        """The names of its environment variables."""
        return tuple(name for name, _ in self.detail.environment)


@dataclass(frozen=True, slots=True)
class Copied:
    """What a copy gets.

    Attributes:
        settings: As `NewFunction.settings`.
        lost: What it does not get, in words.
        source_kms_key_arn: As `NewFunction.source_kms_key_arn`.
        s3_object: The S3 object that copy and original refer to; None if Lambda has a copy of the code.
    """

    settings: str = field(repr=False)
    lost: tuple[str, ...] = ()
    source_kms_key_arn: str = ""
    s3_object: S3Object | None = None


def plan_copy(
    original: Original, place: AccountRegion, variables: Collection[str], *, refers: bool = True
) -> Copied:
    """Decides what is copied to an account and region.

    Args:
        place: The account and region of the copy.
        variables: Names of the environment variables to copy.
        refers: Whether the copy refers to the same S3 object, if the original refers to one. The bucket may
            be in any region and account, and its policy must allow Lambda to read the object.
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
    lost += [
        _("the tag {name}, which identifies the tool that manages the original").format(name=name)
        for name in foreign
    ]
    if own := {name: value for name, value in tags.items() if name not in foreign}:
        settings["Tags"] = own
    if layers := settings.pop("Layers", None):
        kept = [arn for arn in layers if _is_reachable(arn, detail, place)]
        lost += [_("the layer {arn}").format(arn=arn) for arn in layers if arn not in kept]
        if kept:
            settings["Layers"] = kept
    found: dict[str, str] = settings.pop("Environment", {}).get("Variables", {})
    chosen = {name: value for name, value in found.items() if name in variables}
    if chosen:
        settings["Environment"] = {"Variables": chosen}
    lost += [_("the variable {name}").format(name=name) for name in found if name not in chosen]
    if detail.environment_error:
        lost.append(
            _("its environment variables, which could not be read ({environment_error})").format(
                environment_error=detail.environment_error
            )
        )
    logging = dict(settings.pop("LoggingConfig", {}))
    if logging.get("LogGroup") == f"/aws/lambda/{detail.function_name}":
        del logging["LogGroup"]  # the copy gets its own log group
    if logging:
        settings["LoggingConfig"] = logging
    s3_object = detail.s3_object if refers else None
    if detail.s3_object is not None and s3_object is None:
        lost.append(
            _("its reference to {s3_object}: Lambda keeps the copy's code").format(s3_object=detail.s3_object)
        )
    key = detail.source_kms_key_arn if is_same_place and s3_object is None else ""
    if detail.source_kms_key_arn and not is_same_place and s3_object is None:
        lost.append(_("the KMS key of its deployment package"))
    if detail.reserved_concurrency is not None:
        lost.append(
            _("its reserved concurrency of {reserved_concurrency}").format(
                reserved_concurrency=detail.reserved_concurrency
            )
        )
    lost.append(_("versions, aliases, and permissions that do not belong to a trigger"))
    return Copied(json.dumps(settings, sort_keys=True), tuple(lost), key, s3_object)


def _take_regional(settings: dict[str, Any]) -> list[str]:
    """Removes the members that refer to resources of one region and account; returns their names in words."""
    lost = []
    for row in SETTINGS:
        if not row.regional:
            continue
        part = row.path.rpartition(".")[2]
        # The first setting of a member is the one without which AWS refuses the others.
        is_first = row.name == MEMBERS[row.member][0]
        found = settings.pop(row.member, None) if is_first else settings.get(row.member, {}).pop(part, None)
        if found is not None:
            lost.append(row.regional)
    if settings.pop("CodeSigningConfigArn", None) is not None:
        lost.append(_("its code signing configuration"))
    return lost


def _is_reachable(layer_arn: str, detail: FunctionDetail, place: AccountRegion) -> bool:
    """Whether a layer can be used there.

    Layers are regional; layers of the function's own account count as not shared.
    """
    arn = Arn.parse(layer_arn)
    if arn.region != place.region:
        return False
    return detail.account_id == place.account_id or arn.account_id != detail.account_id


def copy_of(original: Original, function_name: str, copied: Copied, image_uri: str = "") -> NewFunction:
    """The copy for `create`, without a role.

    Args:
        image_uri: URI of a container image; the original's by default.
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
    """A role's policy with what the settings need: VPC, tracing, dead-letter target, file systems.

    Args:
        policy: A policy document, JSON.
        settings: Members of CreateFunction's request, JSON; may be empty (`NewFunction.settings`).
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
