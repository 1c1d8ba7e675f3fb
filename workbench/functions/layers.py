"""Layers: publishing a version, and finding one that was published before."""

import re
from dataclasses import dataclass
from typing import Any

from workbench.aws import names
from workbench.aws.connection import Connection
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import JobContext
from workbench.core.messages import _

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
    found: list[LayerVersion] = []
    for page in connection.paginate(
        "lambda", "list_layers", ctx=ctx, failure=_("Could not list the layers.")
    ):
        rows = tuple(
            _version(str(layer["LayerName"]), layer["LatestMatchingVersion"])
            for layer in page.get("Layers") or ()
            if layer.get("LatestMatchingVersion")
        )
        found += rows
        ctx.emit(rows)
    return tuple(found)


def newest_version(connection: Connection, layer_version_arn: str, ctx: JobContext) -> str:
    """The ARN of the newest version of a version's layer.

    All pages are read, since AWS documents no order.

    Raises:
        WorkbenchError: AWS refused (layers of other accounts often cannot be listed), or was not reached.
    """
    layer_arn = layer_version_arn.rpartition(":")[0]
    name = layer_arn.rpartition(":")[2]
    is_own = f":{connection.account_id}:layer:" in layer_arn
    pages = connection.paginate(
        "lambda",
        "list_layer_versions",
        ctx=ctx,
        failure=_("Could not check for newer versions of {name}.").format(name=name),
        LayerName=name if is_own else layer_arn,
    )
    versions = [each for page in pages for each in page.get("LayerVersions") or ()]
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
