"""What the user has changed of a function's settings and not applied yet, and what is wrong with it."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject, Signal

from workbench.core.messages import _
from workbench.functions.configuration import Settings
from workbench.functions.settings.model import (
    Reading,
    SettingChange,
    changes,
    value_at,
    with_changes,
)

_SNAP_START_STORAGE_MB = 512
"""Source of this, and of the rest that it excludes: https://docs.aws.amazon.com/lambda/latest/dg/snapstart.html"""


def combination_faults(wanted: Settings, original: Settings) -> Mapping[str, str]:
    """What is wrong, by the setting to correct. Only what was touched is looked at: AWS has the rest."""
    found = {}
    for name, involved, check in _RULES:
        touched = any(getattr(wanted, each) != getattr(original, each) for each in (name, *involved))
        if touched and (words := check(wanted)):
            found[name] = words
    return found


def _application_level(wanted: Settings) -> str:
    return _level(wanted, wanted.application_log_level)


def _system_level(wanted: Settings) -> str:
    return _level(wanted, wanted.system_log_level)


def _level(wanted: Settings, level: str) -> str:
    if wanted.log_format == "Text" and level:
        return _("Log levels require the log format JSON.")
    return ""


def _groups(wanted: Settings) -> str:
    if bool(wanted.subnet_ids) != bool(wanted.security_group_ids):
        return _("A VPC requires both subnets and security groups.")
    return ""


def _ipv6(wanted: Settings) -> str:
    if wanted.ipv6_dual_stack and not wanted.subnet_ids:
        return _("Requires subnets.")
    return ""


def _runtime_version(wanted: Settings) -> str:
    if wanted.runtime_update_mode == "Manual" and not wanted.runtime_version_arn:
        return _("Manual updates require a runtime version ARN.")
    return ""


def _file_systems(wanted: Settings) -> str:
    # S3 Files may be reached otherwise; an EFS mount target is in a VPC.
    if any(":elasticfilesystem:" in each.arn for each in wanted.file_systems) and not wanted.subnet_ids:
        return _("Requires a VPC from which it can be reached.")
    return ""


def _snap_start(wanted: Settings) -> str:
    if wanted.snap_start != "PublishedVersions":
        return ""
    if wanted.ephemeral_storage_mb > _SNAP_START_STORAGE_MB:
        words = _("The maximum is {snap_start_storage_mb} MB of ephemeral storage.")
        return words.format(snap_start_storage_mb=str(_SNAP_START_STORAGE_MB))
    if wanted.file_systems:
        return _("File systems are not supported.")
    if wanted.provisioned:
        return _("Provisioned concurrency is not supported.")
    return _tenants(wanted)


def _tenants(wanted: Settings) -> str:
    if wanted.tenant_isolation:
        return _("Tenant isolation is not supported.")
    return ""


def _provisioned(wanted: Settings) -> str:
    # https://docs.aws.amazon.com/cdk/api/v2/docs/aws-cdk-lib.aws_lambda.TenancyConfig.html
    return _tenants(wanted) if wanted.provisioned else ""


_RULES: tuple[tuple[str, tuple[str, ...], Callable[[Settings], str]], ...] = (
    # With JSON, AWS sets levels that nobody chose. They go with the format, and are not sent with Text.
    ("application_log_level", (), _application_level),
    ("system_log_level", (), _system_level),
    ("security_group_ids", ("subnet_ids",), _groups),
    ("ipv6_dual_stack", ("subnet_ids",), _ipv6),
    ("runtime_version_arn", ("runtime_update_mode",), _runtime_version),
    ("file_systems", ("subnet_ids",), _file_systems),
    ("snap_start", ("ephemeral_storage_mb", "file_systems", "provisioned"), _snap_start),
    ("provisioned", (), _provisioned),
)
"""The setting that is to be corrected, those that it depends on, and what is wrong then."""


class Draft(QObject):
    """One function's settings, being changed.

    Signals:
        changed: Other settings are wanted, or something is wrong now.
        refilled: The fields are to show other values than those typed into them.
    """

    changed = Signal()
    refilled = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.reading: Reading | None = None
        self.original = Settings()
        self.wanted = Settings()
        self._faults: dict[str, str] = {}

    def open(self, reading: Reading, pending: Collection[SettingChange] = (), *, same: bool = False) -> None:
        """Shows a function as it was read, with changes that were made before.

        Args:
            reading: The function.
            pending: The changes.
            same: Whether it was shown before: what is typed and cannot be taken yet stays in its field.

        Those keep what they were made from: where somebody else changed the same since, that is noticed when
        they are sent, not overwritten.
        """
        there = [each for each in pending if value_at(reading.settings, *each.setting) != each.new]
        self.reading = reading
        self.original = with_changes(reading.settings, [each.reversed() for each in there])
        self.wanted = with_changes(self.original, there)
        if not same:
            self._faults = {}
        self.refilled.emit()
        self.changed.emit()

    def close(self) -> None:
        """Shows no function."""
        self.reading = None
        self.original = self.wanted = Settings()
        self._faults = {}
        self.refilled.emit()
        self.changed.emit()

    def set(self, name: str, value: Any, fault: str = "") -> None:
        """Takes what a field holds. A faulty value is not taken, but keeps everything from being sent."""
        if fault:
            self._faults[name] = fault
        else:
            self._faults.pop(name, None)
            self.wanted = replace(self.wanted, **{name: value})
        self.changed.emit()

    def take(self, wanted: Collection[SettingChange]) -> None:
        """Makes changes as if they had been typed."""
        self._faults = {}
        self.wanted = with_changes(self.wanted, wanted)
        self.refilled.emit()
        self.changed.emit()

    def discard(self) -> None:
        """Forgets what was changed."""
        self._faults = {}
        self.wanted = self.original
        self.refilled.emit()
        self.changed.emit()

    def changes(self) -> tuple[SettingChange, ...]:
        """What is wanted otherwise than it was seen."""
        return changes(self.original, self.wanted)

    def is_changed(self, name: str) -> bool:
        """Whether a setting is wanted otherwise, or holds what cannot be taken."""
        return name in self.faults or getattr(self.original, name) != getattr(self.wanted, name)

    @property
    def faults(self) -> dict[str, str]:
        """What is wrong, by setting."""
        return {**combination_faults(self.wanted, self.original), **self._faults}

    def is_faulty(self, name: str) -> bool:
        """Whether the field itself holds what cannot be taken."""
        return name in self._faults

    def unread(self, name: str) -> str:
        """Why a setting is not known; empty when it is."""
        return dict(self.reading.unread).get(name, "") if self.reading else ""

    def note(self, name: str) -> str:
        """What else is known of a setting."""
        notes = self.reading.notes if self.reading else ()
        return "\n".join(text for each, text in notes if each == name)
