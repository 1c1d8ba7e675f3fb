"""What makes a function again: CreateFunction's request, from what GetFunction says. Pure."""

from collections.abc import Mapping
from typing import Any

_SAME = (
    "FunctionName",
    "Runtime",
    "Role",
    "Handler",
    "Description",
    "Timeout",
    "MemorySize",
    "PackageType",
    "DeadLetterConfig",
    "KMSKeyArn",
    "FileSystemConfigs",
    "Architectures",
    "EphemeralStorage",
    "LoggingConfig",
    "TenancyConfig",
    "CapacityProviderConfig",
    "DurableConfig",
    "AcceleratorConfig",
    "RuntimeConfig",
)
"""What AWS gives as it takes it."""


def restore_request(answer: Mapping[str, Any], code_signing_arn: str = "") -> dict[str, Any]:
    """The request without the code.

    Args:
        answer: Of GetFunction.
        code_signing_arn: Of GetFunctionCodeSigningConfig; empty for none.
    """
    configuration = answer["Configuration"]
    request = {
        name: configuration[name] for name in _SAME if configuration.get(name) not in (None, "", {}, [])
    }
    vpc = configuration.get("VpcConfig") or {}
    if vpc.get("SubnetIds"):
        names = ("SubnetIds", "SecurityGroupIds", "Ipv6AllowedForDualStack")
        request["VpcConfig"] = {name: vpc[name] for name in names if name in vpc}
    if variables := (configuration.get("Environment") or {}).get("Variables"):
        request["Environment"] = {"Variables": dict(variables)}
    if mode := (configuration.get("TracingConfig") or {}).get("Mode"):
        request["TracingConfig"] = {"Mode": mode}
    if layers := configuration.get("Layers"):
        request["Layers"] = [layer["Arn"] for layer in layers]
    apply_on = (configuration.get("SnapStart") or {}).get("ApplyOn")
    if apply_on not in (None, "None"):
        request["SnapStart"] = {"ApplyOn": apply_on}
    if image := (configuration.get("ImageConfigResponse") or {}).get("ImageConfig"):
        request["ImageConfig"] = image
    if code_signing_arn:
        request["CodeSigningConfigArn"] = code_signing_arn
    # Tags of AWS's own ("aws:cloudformation:stack-name") cannot be set.
    tags = {name: value for name, value in (answer.get("Tags") or {}).items() if not name.startswith("aws:")}
    if tags:
        request["Tags"] = tags
    return request
