"""A function's dependencies as a layer: built, published, and attached by the next deploy.

The layer is named by its content, so that equal dependencies are published once. It is attached before the
code without them is sent, with the deploy's guard and undo.
"""

import base64
import contextlib
import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from workbench.aws.connection import Connection
from workbench.aws.quotas import LAYERS_LIMIT, UNZIPPED_LIMIT_BYTES, ZIP_LIMIT_BYTES
from workbench.code.dependencies.store import Installed, Target
from workbench.code.dependencies.use import Delivery
from workbench.code.package import Package, Rules, build_package
from workbench.code.workspace import Workspace
from workbench.core.errors import WorkbenchError
from workbench.core.files import explain_os_error, megabytes
from workbench.core.jobs import JobContext
from workbench.core.messages import _
from workbench.deploy.options import DeployOptions, Upload
from workbench.deploy.staging import observe_staging
from workbench.deploy.steps import running_upload
from workbench.deploy.steps.s3 import create_bucket, upload
from workbench.functions.account_resources import NewLayer, find_layer, layer_name, publish_layer
from workbench.functions.configure import Wanted
from workbench.functions.detail import get_function
from workbench.functions.model import FunctionDetail

WHAT = _("The dependencies were not moved to a layer.")
_PREFIX = "workbench"
_DIGITS = 12


@dataclass(frozen=True, slots=True)
class MovedToLayer:
    """The published layer.

    Attributes:
        is_new: False if an equal layer had been published before.
        installed: Its contents.
        size_bytes: Size of its zip.
    """

    layer_arn: str
    is_new: bool
    installed: Installed
    size_bytes: int


def move_to_layer(
    connection: Connection, workspace: Workspace, scratch: Path, ctx: JobContext
) -> MovedToLayer:
    """Publishes the dependencies as a layer, and leaves them out of future packages.

    The function itself is not changed: the next deploy attaches the layer, and sends the code without them.

    Args:
        workspace: The code, whose dependencies have a target.
        scratch: A folder for the layer's zip.

    Raises:
        WorkbenchError: They cannot be installed; the function has five layers already; AWS refused.
        Cancelled: The package still contains them. A layer that was published stays, which costs nothing.
    """
    dependencies = workspace.dependencies
    observed = get_function(connection, workspace.base.function_name, "", ctx)
    target = dependencies.target or Target(observed.runtime, observed.architectures[0])
    attached_layers(observed, "")  # refuses before anything is done
    installed = dependencies.fetch(workspace.base, ctx)
    ctx.progress(0, 0, _("Packing the layer"))
    try:
        package = build_package(
            installed.layer_root, scratch, ctx, Rules(of_packages=True), limit_bytes=UNZIPPED_LIMIT_BYTES
        )
        try:
            arn, is_new = _publish(connection, observed, package, target, ctx)
        finally:
            with contextlib.suppress(OSError):
                package.path.unlink(missing_ok=True)
    except OSError as error:
        raise explain_os_error(error, WHAT, Path(error.filename or scratch)) from error
    dependencies.use_layer(installed, workspace.base, arn)
    return MovedToLayer(arn, is_new, installed, package.size_bytes)


def with_layer(options: DeployOptions, workspace: Workspace, observed: FunctionDetail) -> DeployOptions:
    """Adds to the options that a deploy attaches the layer with the dependencies, unless it is attached.

    Raises:
        WorkbenchError: The function has five layers already.
    """
    used = workspace.dependencies.used()
    if used is None or used.delivery is not Delivery.LAYER or used.layer_arn in observed.layers:
        return options
    wanted = options.configuration or Wanted()
    present = observed if wanted.layers is None else replace(observed, layers=wanted.layers)
    layers = attached_layers(present, used.layer_arn)
    return replace(options, configuration=replace(wanted, layers=layers))


def attached_layers(observed: FunctionDetail, layer_arn: str) -> tuple[str, ...]:
    """The function's layers with this one, in place of an earlier one of ours, otherwise at the end.

    Raises:
        WorkbenchError: That would exceed Lambda's maximum.
    """
    ours = re.compile(rf":layer:{re.escape(_layer_start(observed.function_name))}-[0-9a-f]{{{_DIGITS}}}:\d+$")
    layers: list[str] = []
    for arn in observed.layers:
        if not ours.search(arn):
            layers.append(arn)
        elif layer_arn not in layers:
            layers.append(layer_arn)
    if layer_arn not in layers:
        layers.append(layer_arn)
    if len(layers) > LAYERS_LIMIT:
        raise WorkbenchError(
            WHAT,
            _("{function_name} has {count} layers already, and Lambda takes {layers_limit}.").format(
                function_name=observed.function_name, count=len(observed.layers), layers_limit=LAYERS_LIMIT
            ),
            _("Remove a layer from the function, or keep the dependencies in the package."),
        )
    return tuple(layers)


def _layer_start(function_name: str) -> str:
    return layer_name(_PREFIX, function_name, "0" * _DIGITS)[: -_DIGITS - 1]


def _publish(
    connection: Connection, observed: FunctionDetail, package: Package, target: Target, ctx: JobContext
) -> tuple[str, bool]:
    """The ARN, and whether the layer is new."""
    digest = base64.b64decode(package.code_sha256).hex()
    name = f"{_layer_start(observed.function_name)}-{digest[:_DIGITS]}"
    if found := find_layer(connection, name, package.code_sha256, ctx):
        return found, False
    content = _content(connection, observed, package, ctx)
    ctx.progress(0, 0, _("Publishing the layer {name}").format(name=name))
    layer = NewLayer(
        name,
        f"Dependencies of {observed.function_name}",
        content,
        package.code_sha256,
        target.runtime,
        target.architecture,
    )
    return publish_layer(connection, layer), True


def _content(
    connection: Connection, observed: FunctionDetail, package: Package, ctx: JobContext
) -> dict[str, Any]:
    """The zip itself, or its location in S3 after an upload."""
    if package.size_bytes <= ZIP_LIMIT_BYTES:
        ctx.progress(0, 0, _("Sending {size} MB").format(size=megabytes(package.size_bytes)))
        return {"ZipFile": package.path.read_bytes()}
    options = DeployOptions(upload=Upload.S3)
    staging = observe_staging(
        connection, observed.function_name, package, None, "", options, too_large=True, ctx=ctx
    )
    assert staging is not None
    running = running_upload(connection, observed.function_name, package, staging, ctx)
    if not staging.exists:
        create_bucket(running)
    upload(running, staging, package)
    return {"S3Bucket": staging.bucket, "S3Key": staging.key}
