"""Titles and texts of settings, their values and the function's facts, under AWS's own names."""

from PySide6.QtCore import QCoreApplication

from workbench.functions.configuration import ROWS, FileSystem, setting_name
from workbench.functions.model import FunctionDetail
from workbench.functions.settings.model import SettingChange
from workbench.ui.field_table import Field
from workbench.ui.units import size_text

MASK = "••••••••"  # always as long: the length of a password is a secret too


def setting_title(name: str) -> str:
    """What a setting is called."""
    title = setting_name(name)
    return QCoreApplication.translate("Configuration", title)


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
    return f"{value} {ROWS[name].unit}".rstrip()


def unit_of(name: str) -> str:
    """The unit that stands beside a number; days are a word and translated."""
    unit = ROWS[name].unit
    return QCoreApplication.translate("Configuration", unit) if unit == "days" else unit


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
        Field(translate("FactWords", "KMS key of the package"), detail.source_kms_key_arn),
        Field(
            translate("FactWords", "S3 object storage mode"),
            f"REFERENCE ({detail.s3_object})" if detail.s3_object else "",
        ),
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
