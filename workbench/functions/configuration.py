"""The settings of a function, one row each.

Reading, comparing, requests, conflicts, limits, the form, restore, copy and the exports are generic over the
rows. `Configuration` has what UpdateFunctionConfiguration changes; `Settings` also has what other calls
change.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import partial
from typing import Annotated, Any

from workbench.aws import names
from workbench.core.messages import _


@dataclass(frozen=True, slots=True)
class FileSystem:
    """A file system that a function mounts.

    Attributes:
        arn: ARN of an EFS access point, or of an S3 Files one.
        mount_path: "/mnt/data".
        direct_s3_read: For S3 Files: "ENABLED", "DISABLED", "AUTO"; otherwise empty.
    """

    arn: str
    mount_path: str
    direct_s3_read: str = ""


Pairs = tuple[tuple[str, str], ...]


UNLIMITED = "*"
"""In place of the name of a shape: the service model does not limit the number."""


def _text(value: Any) -> str:
    return str(value or "")


def _same(value: Any) -> Any:
    return value


def _number(value: Any) -> int | None:
    return None if value is None else int(value)


def _strings(value: Any) -> tuple[str, ...]:
    return tuple(map(str, value or ()))


def _variables(value: Any) -> Pairs:
    return tuple(sorted((value or {}).items()))


def _layers(value: Any) -> tuple[str, ...]:
    return tuple(names.layer_arn(str(layer["Arn"])) for layer in value or ())


def _file_systems(value: Any) -> tuple[FileSystem, ...]:
    return tuple(
        FileSystem(
            str(each["Arn"]),
            _text(each.get("LocalMountPath")),
            _text((each.get("S3FilesConfig") or {}).get("DirectS3Read")),
        )
        for each in value or ()
    )


def _file_system_configs(value: tuple[FileSystem, ...]) -> list[dict[str, Any]]:
    return [
        {
            "Arn": each.arn,
            "LocalMountPath": each.mount_path,
            **({"S3FilesConfig": {"DirectS3Read": each.direct_s3_read}} if each.direct_s3_read else {}),
        }
        for each in value
    ]


def _always(_target: Any) -> bool:
    return True


def _is_json(target: Any) -> bool:
    return bool(target.log_format == "JSON")


def _has_subnets(target: Any) -> bool:
    return bool(target.subnet_ids)


def _is_zip(detail: Any) -> bool:
    return bool(detail.package_type != "Image")


def _is_image(detail: Any) -> bool:
    return not _is_zip(detail)


def _is_managed(detail: Any) -> bool:
    return bool(detail.capacity_provider_arn)


def _is_durable(detail: Any) -> bool:
    return detail.durable_retention_days is not None or detail.durable_timeout_s is not None


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting of a function.

    Attributes:
        section: Section of the form, as in AWS's console.
        path: Path of the member in UpdateFunctionConfiguration's request ("EphemeralStorage.Size"); empty if
            other calls read and change the setting.
        read: Converts a member of GetFunction's configuration (None if AWS leaves it out) into the attribute.
        write: Converts the attribute into the member.
        answer_path: Path of the member in GetFunction's configuration, if it differs.
        is_optional: Whether an empty value is left out of the request instead of being sent to clear the
            setting.
        is_required: Whether a function that has the setting must keep a value.
        is_fixed: Whether only CreateFunction takes it.
        is_lasting: Whether no request removes the member.
        applies: Whether AWS accepts the member, given all settings: it refuses log levels with the format
            Text.
        has: Whether a function, by FunctionDetail, has the setting.
        title: Title in the form and in errors.
        hint: Text below its field.
        unit: Unit of a number.
        text: Shape of the service model that limits a text.
        number: Shape that limits a number, or UNLIMITED.
        values: Shape with the values of an enumeration.
        regional: Name of the setting among those that a copy in another account or region does not get,
            because they refer to resources of one region and account; empty for settings that are copied.
        sam: Path in a function of a SAM template, if it differs from `path`; None if there is none.
        serverless: Path in a function of the Serverless Framework; None if there is none.
        name: Attribute of FunctionDetail, Settings and Wanted.
        default: Value if AWS leaves the member out.
    """

    section: str
    path: str = ""
    read: Callable[[Any], Any] = _text
    write: Callable[[Any], Any] = _same
    answer_path: str = ""
    is_optional: bool = False
    is_required: bool = False
    is_fixed: bool = False
    is_lasting: bool = False
    applies: Callable[[Any], bool] = _always
    has: Callable[[Any], bool] = _always
    title: str = ""
    hint: str = ""
    unit: str = ""
    text: str = ""
    number: str = ""
    values: str = ""
    regional: str = ""
    sam: str | None = ""
    serverless: str | None = None
    name: str = ""
    default: Any = ""

    @property
    def member(self) -> str:
        """The top-level member of the request, which is always sent whole."""
        return self.path.partition(".")[0]

    def value_in(self, configuration: Mapping[str, Any]) -> Any:
        """The attribute's value in a FunctionConfiguration."""
        return self.read(self.answer_in(configuration)) or self.default

    def answer_in(self, configuration: Mapping[str, Any]) -> Any:
        """The member of a FunctionConfiguration; None if AWS leaves it out."""
        path = self.answer_path or self.path
        if "." not in path:  # of thousands of functions at once
            return configuration.get(path)
        value: Any = configuration
        for part in path.split("."):
            value = (value or {}).get(part)
        return value


