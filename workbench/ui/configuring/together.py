"""Settings that go only together, or only without each other: what AWS would refuse, or leave out."""

from collections.abc import Callable, Mapping

from PySide6.QtCore import QCoreApplication

from workbench.functions.settings.model import Settings

_SNAP_START_STORAGE_MB = 512
"""Source of this, and of the rest that it excludes: https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html"""


def wrong_together(wanted: Settings, seen: Settings) -> Mapping[str, str]:
    """What is wrong, by the setting to correct. Only what was touched is looked at: AWS has the rest."""
    found = {}
    for name, involved, check in _RULES:
        touched = any(getattr(wanted, each) != getattr(seen, each) for each in (name, *involved))
        if touched and (words := check(wanted)):
            found[name] = words
    return found


def _application_level(wanted: Settings) -> str:
    return _level(wanted, wanted.application_log_level)


def _system_level(wanted: Settings) -> str:
    return _level(wanted, wanted.system_log_level)


def _level(wanted: Settings, level: str) -> str:
    if wanted.log_format == "Text" and level:
        return QCoreApplication.translate("Configuration", "Log levels require the log format JSON.")
    return ""


def _groups(wanted: Settings) -> str:
    if bool(wanted.subnet_ids) != bool(wanted.security_group_ids):
        return QCoreApplication.translate("Configuration", "A VPC requires both subnets and security groups.")
    return ""


def _ipv6(wanted: Settings) -> str:
    if wanted.ipv6_dual_stack and not wanted.subnet_ids:
        return QCoreApplication.translate("Configuration", "Requires subnets.")
    return ""


def _runtime_version(wanted: Settings) -> str:
    if wanted.runtime_update_mode == "Manual" and not wanted.runtime_version_arn:
        return QCoreApplication.translate("Configuration", "Manual updates require a runtime version ARN.")
    return ""


def _file_systems(wanted: Settings) -> str:
    # S3 Files may be reached otherwise; an EFS mount target is in a VPC.
    if any(":elasticfilesystem:" in each.arn for each in wanted.file_systems) and not wanted.subnet_ids:
        return QCoreApplication.translate("Configuration", "Requires a VPC from which it can be reached.")
    return ""


def _snap_start(wanted: Settings) -> str:
    if wanted.snap_start != "PublishedVersions":
        return ""
    if wanted.ephemeral_storage_mb > _SNAP_START_STORAGE_MB:
        words = QCoreApplication.translate("Configuration", "The maximum is %1 MB of ephemeral storage.")
        return words.replace("%1", str(_SNAP_START_STORAGE_MB))
    if wanted.file_systems:
        return QCoreApplication.translate("Configuration", "File systems are not supported.")
    if wanted.provisioned:
        return QCoreApplication.translate("Configuration", "Provisioned concurrency is not supported.")
    return ""


_RULES: tuple[tuple[str, tuple[str, ...], Callable[[Settings], str]], ...] = (
    # With JSON, AWS sets levels that nobody chose. They go with the format, and are not sent with Text.
    ("application_log_level", (), _application_level),
    ("system_log_level", (), _system_level),
    ("security_group_ids", ("subnet_ids",), _groups),
    ("ipv6_dual_stack", ("subnet_ids",), _ipv6),
    ("runtime_version_arn", ("runtime_update_mode",), _runtime_version),
    ("file_systems", ("subnet_ids",), _file_systems),
    ("snap_start", ("ephemeral_storage_mb", "file_systems", "provisioned"), _snap_start),
)
"""The setting that is to be corrected, those that it depends on, and what is wrong then."""
