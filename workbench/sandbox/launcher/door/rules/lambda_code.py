"""Deployment packages and layers of Lambda functions: their sizes, where they come from, what they hold."""

import io
import json
import re
import zipfile
from collections.abc import Mapping
from typing import Any

from workbench.sandbox.launcher.door import stores
from workbench.sandbox.launcher.door.call import Call, Refused, Rule
from workbench.sandbox.launcher.door.rules.lambda_names import (
    GONE,
    invalid,
    missing,
    target_of,
    tested,
)

_S3_ERRORS = "TestLambdaFunction::test_lambda_code_location_s3_errors#"
_SIZES = "TestLambdaSizeLimits::test_oversized_"
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


def _code(call: Call) -> Mapping[str, Any]:
    """ZipFile, S3Bucket and so on, wherever the operation has them."""
    where = {"CreateFunction": "Code", "PublishLayerVersion": "Content"}.get(call.operation)
    code: Mapping[str, Any] = (call.parameters.get(where) or {}) if where else call.parameters
    return code


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


def _check_zipped_size(call: Call) -> None:
    if len(_code(call).get("ZipFile") or b"") > _MAX_ZIPPED:
        raise _too_large(f"Zipped size must be smaller than {_MAX_ZIPPED} bytes")


def _too_large(message: str) -> Refused:
    return Refused("RequestEntityTooLargeException", message, 413)


def _check_package_type(call: Call) -> None:
    config = (target_of(call).function or {}).get("config", {})
    has_image = bool(call.parameters.get("ImageUri"))
    if config.get("PackageType") == "Image" and not has_image:
        raise invalid("Please provide ImageUri when updating a function with packageType Image.")
    if config.get("PackageType") == "Zip" and has_image:
        raise invalid("Please don't provide ImageUri when updating a function with packageType Zip.")


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
        layers = (target_of(call).function or {}).get("config", {}).get("Layers") or ()
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
    """How large the content of an archive is, in bytes; None when it is no archive."""
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


def _check_new_layers(call: Call) -> None:
    layers = call.parameters.get("Layers") or ()
    if layers:
        archive = (target_of(call).function or {}).get("code_zip") or b""
        _check_sum(_unzipped_size(archive) or 0, layers)


def _check_layer_version(call: Call) -> None:
    if int(call.parameters["VersionNumber"]) < 1:
        raise invalid("Layer Version Cannot be less than 1")
    if call.operation == "DeleteLayerVersion":
        return
    name = str(call.parameters["LayerName"])
    arn = name if name.startswith("arn:") else f"arn:aws:lambda:{call.region}:{call.account_id}:layer:{name}"
    if _layer(f"{arn}:{call.parameters['VersionNumber']}") is None:
        raise missing(GONE)


def _check_layer_arn(call: Call) -> None:
    if _layer(str(call.parameters["Arn"])) is None:
        raise missing(GONE)


RULES = (
    Rule(
        ("CreateFunction", "UpdateFunctionCode"),
        _check_request_size,
        tested(_SIZES + "request_create_lambda#invalid_param_exc"),
    ),
    Rule(
        _PACKAGES,
        _check_zipped_size,
        tested(_SIZES + "zipped_create_lambda#invalid_param_exc"),
    ),
    Rule(
        ("UpdateFunctionCode",),
        _check_package_type,
        ("https://docs.aws.amazon.com/lambda/latest/api/API_UpdateFunctionCode.html",),
    ),
    Rule(
        ("CreateFunction", "UpdateFunctionConfiguration"),
        _check_layers,
        (_LAYERS_GUIDE,),
    ),
    Rule(
        _PACKAGES,
        _check_object,
        tested(
            *(
                f"{_S3_ERRORS}{operation}-error-wrong-{what}"
                for operation in ("create", "update")
                for what in ("bucket", "key")
            )
        ),
    ),
    Rule(
        _PACKAGES,
        _check_archive,
        tested(
            "TestLambdaFunction::test_create_lambda_exceptions#invalid_zip_exc",
            _SIZES + "unzipped_lambda#invalid_param_exc",
        ),
    ),
    Rule(
        ("UpdateFunctionConfiguration",),
        _check_new_layers,
        (_LIMITS,),
    ),
    Rule(
        ("GetLayerVersion", "DeleteLayerVersion"),
        _check_layer_version,
        (_LAYERS_GUIDE,),
    ),
    Rule(
        ("GetLayerVersionByArn",),
        _check_layer_arn,
        (_LAYERS_GUIDE,),
    ),
)
