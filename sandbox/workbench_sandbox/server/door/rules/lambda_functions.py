"""Lambda functions: how requests name them, their settings, deployment packages and layers."""

import functools
import io
import json
import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from workbench_sandbox.rules.runtimes import RESERVED_VARIABLES
from workbench_sandbox.server.door import stores
from workbench_sandbox.server.door.policies import (
    Principal,
    grants,
    lacks_for_network,
    lacks_for_target,
    may_assume,
)
from workbench_sandbox.server.door.rules import Call, Check, Refused, Rules
from workbench_sandbox.server.door.stores import Record

LATEST = "$LATEST"
GONE = "The resource you requested does not exist."
# A few of AWS's refusals have no Type; all others have "User".
TYPELESS = {"Type": None}
# NamespacedFunctionName of the service model, with names for its parts.
_REFERENCE = re.compile(
    r"(arn:(aws[a-zA-Z-]*)?:lambda:)?"
    r"((?P<region>(eusc-)?[a-z]{2}((-gov)|(-iso([a-z]?)))?-[a-z]+-\d):)?"
    r"((?P<account>\d{12}):)?(function:)?(?P<name>[a-zA-Z0-9-_.]+)"
    r"(:(?P<qualifier>\$LATEST(\.PUBLISHED)?|[a-zA-Z0-9-_]+))?"
)
_ALIAS = re.compile(r"(?![0-9]+$)[a-zA-Z0-9-_]+")
NOT_FOUND = "Function not found: {arn}"
NOT_FOUND_QUALIFIED = "Function not found: {qualified}"
NOT_FOUND_LATEST = "Function not found: {latest}"
NO_ALIAS = "Cannot find alias arn: {qualified}"
_LIMITS = "https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html"
_LAYERS_GUIDE = "https://docs.aws.amazon.com/lambda/latest/dg/chapter-layers.html"
_MAX_REQUEST = 70_167_211
_MAX_ZIPPED = 52_428_800
_MAX_UNZIPPED = 262_144_000
_MAX_LAYERS = 5
_LAYER_VERSION = re.compile(
    r"(?P<layer>arn:[a-zA-Z0-9-]+:lambda:(?P<region>[a-zA-Z0-9-]+):(?P<account>\d{12}):layer:(?P<name>[^:]+))"
    r":(?P<version>\d+)"
)
_PACKAGES = ("CreateFunction", "UpdateFunctionCode", "PublishLayerVersion")
_MAX_NAME = 64
_MAX_ENVIRONMENT = 4096
# In AWS's order, as of November 2025.
_SUPPORTED = (
    "nodejs20.x, python3.14, provided.al2023, python3.12, python3.13, nodejs24.x, nodejs22.x, java25, "
    "python3.10, python3.11, java21, ruby3.3, ruby3.4, ruby3.2, python3.8, python3.9, java17, nodejs16.x, "
    "dotnet10, dotnet8, java11, dotnet6, nodejs18.x, provided.al2, java8.al2"
)
# Added after those answers were recorded. Source: the service model of botocore 1.44.8.
_NEWER = frozenset(
    ["java8.al2023", "java11.al2023", "java17.al2023", "nodejs26.x", "python3.15", "ruby4.0", "custom"]
)
_GONE = frozenset(
    [
        *("dotnet5.0", "dotnet7", "dotnetcore1.0", "dotnetcore2.0", "dotnetcore2.1", "dotnetcore3.1"),
        *("go1.x", "java8", "nodejs", "nodejs4.3", "nodejs4.3-edge", "nodejs6.10", "nodejs8.10"),
        *("nodejs10.x", "nodejs12.x", "nodejs14.x", "provided", "python2.7", "python3.6", "python3.7"),
        *("ruby2.5", "ruby2.7"),
    ]
)
_SNAPSTART_RUNTIMES = ("java11", "java17", "java21", "java25", "python3.12", "python3.13", "python3.14")
_CHANGES = ("CreateFunction", "UpdateFunctionConfiguration")
_too_large = functools.partial(Refused, "RequestEntityTooLargeException", status=413)