_IMAGE = "ImageConfigResponse.ImageConfig"
_CAPACITY = "CapacityProviderConfig.LambdaManagedInstancesCapacityProviderConfig"
_logging = partial(Setting, "logging", is_optional=True)
_managed = partial(Setting, "managed", is_optional=True, is_lasting=True, has=_is_managed)
_durable = partial(Setting, "durable", is_optional=True, is_lasting=True, has=_is_durable)


@dataclass(frozen=True, kw_only=True, init=False, repr=False, eq=False)
class Configuration:
    """What UpdateFunctionConfiguration changes and GetFunction answers. A base class, never instantiated."""

    __slots__ = ()

    description: Annotated[
        str,
        Setting(
            "general", "Description", text="Description", serverless="description", title=_("Description")
        ),
    ] = ""
    runtime: Annotated[
        str,
        Setting(
            "general",
            "Runtime",
            is_lasting=True,
            has=_is_zip,
            values="Runtime",
            serverless="runtime",
            title=_("Runtime"),
        ),
    ] = ""
    handler: Annotated[
        str,
        Setting(
            "general",
            "Handler",
            is_required=True,
            is_lasting=True,
            has=_is_zip,
            text="Handler",
            serverless="handler",
            title=_("Handler"),
        ),
    ] = ""
    memory_mb: Annotated[
        int,
        Setting(
            "general",
            "MemorySize",
            read=_number,
            is_lasting=True,
            title=_("Memory"),
            hint=_("1,769 MB equals one vCPU."),
            unit="MB",
            number="MemorySize",
            serverless="memorySize",
        ),
    ] = 128
    timeout_s: Annotated[
        int,
        Setting(
            "general",
            "Timeout",
            read=_number,
            is_lasting=True,
            title=_("Timeout"),
            unit="s",
            number="Timeout",
            serverless="timeout",
        ),
    ] = 3
    ephemeral_storage_mb: Annotated[
        int,
        Setting(
            "general",
            "EphemeralStorage.Size",
            read=_number,
            title=_("Ephemeral storage (/tmp)"),
            unit="MB",
            number="EphemeralStorageSize",
            serverless="ephemeralStorageSize",
        ),
    ] = 512
    snap_start: Annotated[
        str,
        Setting(
            "general",
            "SnapStart.ApplyOn",
            title=_("SnapStart"),
            hint=_("Takes effect when the next version is published."),
            values="SnapStartApplyOn",
            serverless="snapStart",
        ),
    ] = "None"
    tenant_isolation: Annotated[
        str,
        Setting(
            "general",
            "TenancyConfig.TenantIsolationMode",
            is_optional=True,
            is_fixed=True,
            is_lasting=True,
            title=_("Tenant isolation"),
            hint=_("Can only be set when a function is created."),
            values="TenantIsolationMode",
        ),
    ] = ""
    role_arn: Annotated[
        str,
        Setting(
            "permissions",
            "Role",
            is_lasting=True,
            title=_("Execution role"),
            text="RoleArn",
            serverless="role",
        ),
    ] = ""
    environment: Annotated[
        Pairs,
        Setting(
            "environment",
            "Environment.Variables",
            read=_variables,
            write=dict,
            title=_("Environment variables"),
        ),
    ] = field(default=(), repr=False)
    kms_key_arn: Annotated[
        str,
        Setting(
            "environment",
            "KMSKeyArn",
            title=_("KMS key"),
            text="KMSKeyArn",
            regional="its KMS key",
            sam="KmsKeyArn",
            serverless="kmsKeyArn",
        ),
    ] = ""
    layers: Annotated[
        tuple[str, ...],
        Setting(
            "layers",
            "Layers",
            read=_layers,
            write=list,
            has=_is_zip,
            text="LayerVersionArn",
            serverless="layers",
            title=_("Layers"),
        ),
    ] = ()
    subnet_ids: Annotated[
        tuple[str, ...],
        Setting(
            "vpc",
            "VpcConfig.SubnetIds",
            read=_strings,
            write=list,
            title=_("Subnets"),
            text="SubnetId",
            regional="its VPC (subnets and security groups)",
            serverless="vpc.subnetIds",
        ),
    ] = ()
    security_group_ids: Annotated[
        tuple[str, ...],
        Setting(
            "vpc",
            "VpcConfig.SecurityGroupIds",
            read=_strings,
            write=list,
            title=_("Security groups"),
            text="SecurityGroupId",
            serverless="vpc.securityGroupIds",
        ),
    ] = ()
    # AWS refuses it without a VPC.
    ipv6_dual_stack: Annotated[
        bool,
        Setting(
            "vpc",
            "VpcConfig.Ipv6AllowedForDualStack",
            read=bool,
            applies=_has_subnets,
            title=_("IPv6 for dual-stack subnets"),
        ),
    ] = False
    file_systems: Annotated[
        tuple[FileSystem, ...],
        Setting(
            "fileSystems",
            "FileSystemConfigs",
            read=_file_systems,
            write=_file_system_configs,
            text="FileSystemArn",
            regional="its file systems",
            title=_("File systems"),
        ),
    ] = ()
    dead_letter_arn: Annotated[
        str,
        Setting(
            "deadLetterQueue",
            "DeadLetterConfig.TargetArn",
            title=_("Dead-letter queue"),
            hint=_("A queue or topic for failed events."),
            text="ResourceArn",
            regional="its dead-letter queue",
            sam="DeadLetterQueue.TargetArn",
            serverless="onError",
        ),
    ] = ""
    log_group: Annotated[
        str,
        _logging(
            "LoggingConfig.LogGroup",
            is_required=True,
            text="LogGroup",
            serverless="logs.logGroup",
            title=_("Log group"),
        ),
    ] = ""
    log_format: Annotated[
        str,
        _logging(
            "LoggingConfig.LogFormat", values="LogFormat", serverless="logs.logFormat", title=_("Log format")
        ),
    ] = "Text"
    application_log_level: Annotated[
        str,
        _logging(
            "LoggingConfig.ApplicationLogLevel",
            applies=_is_json,
            hint=_("Applies to logs in JSON format."),
            values="ApplicationLogLevel",
            serverless="logs.applicationLogLevel",
            title=_("Application log level"),
        ),
    ] = ""
    system_log_level: Annotated[
        str,
        _logging(
            "LoggingConfig.SystemLogLevel",
            applies=_is_json,
            hint=_("Applies to logs in JSON format."),
            values="SystemLogLevel",
            serverless="logs.systemLogLevel",
            title=_("System log level"),
        ),
    ] = ""
    tracing: Annotated[
        str,
        Setting(
            "logging",
            "TracingConfig.Mode",
            title=_("AWS X-Ray tracing"),
            values="TracingMode",
            sam="Tracing",
            serverless="tracing",
        ),
    ] = "PassThrough"
    entry_point: Annotated[
        tuple[str, ...],
        Setting(
            "image",
            "ImageConfig.EntryPoint",
            read=_strings,
            write=list,
            answer_path=f"{_IMAGE}.EntryPoint",
            is_optional=True,
            has=_is_image,
            title=_("ENTRYPOINT"),
            serverless="image.entryPoint",
        ),
    ] = ()
    command: Annotated[
        tuple[str, ...],
        Setting(
            "image",
            "ImageConfig.Command",
            read=_strings,
            write=list,
            answer_path=f"{_IMAGE}.Command",
            is_optional=True,
            has=_is_image,
            title=_("CMD"),
            serverless="image.command",
        ),
    ] = ()
    working_directory: Annotated[
        str,
        Setting(
            "image",
            "ImageConfig.WorkingDirectory",
            answer_path=f"{_IMAGE}.WorkingDirectory",
            is_optional=True,
            has=_is_image,
            title=_("WORKDIR"),
            text="WorkingDirectory",
            serverless="image.workingDirectory",
        ),
    ] = ""
    custom_runtime_arn: Annotated[
        str,
        Setting(
            "runtimeUpdates",
            "RuntimeConfig.RuntimeArn",
            is_optional=True,
            is_required=True,
            is_lasting=True,
            has=lambda detail: bool(detail.custom_runtime_arn),
            title=_("Customer-managed runtime"),
            text="FunctionRuntimeArn",
            regional="its customer-managed runtime",
            sam=None,
        ),
    ] = ""
    custom_runtime_alias: Annotated[
        str,
        Setting(
            "runtimeUpdates",
            "RuntimeConfig.RuntimeAlias",
            is_optional=True,
            is_required=True,
            is_lasting=True,
            has=lambda detail: bool(detail.custom_runtime_arn),
            title=_("Runtime alias"),
            text="FunctionRuntimeAlias",
            sam=None,
        ),
    ] = ""
    capacity_provider_arn: Annotated[
        str,
        _managed(
            f"{_CAPACITY}.CapacityProviderArn",
            is_required=True,
            title=_("Capacity provider"),
            text="CapacityProviderArn",
            regional="its capacity provider",
            sam="CapacityProviderConfig.Arn",
        ),
    ] = ""
    environment_concurrency: Annotated[
        int | None,
        _managed(
            f"{_CAPACITY}.PerExecutionEnvironmentMaxConcurrency",
            read=_number,
            title=_("Concurrency per environment"),
            number="PerExecutionEnvironmentMaxConcurrency",
            sam="CapacityProviderConfig.PerExecutionEnvironmentMaxConcurrency",
        ),
    ] = None
    memory_gib_per_vcpu: Annotated[
        float | None,
        _managed(
            f"{_CAPACITY}.ExecutionEnvironmentMemoryGiBPerVCpu",
            read=_same,
            title=_("Memory per vCPU"),
            unit="GiB",
            sam="CapacityProviderConfig.ExecutionEnvironmentMemoryGiBPerVCpu",
        ),
    ] = None
    accelerator_memory_gb: Annotated[
        int | None,
        Setting(
            "managed",
            "AcceleratorConfig.AcceleratorMemorySize",
            read=_number,
            is_optional=True,
            is_required=True,
            is_lasting=True,
            has=lambda detail: detail.accelerator_memory_gb is not None,
            title=_("Accelerator memory"),
            hint=_("The least memory of each accelerator device. Lambda might allocate more."),
            unit="GB",
            number=UNLIMITED,
            sam=None,
        ),
    ] = None
    durable_retention_days: Annotated[
        int | None,
        _durable(
            "DurableConfig.RetentionPeriodInDays",
            read=_number,
            title=_("Execution retention"),
            unit=_("days"),
            number="RetentionPeriodInDays",
        ),
    ] = None
    durable_timeout_s: Annotated[
        int | None,
        _durable(
            "DurableConfig.ExecutionTimeout",
            read=_number,
            title=_("Execution timeout"),
            unit="s",
            number="ExecutionTimeout",
        ),
    ] = None
    durable_kms_key_arn: Annotated[
        str,
        _durable(
            "DurableConfig.KMSKeyArn",
            title=_("KMS key for executions"),
            text="KMSKeyArn",
            regional="the KMS key of its durable executions",
        ),
    ] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(Configuration):
    """All settings. Names are those of FunctionDetail, if it has them.

    Attributes:
        architecture: "x86_64" or "arm64". AWS changes it only together with the code.
        image_uri: URI of a container image; empty for a zip.
        environment: Names and values, sorted by name.
        provisioned: Qualifier (alias or version) and provisioned concurrency, sorted.
        recursion: "Terminate" (Lambda stops recursive loops) or "Allow".
        runtime_update_mode: "Auto", "FunctionUpdate" or "Manual"; empty for a container image.
        runtime_version_arn: The runtime version of mode "Manual".
        min_environments: Minimum of execution environments on managed instances; likewise max_environments.
            They apply to $LATEST.PUBLISHED.
        code_signing_config_arn: Empty if unsigned code is accepted.
        log_retention_days: Retention of the log group; None for no expiry.
    """

    architecture: Annotated[
        str,
        Setting(
            "general",
            has=_is_zip,
            title=_("Architecture"),
            hint=_("Changing this redeploys the current code."),
            values="Architecture",
        ),
    ] = "x86_64"
    image_uri: Annotated[
        str,
        Setting(
            "general",
            has=_is_image,
            title=_("Image URI"),
            hint=_(
                "Lambda keeps using the image that the tag referred to when it was deployed. To use a newer "
                "image with the same tag, specify its digest: name@sha256:…"
            ),
        ),
    ] = ""
    min_environments: Annotated[
        int | None,
        Setting(
            "managed",
            has=_is_managed,
            title=_("Minimum execution environments"),
            hint=_("For the latest published version. Each environment is billed."),
            number="FunctionScalingConfigExecutionEnvironments",
        ),
    ] = None
    max_environments: Annotated[
        int | None,
        Setting(
            "managed",
            has=_is_managed,
            title=_("Maximum execution environments"),
            number="FunctionScalingConfigExecutionEnvironments",
        ),
    ] = None
    tags: Annotated[Pairs, Setting("tags", title=_("Tags"))] = ()
    reserved_concurrency: Annotated[int | None, Setting("concurrency", title=_("Reserved concurrency"))] = (
        None
    )
    provisioned: Annotated[
        tuple[tuple[str, int], ...],
        Setting(
            "concurrency",
            title=_("Provisioned concurrency"),
            hint=_("Billed for as long as it is configured."),
        ),
    ] = ()
    recursion: Annotated[
        str,
        Setting(
            "concurrency",
            title=_("Recursive loop detection"),
            hint=_("Terminate: Lambda stops recursive loops through SQS, SNS and S3."),
            values="RecursiveLoop",
        ),
    ] = ""
    runtime_update_mode: Annotated[
        str, Setting("runtimeUpdates", has=_is_zip, title=_("Runtime updates"), values="UpdateRuntimeOn")
    ] = ""
    runtime_version_arn: Annotated[
        str,
        Setting(
            "runtimeUpdates",
            has=_is_zip,
            title=_("Runtime version"),
            hint=_("Used with Manual updates."),
            text="RuntimeVersionArn",
        ),
    ] = ""
    code_signing_config_arn: Annotated[
        str,
        Setting(
            "runtimeUpdates",
            has=_is_zip,
            title=_("Code signing configuration"),
            hint=_("If not set, unsigned code is accepted."),
            text="CodeSigningConfigArn",
        ),
    ] = ""
    log_retention_days: Annotated[
        int | None,
        Setting(
            "logging",
            title=_("Log retention"),
            hint=_("Applies to the whole log group, which other sources might also use."),
        ),
    ] = None

    @classmethod
    def of(cls, detail: Configuration, **others: Any) -> "Settings":
        """The settings of a FunctionDetail, and others that GetFunction does not answer."""
        known = {each.name: getattr(detail, each.name) for each in fields(cls) if hasattr(detail, each.name)}
        return cls(**(known | others))


