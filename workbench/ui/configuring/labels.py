"""Titles and texts of settings, their values and the function's facts, under AWS's own names."""

from PySide6.QtCore import QCoreApplication

from workbench.functions.configuration import FileSystem
from workbench.functions.model import FunctionDetail
from workbench.functions.settings.model import SettingChange
from workbench.ui.field_table import Field
from workbench.ui.units import size_text

MASK = "••••••••"  # always as long: the length of a password is a secret too
_UNITS = {
    "memory_mb": "MB",
    "ephemeral_storage_mb": "MB",
    "timeout_s": "s",
    "durable_timeout_s": "s",
    "memory_gib_per_vcpu": "GiB",
}


def setting_title(name: str) -> str:
    """What a setting is called."""
    translate = QCoreApplication.translate
    titles = {
        "description": translate("Configuration", "Description"),
        "runtime": translate("Configuration", "Runtime"),
        "architecture": translate("Configuration", "Architecture"),
        "handler": translate("Configuration", "Handler"),
        "image_uri": translate("Configuration", "Image URI"),
        "memory_mb": translate("Configuration", "Memory"),
        "timeout_s": translate("Configuration", "Timeout"),
        "ephemeral_storage_mb": translate("Configuration", "Ephemeral storage (/tmp)"),
        "snap_start": translate("Configuration", "SnapStart"),
        "role_arn": translate("Configuration", "Execution role"),
        "environment": translate("Configuration", "Environment variables"),
        "kms_key_arn": translate("Configuration", "KMS key"),
        "layers": translate("Configuration", "Layers"),
        "subnet_ids": translate("Configuration", "Subnets"),
        "security_group_ids": translate("Configuration", "Security groups"),
        "ipv6_dual_stack": translate("Configuration", "IPv6 for dual-stack subnets"),
        "file_systems": translate("Configuration", "File systems"),
        "dead_letter_arn": translate("Configuration", "Dead-letter queue"),
        "tracing": translate("Configuration", "AWS X-Ray tracing"),
        "log_group": translate("Configuration", "Log group"),
        "log_format": translate("Configuration", "Log format"),
        "application_log_level": translate("Configuration", "Application log level"),
        "system_log_level": translate("Configuration", "System log level"),
        "log_retention_days": translate("Configuration", "Log retention"),
        "entry_point": translate("Configuration", "ENTRYPOINT"),
        "command": translate("Configuration", "CMD"),
        "working_directory": translate("Configuration", "WORKDIR"),
        "capacity_provider_arn": translate("Configuration", "Capacity provider"),
        "environment_concurrency": translate("Configuration", "Concurrency per environment"),
        "memory_gib_per_vcpu": translate("Configuration", "Memory per vCPU"),
        "min_environments": translate("Configuration", "Minimum execution environments"),
        "max_environments": translate("Configuration", "Maximum execution environments"),
        "durable_retention_days": translate("Configuration", "Execution retention"),
        "durable_timeout_s": translate("Configuration", "Execution timeout"),
        "durable_kms_key_arn": translate("Configuration", "KMS key for executions"),
        "tags": translate("Configuration", "Tags"),
        "reserved_concurrency": translate("Configuration", "Reserved concurrency"),
        "provisioned": translate("Configuration", "Provisioned concurrency"),
        "recursion": translate("Configuration", "Recursive loop detection"),
        "runtime_update_mode": translate("Configuration", "Runtime updates"),
        "runtime_version_arn": translate("Configuration", "Runtime version"),
        "code_signing_config_arn": translate("Configuration", "Code signing configuration"),
    }
    return titles.get(name, name)


def change_title(change: SettingChange) -> str:
    """What the setting of a change is called, with the variable, tag or qualifier."""
    return f"{setting_title(change.name)}: {change.key}" if change.key else setting_title(change.name)


def value_text(name: str, value: object, *, secret: bool = False) -> str:
    """A value in words.

    Args:
        name: The attribute of Settings.
        value: What it holds.
        secret: Whether it is masked.
    """
    translate = QCoreApplication.translate
    if name == "reserved_concurrency" and value is None:
        return translate("Configuration", "unreserved")
    if name == "log_retention_days" and value is None:
        return translate("Configuration", "never expires")
    if value in (None, "", ()):
        return translate("Configuration", "none")
    if secret:
        return MASK
    if name == "log_retention_days":
        return _days(int(str(value)))
    if isinstance(value, bool):
        return translate("Configuration", "yes") if value else translate("Configuration", "no")
    if isinstance(value, tuple):
        return ", ".join(_one(each) for each in value)
    return f"{value} {_UNITS.get(name, '')}".rstrip()


def unit_of(name: str) -> str:
    """The unit that stands beside a number; days are a word and translated."""
    if name in ("durable_retention_days",):
        return QCoreApplication.translate("Configuration", "days")
    return _UNITS.get(name, "")


def function_facts(detail: FunctionDetail) -> tuple[Field, ...]:
    """What is known of a function, beside its settings; shown below the general settings."""
    translate, modified = QCoreApplication.translate, detail.last_modified
    fields = (
        Field(translate("FactWords", "Package type"), detail.package_type),
        Field(
            translate("FactWords", "Architecture"),
            ", ".join(detail.architectures) if detail.image_uri else "",
        ),
        Field(translate("FactWords", "Code size"), size_text(detail.code_size_bytes)),
        Field(translate("FactWords", "Code SHA-256"), detail.code_sha256),
        Field(
            translate("FactWords", "Last modified"),
            modified.astimezone().isoformat(" ", "seconds") if modified else "",
        ),
        Field(translate("FactWords", "VPC ID"), detail.vpc_id),
        Field(translate("FactWords", "Function ARN"), detail.function_arn),
    )
    return tuple(field for field in fields if field.value)


def _one(value: object) -> str:
    if isinstance(value, FileSystem):
        return f"{value.arn} → {value.mount_path}"
    return str(value).rpartition(":layer:")[2] or str(value)


def _days(n: int) -> str:
    translate = QCoreApplication.translate
    return translate("Configuration", "1 day") if n == 1 else translate("Configuration", "%n days", "", n)