rules = Rules("lambda")

invalid = functools.partial(Refused, "InvalidParameterValueException")
missing = functools.partial(Refused, "ResourceNotFoundException", status=404)
conflict = functools.partial(Refused, "ResourceConflictException", status=409)
denied = functools.partial(Refused, "AccessDeniedException", status=403)


def check_revision(call: Call, current: object, read_by: str = "GetFunction/GetAlias") -> None:
    """Refuses a change if its RevisionId is not the current one, which the API `read_by` returns."""
    if call.parameters.get("RevisionId") not in (None, current):
        raise Refused(
            "PreconditionFailedException",
            "The Revision Id provided does not match the latest Revision Id. "
            f"Call the {read_by} API to retrieve the latest Revision Id",
            412,
        )


@dataclass(frozen=True, slots=True)
class FunctionTarget:
    """The function that a request names: its bare name, its unqualified ARN, and MiniStack's record.

    `qualifier` is the version or alias in the name or in Qualifier. `function` is None if there is none.
    """

    name: str
    qualifier: str
    arn: str
    function: Record | None

    @property
    def record(self) -> Record:
        """MiniStack's record; empty if the function does not exist."""
        return self.function or {}

    @property
    def config(self) -> Record:
        """The configuration of $LATEST; empty if the function does not exist."""
        found: Record = self.record.get("config", {})
        return found

    @property
    def qualified(self) -> str:
        """The ARN with the qualifier, if there is one."""
        return f"{self.arn}:{self.qualifier}" if self.qualifier else self.arn

    @property
    def latest(self) -> str:
        """The ARN with the qualifier, or with $LATEST."""
        return f"{self.arn}:{self.qualifier or LATEST}"

    @property
    def named(self) -> Record:
        """The record of the qualified version, or the function's."""
        found, version = self.record, self.qualifier
        if version in found.get("aliases", {}):
            version = found["aliases"][version].get("FunctionVersion", LATEST)
        named: Record = found.get("versions", {}).get(version, found)
        return named

    def has(self, qualifier: str) -> bool:
        """Whether a version or alias exists. "" and $LATEST exist if the function does."""
        if self.function is None:
            return False
        return (
            qualifier in ("", LATEST, f"{LATEST}.PUBLISHED")
            or qualifier in self.function.get("versions", {})
            or qualifier in self.function.get("aliases", {})
        )


def target_of(call: Call) -> FunctionTarget:
    """Returns the target of FunctionName and Qualifier.

    Raises:
        Refused: The function is in another region, or in an account that grants nothing to this one, or
            FunctionName and Qualifier contradict each other.
    """
    given = call.text("FunctionName")
    match = _REFERENCE.fullmatch(given)
    if match is None:
        return FunctionTarget(given, "", f"{_prefix(call.region, call.account_id)}{given}", None)
    region, account_id = match["region"] or call.region, match["account"] or call.account_id
    if region != call.region:
        raise missing(f"Functions from '{region}' are not reachable in this region ('{call.region}')")
    in_name, asked = match["qualifier"] or "", call.text("Qualifier")
    if in_name and asked and in_name != asked:
        raise invalid("The derived qualifier from the function name does not match the specified qualifier.")
    arn = f"{_prefix(region, account_id)}{match['name']}"
    function = stores.function(match["name"], account_id, region)
    action = "InvokeFunction" if call.operation.startswith("Invoke") else call.operation
    policy = (function or {}).get("policy")
    if account_id != call.account_id and not grants(policy, call.account_id, f"lambda:{action}"):
        if call.operation == "CreateFunction":
            raise denied("")
        raise denied(
            f"User: {call.caller_arn} is not authorized to perform: lambda:{action} on resource: {arn} "
            f"because no resource-based policy allows the lambda:{action} action"
        )
    return FunctionTarget(match["name"], asked or in_name, arn, function)


def is_alias(qualifier: str) -> bool:
    """Whether a qualifier has the form of an alias's name."""
    return _ALIAS.fullmatch(qualifier) is not None


