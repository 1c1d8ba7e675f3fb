"""Titles and texts of settings, their values and the function's facts, under AWS's own names."""

from workbench.core.messages import _, ngettext
from workbench.functions.configuration import ROWS, FileSystem, setting_name
from workbench.functions.model import FunctionDetail
from workbench.functions.settings.model import SettingChange
from workbench.ui.kit.field_table import Field
from workbench.ui.kit.text import size_text

MASK = "••••••••"  # always as long: the length of a password is a secret too


def change_title(change: SettingChange) -> str:
    """What the setting of a change is called, with the variable, tag or qualifier."""
    return f"{setting_name(change.name)}: {change.key}" if change.key else setting_name(change.name)


def value_text(name: str, value: object, *, secret: bool = False) -> str:
    """A value in words.

    Args:
        name: The attribute of Settings.
        value: What it holds.
        secret: Whether it is masked.
    """
    if name == "reserved_concurrency" and value is None:
        return _("unreserved")
    if name == "log_retention_days" and value is None:
        return _("never expires")
    if value in (None, "", ()):
        return _("none")
    if secret:
        return MASK
    if name == "log_retention_days":
        return _days(int(str(value)))
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, tuple):
        return ", ".join(_one(each) for each in value)
    return f"{value} {ROWS[name].unit}".rstrip()


def function_facts(detail: FunctionDetail) -> tuple[Field, ...]:
    """What is known of a function, beside its settings; shown below the general settings."""
    modified = detail.last_modified
    fields = (
        Field(_("Package type"), detail.package_type),
        Field(
            _("Architecture"),
            ", ".join(detail.architectures) if detail.image_uri else "",
        ),
        Field(_("Code size"), size_text(detail.code_size_bytes)),
        Field(_("Code SHA-256"), detail.code_sha256),
        Field(_("KMS key of the package"), detail.source_kms_key_arn),
        Field(
            _("S3 object storage mode"),
            f"REFERENCE ({detail.s3_object})" if detail.s3_object else "",
        ),
        Field(
            _("Last modified"),
            modified.astimezone().isoformat(" ", "seconds") if modified else "",
        ),
        Field(_("VPC ID"), detail.vpc_id),
        Field(_("Function ARN"), detail.function_arn),
    )
    return tuple(field for field in fields if field.value)


def _one(value: object) -> str:
    if isinstance(value, FileSystem):
        return f"{value.arn} → {value.mount_path}"
    return str(value).rpartition(":layer:")[2] or str(value)


def _days(n: int) -> str:
    return ngettext("{count} day", "{count} days", n).format(count=n)
