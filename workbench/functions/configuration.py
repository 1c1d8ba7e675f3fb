"""The settings that UpdateFunctionConfiguration changes: one row each.

Reading a function, comparing, requests, conflicts and the limits of forms are generic over these rows.
What other calls read (tags, concurrency, log retention) is in `settings/model.py`.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Any

from workbench.aws import names


@dataclass(frozen=True, slots=True)
class FileSystem:
    """A file system that a function mounts.

    Attributes:
        arn: Of an EFS access point, or of one of S3 Files.
        mount_path: Such as "/mnt/data".
        direct_s3_read: For S3 Files: "ENABLED", "DISABLED", "AUTO"; empty where it does not apply.
    """

    arn: str
    mount_path: str
    direct_s3_read: str = ""


def _text(value: Any) -> str:
    return str(value or "")


def _same(value: Any) -> Any:
    return value


def _strings(value: Any) -> tuple[str, ...]:
    return tuple(map(str, value or ()))


def _variables(value: Any) -> tuple[tuple[str, str], ...]:
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


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting of a function.

    Attributes:
        attribute: Of FunctionDetail, Settings and Wanted.
        path: Of the member of UpdateFunctionConfiguration's request ("EphemeralStorage.Size").
        read: A member of GetFunction's configuration (None when AWS leaves it out) -> the attribute.
        write: The attribute -> the member.
        default: The attribute where `read` gives an empty value.
        answer_path: Of the member of GetFunction's configuration, where that is another.
        is_optional: Whether an empty value is left out of the request, and not sent to clear the setting.
        applies: Whether AWS takes the member, from all settings: it refuses log levels with the format Text.
        title: In errors; made of the attribute's name where empty.
        text: The service model's shape that limits what can be typed: of a text.
        number: The same of a number.
        values: The same of an enumeration.
    """

    attribute: str
    path: str
    read: Callable[[Any], Any] = _text
    write: Callable[[Any], Any] = _same
    default: Any = ""
    answer_path: str = ""
    is_optional: bool = False
    applies: Callable[[Any], bool] = _always
    title: str = ""
    text: str = ""
    number: str = ""
    values: str = ""

    @property
    def member(self) -> str:
        """The member of the request, which is sent whole."""
        return self.path.partition(".")[0]

    def value_in(self, configuration: Mapping[str, Any]) -> Any:
        """What a FunctionConfiguration says of it."""
        value: Any = configuration
        for part in (self.answer_path or self.path).split("."):
            value = (value or {}).get(part)
        return self.read(value) or self.default


def _is_json(target: Any) -> bool:
    return bool(target.log_format == "JSON")


def _has_subnets(target: Any) -> bool:
    return bool(target.subnet_ids)


_IMAGE = "ImageConfigResponse.ImageConfig"
_CAPACITY = "CapacityProviderConfig.LambdaManagedInstancesCapacityProviderConfig"