def must_exist(function: str, qualifier: str = "", alias: str = "") -> Check:
    """Refuses if the named function, version or alias does not exist.

    Args:
        function: The text for a missing function. {arn} is the unqualified ARN; {qualified} includes the
            qualifier if there is one; {latest} includes it or $LATEST. If empty, the text for its qualifier
            is used.
        qualifier: The text for a missing version; by default that for a function.
        alias: The text for a missing alias; by default that for a version.
    """

    def check(call: Call) -> None:
        target = target_of(call)
        if target.has(target.qualifier):
            return
        text = alias if alias and is_alias(target.qualifier) else qualifier or function
        if target.function is None and function:
            text = function
        raise missing(
            text.format(arn=target.arn, qualified=target.qualified, latest=target.latest, name=target.name)
        )

    return check


def unqualified_only(call: Call) -> None:
    """Refuses a version or alias where only a function is allowed."""
    if target_of(call).qualifier:
        raise invalid(
            "This operation is permitted on Lambda functions only. Aliases and versions do not support this "
            "operation. Please specify either a function name or an unqualified function ARN."
        )


def _prefix(region: str, account_id: str) -> str:
    return f"arn:aws:lambda:{region}:{account_id}:function:"


rules.add(("GetFunction", "GetFunctionConfiguration"), "test_ops_on_nonexisting_fn")(
    must_exist(NOT_FOUND_QUALIFIED)
)
rules.add(
    (
        "GetFunctionConcurrency", "DeleteFunctionConcurrency", "GetFunctionCodeSigningConfig",
        "DeleteFunctionCodeSigningConfig", "GetFunctionRecursionConfig", "PutFunctionRecursionConfig",
        "GetRuntimeManagementConfig", "PutRuntimeManagementConfig", "ListVersionsByFunction", "ListAliases",
        "DeleteAlias", "ListProvisionedConcurrencyConfigs",
    ), "test_ops_on_nonexisting_fn",
)(must_exist(NOT_FOUND))  # fmt: skip


def _code(call: Call) -> Mapping[str, Any]:
    """ZipFile, S3Bucket and so on, wherever the operation has them."""
    where = {"CreateFunction": "Code", "PublishLayerVersion": "Content"}.get(call.operation)
    code: Mapping[str, Any] = (call.parameters.get(where) or {}) if where else call.parameters
    return code


@rules.add(("CreateFunction", "UpdateFunctionCode"), "test_oversized_request_create_lambda")
def _check_request_size(call: Call) -> None:
    archive = _code(call).get("ZipFile") or b""
    if len(archive) * 4 // 3 < _MAX_REQUEST // 2:
        return
    others = {key: value for key, value in call.parameters.items() if key not in ("Code", "ZipFile")}
    size = (len(archive) + 2) // 3 * 4 + len(json.dumps(others, default=str)) + len('"ZipFile": "", {}, ""')
    if size > _MAX_REQUEST:
        raise _too_large(
            f"Request must be smaller than {_MAX_REQUEST} bytes for the {call.operation} operation"
        )


@rules.add(_PACKAGES, "test_oversized_zipped_create_lambda")
def _check_zipped_size(call: Call) -> None:
    if len(_code(call).get("ZipFile") or b"") > _MAX_ZIPPED:
        raise _too_large(f"Zipped size must be smaller than {_MAX_ZIPPED} bytes")


@rules.add("UpdateFunctionCode", "https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionCode.html")
def _check_package_type(call: Call) -> None:
    config = target_of(call).config
    has_image = bool(call.parameters.get("ImageUri"))
    if config.get("PackageType") == "Image" and not has_image:
        raise invalid("Please provide ImageUri when updating a function with packageType Image.")
    if config.get("PackageType") == "Zip" and has_image:
        raise invalid("Please don't provide ImageUri when updating a function with packageType Zip.")


