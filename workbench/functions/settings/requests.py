"""Which API call carries which setting, and the fewest calls that bring about some changes. Pure.

Owns: the requests' shapes. Must not know: connections.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from workbench.functions.settings.model import SCALED, Change, Settings, with_changes

CONFIGURE = "update_function_configuration"
RECODE = "update_function_code"
"""For another architecture its call is planned without the code, which comes with the sending."""

MEMBERS: Mapping[str, tuple[str, ...]] = {
    "Description": ("description",),
    "Runtime": ("runtime",),
    "Handler": ("handler",),
    "MemorySize": ("memory_mb",),
    "Timeout": ("timeout_s",),
    "EphemeralStorage": ("ephemeral_storage_mb",),
    "SnapStart": ("snap_start",),
    "Role": ("role_arn",),
    "Environment": ("environment",),
    "KMSKeyArn": ("kms_key_arn",),
    "Layers": ("layers",),
    "VpcConfig": ("subnet_ids", "security_group_ids", "ipv6_dual_stack"),
    "FileSystemConfigs": ("file_systems",),
    "DeadLetterConfig": ("dead_letter_arn",),
    "TracingConfig": ("tracing",),
    "LoggingConfig": ("log_group", "log_format", "application_log_level", "system_log_level"),
    "ImageConfig": ("entry_point", "command", "working_directory"),
    "CapacityProviderConfig": ("capacity_provider_arn", "environment_concurrency", "memory_gib_per_vcpu"),
    "DurableConfig": ("durable_retention_days", "durable_timeout_s", "durable_kms_key_arn"),
}
"""Member of UpdateFunctionConfiguration's request -> the settings in it. A member is sent whole."""


@dataclass(frozen=True, slots=True)
class Call:
    """One request.

    Attributes:
        service: botocore's name of it.
        operation_method: The client's method.
        request: Its parameters; RevisionId comes with the sending. Never printed.
        changes: What it brings about.
    """

    service: str
    operation_method: str
    request: Mapping[str, Any] = field(repr=False)
    changes: tuple[Change, ...]

    @property
    def operation(self) -> str:
        """AWS's name of it, such as "PutFunctionConcurrency"."""
        return "".join(part.capitalize() for part in self.operation_method.split("_"))


def plan_calls(
    function_name: str, function_arn: str, now: Settings, wanted: Collection[Change]
) -> tuple[Call, ...]:
    """The fewest calls, in the order in which they are made: first what AWS checks hardest.

    Args:
        function_name: Bare.
        function_arn: Without a version.
        now: The settings as they are: a request sends all of a member, also what stays.
        wanted: What shall be different.
    """
    target = with_changes(now, wanted)
    calls = [_configuration(function_name, target, wanted)]
    for names, plan in _OTHERS:
        mine = tuple(each for each in wanted if each.name in names)
        if mine:
            calls += plan(function_name, function_arn, target, mine)
    return tuple(call for call in calls if call is not None)


def configuration_request(target: Settings, wanted: Collection[Change]) -> dict[str, Any]:
    """What UpdateFunctionConfiguration is sent for some changes; nothing when it carries none of them."""
    names = {each.name for each in wanted}
    return {
        member: _VALUES[member](target)
        for member, attributes in MEMBERS.items()
        if not names.isdisjoint(attributes)
    }


def _configuration(function_name: str, target: Settings, wanted: Collection[Change]) -> Call | None:
    request = configuration_request(target, wanted)
    carried = {name for attributes in MEMBERS.values() for name in attributes}
    mine = tuple(each for each in wanted if each.name in carried)
    return Call("lambda", CONFIGURE, {"FunctionName": function_name, **request}, mine) if request else None


def _vpc(target: Settings) -> dict[str, Any]:
    subnets, groups = list(target.subnet_ids), list(target.security_group_ids)
    vpc: dict[str, Any] = {"SubnetIds": subnets, "SecurityGroupIds": groups}
    if subnets:  # without a VPC AWS refuses it
        vpc["Ipv6AllowedForDualStack"] = target.ipv6_dual_stack
    return vpc