SETTINGS: tuple[Setting, ...] = (
    Setting("description", "Description", text="Description"),
    Setting("runtime", "Runtime", values="Runtime"),
    Setting("handler", "Handler", text="Handler"),
    Setting("memory_mb", "MemorySize", _same, default=0, number="MemorySize"),
    Setting("timeout_s", "Timeout", _same, default=0, number="Timeout"),
    Setting(
        "ephemeral_storage_mb",
        "EphemeralStorage.Size",
        _same,
        default=512,
        title="Ephemeral storage (/tmp)",
        number="EphemeralStorageSize",
    ),
    Setting("snap_start", "SnapStart.ApplyOn", default="None", title="SnapStart", values="SnapStartApplyOn"),
    Setting("role_arn", "Role", title="Execution role", text="RoleArn"),
    Setting("environment", "Environment.Variables", _variables, dict, (), title="Environment variables"),
    Setting("kms_key_arn", "KMSKeyArn", title="KMS key", text="KMSKeyArn"),
    Setting("layers", "Layers", _layers, list, (), text="LayerVersionArn"),
    Setting("subnet_ids", "VpcConfig.SubnetIds", _strings, list, (), text="SubnetId"),
    Setting("security_group_ids", "VpcConfig.SecurityGroupIds", _strings, list, (), text="SecurityGroupId"),
    # Without a VPC AWS refuses it.
    Setting(
        "ipv6_dual_stack", "VpcConfig.Ipv6AllowedForDualStack", bool, default=False, applies=_has_subnets
    ),
    Setting(
        "file_systems", "FileSystemConfigs", _file_systems, _file_system_configs, (), text="FileSystemArn"
    ),
    Setting("dead_letter_arn", "DeadLetterConfig.TargetArn", title="Dead-letter queue", text="ResourceArn"),
    Setting(
        "tracing",
        "TracingConfig.Mode",
        default="PassThrough",
        title="AWS X-Ray tracing",
        values="TracingMode",
    ),
    Setting("log_group", "LoggingConfig.LogGroup", is_optional=True, text="LogGroup"),
    Setting("log_format", "LoggingConfig.LogFormat", default="Text", is_optional=True, values="LogFormat"),
    Setting(
        "application_log_level",
        "LoggingConfig.ApplicationLogLevel",
        is_optional=True,
        applies=_is_json,
        values="ApplicationLogLevel",
    ),
    Setting(
        "system_log_level",
        "LoggingConfig.SystemLogLevel",
        is_optional=True,
        applies=_is_json,
        values="SystemLogLevel",
    ),
    Setting(
        "entry_point", "ImageConfig.EntryPoint", _strings, list, (), f"{_IMAGE}.EntryPoint", is_optional=True
    ),
    Setting("command", "ImageConfig.Command", _strings, list, (), f"{_IMAGE}.Command", is_optional=True),
    Setting(
        "working_directory",
        "ImageConfig.WorkingDirectory",
        answer_path=f"{_IMAGE}.WorkingDirectory",
        is_optional=True,
        text="WorkingDirectory",
    ),
    Setting(
        "capacity_provider_arn",
        f"{_CAPACITY}.CapacityProviderArn",
        is_optional=True,
        text="CapacityProviderArn",
    ),
    Setting(
        "environment_concurrency",
        f"{_CAPACITY}.PerExecutionEnvironmentMaxConcurrency",
        _same,
        default=None,
        is_optional=True,
        number="PerExecutionEnvironmentMaxConcurrency",
    ),
    Setting(
        "memory_gib_per_vcpu",
        f"{_CAPACITY}.ExecutionEnvironmentMemoryGiBPerVCpu",
        _same,
        default=None,
        is_optional=True,
    ),
    Setting(
        "durable_retention_days",
        "DurableConfig.RetentionPeriodInDays",
        _same,
        default=None,
        is_optional=True,
        number="RetentionPeriodInDays",
    ),
    Setting(
        "durable_timeout_s",
        "DurableConfig.ExecutionTimeout",
        _same,
        default=None,
        is_optional=True,
        number="ExecutionTimeout",
    ),
    Setting("durable_kms_key_arn", "DurableConfig.KMSKeyArn", is_optional=True, text="KMSKeyArn"),
)
_ROWS = {each.attribute: each for each in SETTINGS}
MEMBERS: Mapping[str, tuple[str, ...]] = {
    member: tuple(each.attribute for each in SETTINGS if each.member == member)
    for member in dict.fromkeys(each.member for each in SETTINGS)
}
"""Member of UpdateFunctionConfiguration's request -> the settings in it. A member is sent whole."""
IN_CONFIGURATION = frozenset(_ROWS)
"""The settings that UpdateFunctionConfiguration changes."""


def read_configuration(configuration: Mapping[str, Any], but: Collection[str] = ()) -> dict[str, Any]:
    """The settings in a FunctionConfiguration, by attribute, without some."""
    return {each.attribute: each.value_in(configuration) for each in SETTINGS if each.attribute not in but}


def configuration_request(target: Any, changed: Collection[str]) -> dict[str, Any]:
    """What UpdateFunctionConfiguration is sent for some settings; empty when it carries none of them.

    Args:
        target: Settings, or what has the attributes of the changed members.
        changed: The attributes that change. Their members are sent with all that is in them.
    """
    request: dict[str, Any] = {}
    members = {each.member for each in SETTINGS if each.attribute in changed}
    for row in SETTINGS:
        if row.member not in members:
            continue
        *parents, leaf = row.path.split(".")
        into = request
        for part in parents:
            into = into.setdefault(part, {})
        value = row.write(getattr(target, row.attribute))
        if row.applies(target) and not (row.is_optional and value in (None, "", [])):
            into[leaf] = value
    return request


def setting_name(name: str, key: str = "") -> str:
    """The title of a setting, such as "Memory" for memory_mb.

    Args:
        name: As an attribute of FunctionDetail.
        key: Which one, of settings that there are several of: the name of an environment variable.
    """
    row = _ROWS.get(name)
    title = row.title if row else {"image_uri": "Image URI"}.get(name, "")
    if not title:
        title = (
            name.removesuffix("_mb").removesuffix("_s").removesuffix("_days").replace("_", " ").capitalize()
        )
    return f"{title.removesuffix('s')} {key}" if key else title