@rules.add(("CreateFunction", "UpdateFunctionConfiguration"), _LAYERS_GUIDE)
def _check_layers(call: Call) -> None:
    arns = [str(each) for each in call.parameters.get("Layers") or ()]
    if len(arns) > _MAX_LAYERS:
        raise invalid(f"Cannot reference more than {_MAX_LAYERS} layers.")
    seen: dict[str, str] = {}
    for arn in arns:
        match = _LAYER_VERSION.fullmatch(arn)
        if match is None:
            continue
        if match["account"] == call.account_id:
            if match["region"] != call.region:
                raise invalid(
                    "Layers are not in the same region as the function. "
                    f"Layers are expected to be in region {call.region}."
                )
            if _layer(arn) is None:
                raise invalid(f"Layer version {arn} does not exist.")
        if match["layer"] in seen:
            raise invalid(
                "Two different versions of the same layer are not allowed to be referenced in the same "
                f"function. {seen[match['layer']]} and {arn} are versions of the same layer."
            )
        seen[match["layer"]] = arn


@rules.add(_PACKAGES, "test_lambda_code_location_s3_errors")
def _check_object(call: Call) -> None:
    code = _code(call)
    name, key = code.get("S3Bucket"), code.get("S3Key")
    if not name or not key:
        return
    bucket = stores.bucket(name)
    text = "Error occurred while GetObject. S3 Error Code: {}. S3 Error Message: {}"
    if bucket is None:
        raise invalid(text.format("NoSuchBucket", "The specified bucket does not exist"))
    if key not in bucket["objects"] and not code.get("S3ObjectVersion"):
        raise invalid(text.format("NoSuchKey", "The specified key does not exist."))


@rules.add(_PACKAGES, "test_create_lambda_exceptions")
def _check_archive(call: Call) -> None:
    archive = _archive(call)
    if archive is None:
        return
    own = _unzipped_size(archive)
    if own is None:
        raise invalid("Could not unzip uploaded file. Please check your file, then try to upload again.")
    if own > _MAX_UNZIPPED:
        raise invalid(f"Unzipped size must be smaller than {_MAX_UNZIPPED} bytes")
    if call.operation == "CreateFunction":
        _check_sum(own, call.parameters.get("Layers") or ())
    elif call.operation == "UpdateFunctionCode":
        layers = target_of(call).config.get("Layers") or ()
        _check_sum(own, [each["Arn"] for each in layers])


def _check_sum(own: int, layers: Any) -> None:
    """Refuses code that is too large together with its layers."""
    of_layers = sum(_layer_size(arn) for arn in layers)
    if of_layers > _MAX_UNZIPPED:
        raise invalid(f"Layers consume more than the available size of {_MAX_UNZIPPED} bytes")
    if own + of_layers > _MAX_UNZIPPED:
        raise invalid(
            f"Function code combined with layers exceeds the maximum allowed size of {_MAX_UNZIPPED} bytes. "
            f"The actual size is {own + of_layers} bytes."
        )


def _archive(call: Call) -> bytes | None:
    code = _code(call)
    if code.get("ZipFile") is not None:
        return bytes(code["ZipFile"])
    if code.get("S3Bucket") and code.get("S3Key"):
        return stores.s3_object(code["S3Bucket"], code["S3Key"], code.get("S3ObjectVersion") or "")
    return None