def _logging(target: Settings) -> dict[str, Any]:
    logging = {"LogFormat": target.log_format, "LogGroup": target.log_group}
    if target.log_format == "JSON":  # levels apply to it only, and AWS refuses them with Text
        logging["ApplicationLogLevel"] = target.application_log_level
        logging["SystemLogLevel"] = target.system_log_level
    return _filled(logging)


def _capacity(target: Settings) -> dict[str, Any]:
    managed = {
        "CapacityProviderArn": target.capacity_provider_arn,
        "PerExecutionEnvironmentMaxConcurrency": target.environment_concurrency,
        "ExecutionEnvironmentMemoryGiBPerVCpu": target.memory_gib_per_vcpu,
    }
    return {"LambdaManagedInstancesCapacityProviderConfig": _filled(managed)}


def _file_systems(target: Settings) -> list[dict[str, Any]]:
    return [
        {
            "Arn": each.arn,
            "LocalMountPath": each.mount_path,
            **({"S3FilesConfig": {"DirectS3Read": each.direct_s3_read}} if each.direct_s3_read else {}),
        }
        for each in target.file_systems
    ]


_VALUES: Mapping[str, Callable[[Settings], Any]] = {
    "Description": lambda target: target.description,
    "Runtime": lambda target: target.runtime,
    "Handler": lambda target: target.handler,
    "MemorySize": lambda target: target.memory_mb,
    "Timeout": lambda target: target.timeout_s,
    "EphemeralStorage": lambda target: {"Size": target.ephemeral_storage_mb},
    "SnapStart": lambda target: {"ApplyOn": target.snap_start},
    "Role": lambda target: target.role_arn,
    "Environment": lambda target: {"Variables": dict(target.environment)},
    "KMSKeyArn": lambda target: target.kms_key_arn,
    "Layers": lambda target: list(target.layers),
    "VpcConfig": _vpc,
    "FileSystemConfigs": _file_systems,
    "DeadLetterConfig": lambda target: {"TargetArn": target.dead_letter_arn},
    "TracingConfig": lambda target: {"Mode": target.tracing},
    "LoggingConfig": _logging,
    "ImageConfig": lambda target: _filled(
        {
            "EntryPoint": list(target.entry_point),
            "Command": list(target.command),
            "WorkingDirectory": target.working_directory,
        }
    ),
    "CapacityProviderConfig": _capacity,
    "DurableConfig": lambda target: _filled(
        {
            "RetentionPeriodInDays": target.durable_retention_days,
            "ExecutionTimeout": target.durable_timeout_s,
            "KMSKeyArn": target.durable_kms_key_arn,
        }
    ),
}


def _filled(value: dict[str, Any]) -> dict[str, Any]:
    return {key: each for key, each in value.items() if each not in (None, "", [])}


# What other calls carry -----------------------------------------------------------------------------------


def _reserved(name: str, _arn: str, target: Settings, mine: tuple[Change, ...]) -> list[Call]:
    if target.reserved_concurrency is None:
        return [Call("lambda", "delete_function_concurrency", {"FunctionName": name}, mine)]
    request = {"FunctionName": name, "ReservedConcurrentExecutions": target.reserved_concurrency}
    return [Call("lambda", "put_function_concurrency", request, mine)]


def _provisioned(name: str, _arn: str, _target: Settings, mine: tuple[Change, ...]) -> list[Call]:
    calls = []
    for each in mine:
        request: dict[str, Any] = {"FunctionName": name, "Qualifier": each.key}
        if each.new is None:
            calls.append(Call("lambda", "delete_provisioned_concurrency_config", request, (each,)))
        else:
            request |= {"ProvisionedConcurrentExecutions": each.new}
            calls.append(Call("lambda", "put_provisioned_concurrency_config", request, (each,)))
    return calls