def _rows(cls: type[Configuration]) -> tuple[Setting, ...]:
    """The settings that a class declares, in order."""
    return tuple(
        replace(row, name=each.name, default=each.default)
        for each in fields(cls)
        for row in getattr(each.type, "__metadata__", ())
    )


SETTINGS = _rows(Configuration)
"""The settings of UpdateFunctionConfiguration, and those that only CreateFunction takes."""
ROWS: Mapping[str, Setting] = {each.name: each for each in _rows(Settings)}
"""All settings by name."""
MEMBERS: Mapping[str, tuple[str, ...]] = {
    member: tuple(each.name for each in SETTINGS if each.member == member)
    for member in dict.fromkeys(each.member for each in SETTINGS if not each.is_fixed)
}
"""The settings in each member of UpdateFunctionConfiguration's request. A member is always sent whole."""
IN_CONFIGURATION = frozenset(each.name for each in SETTINGS if not each.is_fixed)
"""The settings that UpdateFunctionConfiguration changes."""


def read_configuration(configuration: Mapping[str, Any], but: Collection[str] = ()) -> dict[str, Any]:
    """The settings in a FunctionConfiguration by attribute, except those in `but`."""
    return {each.name: each.value_in(configuration) for each in SETTINGS if each.name not in but}


def put(into: dict[str, Any], path: str, value: Any) -> None:
    """Sets a member by its path ("EphemeralStorage.Size"), creating the structures it is in."""
    *parents, leaf = path.split(".")
    for part in parents:
        into = into.setdefault(part, {})
    into[leaf] = value


def configuration_request(target: Any, changed: Collection[str]) -> dict[str, Any]:
    """The request of UpdateFunctionConfiguration for some settings; empty if it changes none of them.

    Args:
        target: Settings, or an object with the attributes of the changed members.
        changed: The attributes that change. Their members are sent with everything in them.
    """
    request: dict[str, Any] = {}
    members = {each.member for each in SETTINGS if each.name in changed and not each.is_fixed}
    for row in SETTINGS:
        if row.member not in members:
            continue
        *parents, leaf = row.path.split(".")
        into = request
        for part in parents:
            into = into.setdefault(part, {})
        value = row.write(getattr(target, row.name))
        if row.applies(target) and not (row.is_optional and value in (None, "", [])):
            into[leaf] = value
    return request


def setting_name(name: str, key: str = "") -> str:
    """The title of a setting, such as "Memory" for memory_mb.

    Args:
        name: An attribute of FunctionDetail.
        key: The key in a setting with several values, such as the name of an environment variable.
    """
    title = ROWS[name].title
    return f"{title.removesuffix('s')} {key}" if key else title