def _unzipped_size(archive: bytes) -> int | None:
    """The uncompressed size of an archive in bytes; None if it is not an archive."""
    try:
        with zipfile.ZipFile(io.BytesIO(archive)) as opened:
            return sum(entry.file_size for entry in opened.infolist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        return None


def _layer_size(arn: str) -> int:
    found = _layer(arn)
    return _unzipped_size((found or {}).get("_zip_data") or b"") or 0


def _layer(arn: str) -> stores.Record | None:
    match = _LAYER_VERSION.fullmatch(arn)
    if match is None:
        return None
    return stores.layer_version(match["name"], int(match["version"]), match["account"], match["region"])


@rules.add("UpdateFunctionConfiguration", _LIMITS)
def _check_new_layers(call: Call) -> None:
    layers = call.parameters.get("Layers") or ()
    if layers:
        archive = target_of(call).record.get("code_zip") or b""
        _check_sum(_unzipped_size(archive) or 0, layers)


@rules.add(("GetLayerVersion", "DeleteLayerVersion"), _LAYERS_GUIDE)
def _check_layer_version(call: Call) -> None:
    if int(call.parameters["VersionNumber"]) < 1:
        raise invalid("Layer Version Cannot be less than 1")
    if call.operation == "DeleteLayerVersion":
        return
    name = str(call.parameters["LayerName"])
    arn = name if name.startswith("arn:") else f"arn:aws:lambda:{call.region}:{call.account_id}:layer:{name}"
    if _layer(f"{arn}:{call.parameters['VersionNumber']}") is None:
        raise missing(GONE)


rules.need("GetLayerVersionByArn", _LAYERS_GUIDE, _layer, "Arn", missing, GONE)


@rules.add("CreateFunction", "test_function_arns")
def _check_name_length(call: Call) -> None:
    name = str(call.parameters["FunctionName"])
    if ":" not in name and len(name) > _MAX_NAME:
        raise invalid(
            f"1 validation error detected: Value '{name}' at 'functionName' failed to satisfy constraint: "
            f"Member must have length less than or equal to {_MAX_NAME}"
        )


@rules.add("DeleteFunction", "test_ops_with_arn_qualifier_mismatch")
def _check_not_latest(call: Call) -> None:
    if target_of(call).qualifier == LATEST:
        raise invalid("$LATEST version cannot be deleted without deleting the function.")


@rules.add(
    ("UpdateFunctionConfiguration", "UpdateFunctionCode", "PublishVersion"), "test_ops_on_nonexisting_fn"
)
@rules.add("DeleteFunction", "test_delete_on_nonexisting_version")
def _check_function(call: Call) -> None:
    target = target_of(call)
    if target.function is None:
        raise missing(NOT_FOUND.format(arn=target.arn))


@rules.add(_CHANGES, "test_create_lambda_exceptions")
def _check_runtime(call: Call) -> None:
    runtime = call.text("Runtime")
    if not runtime or runtime in _NEWER or runtime.startswith("arn:"):
        return
    if runtime in _GONE:
        raise invalid(
            f"The runtime parameter of {runtime} is no longer supported for creating or updating AWS Lambda "
            "functions. We recommend you use a supported runtime while creating or updating functions."
        )
    if runtime not in _SUPPORTED.split(", "):
        raise invalid(
            f"Value {runtime} at 'runtime' failed to satisfy constraint: Member must satisfy enum value set: "
            f"[{_SUPPORTED}] or be a valid ARN"
        )


@rules.add("CreateFunction", "https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html")
def _check_handler(call: Call) -> None:
    given = call.parameters
    is_image = given.get("PackageType") == "Image" or "ImageUri" in (given.get("Code") or {})
    if not is_image and not (given.get("Runtime") and given.get("Handler")):
        raise invalid(
            "Runtime and Handler are mandatory parameters for functions created with deployment packages."
        )


@rules.form("CreateFunction", "https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html")
def _function_by_name(call: Call) -> Mapping[str, Any]:
    """The name of the new function, which may be given as an ARN or a part of one."""
    target = target_of(call)
    is_here = target.arn == f"{_prefix(call.region, call.account_id)}{target.name}"
    return {"FunctionName": target.name} if is_here and not target.qualifier else {}


@rules.add(_CHANGES, "https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html")
def _check_reserved_variables(call: Call) -> None:
    variables = (call.parameters.get("Environment") or {}).get("Variables") or {}
    if used := [name for name in variables if name in RESERVED_VARIABLES]:
        raise invalid(
            "Lambda was unable to configure your environment variables because the environment variables you "
            "have provided contains reserved keys that are currently not supported for modification. "
            f"Reserved keys used in this request: {', '.join(used)}"
        )


@rules.add(_CHANGES, "test_large_environment_variables_fails")
def _check_environment(call: Call) -> None:
    variables = (call.parameters.get("Environment") or {}).get("Variables") or {}
    measured = json.dumps(variables, separators=(",", ":"), ensure_ascii=False)
    if variables and len(measured.encode()) > _MAX_ENVIRONMENT:
        raise invalid(
            "Lambda was unable to configure your environment variables because the environment variables you "
            f"have provided exceeded the 4KB limit. String measured: {measured}"
        )


@rules.add(_CHANGES, "https://docs.aws.amazon.com/lambda/latest/dg/lambda-intro-execution-role.html")
def _check_role(call: Call) -> None:
    arn = call.text("Role")
    parts = arn.split(":")
    if len(parts) < 6:
        return
    if parts[4] != call.account_id:
        raise denied("Cross-account pass role is not allowed.")
    if not may_assume(arn, Principal("lambda.amazonaws.com")):
        raise invalid("The role defined for the function cannot be assumed by Lambda.")


@rules.add(_CHANGES, "test_invalid_vpc_config_subnet")
def _check_network(call: Call) -> None:
    network = call.parameters.get("VpcConfig") or {}
    for subnet_id in network.get("SubnetIds") or ():
        if stores.subnet(subnet_id) is None:
            raise invalid(
                "Error occurred while DescribeSubnets. EC2 Error Code: InvalidSubnetID.NotFound. "
                f"EC2 Error Message: The subnet ID '{subnet_id}' does not exist"
            )
    for group_id in network.get("SecurityGroupIds") or ():
        if stores.security_group(group_id) is None:
            raise invalid(
                "Error occurred while DescribeSecurityGroups. EC2 Error Code: InvalidGroup.NotFound. "
                f"EC2 Error Message: The security group '{group_id}' does not exist"
            )


@rules.add(_CHANGES, "https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html")
def _check_permissions(call: Call) -> None:
    """Checks the role's permissions for a dead-letter queue and a VPC; a role in the same request counts."""
    role_arn = str(call.parameters.get("Role") or _config(call).get("Role") or "")
    target_arn = str((call.parameters.get("DeadLetterConfig") or {}).get("TargetArn") or "")
    has_network = bool((call.parameters.get("VpcConfig") or {}).get("SubnetIds"))
    lacks = lacks_for_target(role_arn, target_arn) or (lacks_for_network(role_arn) if has_network else "")
    if lacks:
        raise invalid(lacks)


@rules.add(_CHANGES, "https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html")
def _check_snapstart(call: Call) -> None:
    config = _config(call)
    wanted = call.parameters.get("SnapStart") or config.get("SnapStart") or {}
    runtime = str(call.parameters.get("Runtime") or config.get("Runtime") or "")
    package = call.parameters.get("PackageType") or config.get("PackageType") or "Zip"
    is_supported = runtime.startswith(("dotnet8", "dotnet10", *_SNAPSTART_RUNTIMES)) or runtime in _NEWER
    if wanted.get("ApplyOn") == "PublishedVersions" and package == "Zip" and not is_supported:
        raise invalid(f"{runtime} is not supported for SnapStart enabled functions.")


def _config(call: Call) -> stores.Record:
    if call.operation == "CreateFunction":
        return {}
    config: stores.Record = target_of(call).config
    return config


@rules.add("CreateFunction", "https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html")
def _check_new(call: Call) -> None:
    target = target_of(call)
    if target.function is not None:
        raise conflict(f"Function already exist: {target.name}")


@rules.add(
    ("UpdateFunctionConfiguration", "UpdateFunctionCode", "PublishVersion"), "test_function_revisions_basic"
)
def _check_revision(call: Call) -> None:
    check_revision(call, _config(call).get("RevisionId"))


@rules.add("PublishVersion", "test_publish_with_wrong_sha256")
def _check_code_hash(call: Call) -> None:
    wanted, current = call.parameters.get("CodeSha256"), _config(call).get("CodeSha256")
    if wanted and wanted != current:
        raise invalid(
            f"CodeSHA256 ({wanted}) is different from current CodeSHA256 in $LATEST ({current}). "
            "Please try again with the CodeSHA256 in $LATEST."
        )