def _scaling(name: str, _arn: str, target: Settings, mine: tuple[Change, ...]) -> list[Call]:
    scaling = {
        "MinExecutionEnvironments": target.min_environments,
        "MaxExecutionEnvironments": target.max_environments,
    }
    request = {"FunctionName": name, "Qualifier": SCALED, "FunctionScalingConfig": _filled(scaling)}
    return [Call("lambda", "put_function_scaling_config", request, mine)]


def _recursion(name: str, _arn: str, target: Settings, mine: tuple[Change, ...]) -> list[Call]:
    request = {"FunctionName": name, "RecursiveLoop": target.recursion}
    return [Call("lambda", "put_function_recursion_config", request, mine)]


def _runtime_updates(name: str, _arn: str, target: Settings, mine: tuple[Change, ...]) -> list[Call]:
    request = {"FunctionName": name, "UpdateRuntimeOn": target.runtime_update_mode}
    if target.runtime_update_mode == "Manual":
        request["RuntimeVersionArn"] = target.runtime_version_arn
    return [Call("lambda", "put_runtime_management_config", request, mine)]


def _code_signing(name: str, _arn: str, target: Settings, mine: tuple[Change, ...]) -> list[Call]:
    if not target.code_signing_config_arn:
        return [Call("lambda", "delete_function_code_signing_config", {"FunctionName": name}, mine)]
    request = {"FunctionName": name, "CodeSigningConfigArn": target.code_signing_config_arn}
    return [Call("lambda", "put_function_code_signing_config", request, mine)]


def _retention(_name: str, _arn: str, target: Settings, mine: tuple[Change, ...]) -> list[Call]:
    request: dict[str, Any] = {"logGroupName": target.log_group}
    if target.log_retention_days is None:
        return [Call("logs", "delete_retention_policy", request, mine)]
    request["retentionInDays"] = target.log_retention_days
    return [Call("logs", "put_retention_policy", request, mine)]


def _tags(_name: str, arn: str, _target: Settings, mine: tuple[Change, ...]) -> list[Call]:
    kept = tuple(each for each in mine if each.new is not None)
    gone = tuple(each for each in mine if each.new is None)
    calls = []
    if gone:
        keys = [each.key for each in gone]
        calls.append(Call("lambda", "untag_resource", {"Resource": arn, "TagKeys": keys}, gone))
    if kept:
        tags = {each.key: each.new for each in kept}
        calls.append(Call("lambda", "tag_resource", {"Resource": arn, "Tags": tags}, kept))
    return calls


def _architecture(name: str, _arn: str, target: Settings, mine: tuple[Change, ...]) -> list[Call]:
    request = {"FunctionName": name, "Architectures": [target.architecture]}
    return [Call("lambda", RECODE, request, mine)]


def _image(name: str, _arn: str, target: Settings, mine: tuple[Change, ...]) -> list[Call]:
    # The model's default is x86_64: a function for arm64 says so again.
    request = {"FunctionName": name, "ImageUri": target.image_uri, "Architectures": [target.architecture]}
    return [Call("lambda", RECODE, request, mine)]


_OTHERS: tuple[
    tuple[tuple[str, ...], Callable[[str, str, Settings, tuple[Change, ...]], list[Call]]], ...
] = (
    (("architecture",), _architecture),
    (("image_uri",), _image),
    (("reserved_concurrency",), _reserved),
    (("provisioned",), _provisioned),
    (("min_environments", "max_environments"), _scaling),
    (("recursion",), _recursion),
    (("runtime_update_mode", "runtime_version_arn"), _runtime_updates),
    (("code_signing_config_arn",), _code_signing),
    (("log_retention_days",), _retention),
    (("tags",), _tags),
)
"""Which settings -> their calls. The code comes first: it waits for an update. Retention comes after
the log group, which the configuration names."""
