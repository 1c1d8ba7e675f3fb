"""Which settings stand in which section of the form, and which functions have them."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QCoreApplication

from workbench.functions.model import FunctionDetail


@dataclass(frozen=True, slots=True)
class Section:
    """A group of settings.

    Attributes:
        name: For tests and style sheets.
        title: AWS's name of it.
        settings: Attributes of Settings, in their order.
        applies: Whether a function has it.
    """

    name: str
    title: str
    settings: tuple[str, ...]
    applies: Callable[[FunctionDetail], bool] = lambda _detail: True


def is_zip(detail: FunctionDetail) -> bool:
    """Whether Lambda gives the function its runtime: an image brings its own."""
    return detail.package_type != "Image"


_ZIP_ONLY, _IMAGE_ONLY = ("runtime", "architecture", "handler"), ("image_uri",)
OF_A_KIND = (*_ZIP_ONLY, *_IMAGE_ONLY)
"""Settings that only zips have, or only images, in sections that both have."""


def has_setting(detail: FunctionDetail, name: str) -> bool:
    """Whether a function has one of OF_A_KIND."""
    return name in (_ZIP_ONLY if is_zip(detail) else _IMAGE_ONLY)


def sections() -> tuple[Section, ...]:
    """All of them, in the order that people see."""
    translate = QCoreApplication.translate
    return (
        Section(
            "general",
            translate("Configuration", "General configuration"),
            (
                "description",
                "image_uri",
                "runtime",
                "architecture",
                "handler",
                "memory_mb",
                "timeout_s",
                "ephemeral_storage_mb",
                "snap_start",
            ),
        ),
        Section(
            "environment",
            translate("Configuration", "Environment variables"),
            ("environment", "kms_key_arn"),
        ),
        Section("permissions", translate("Configuration", "Permissions"), ("role_arn",)),
        Section(
            "concurrency",
            translate("Configuration", "Concurrency and recursion"),
            ("reserved_concurrency", "provisioned", "recursion"),
        ),
        Section("layers", translate("Configuration", "Layers"), ("layers",), is_zip),
        Section(
            "logging",
            translate("Configuration", "Logging and tracing"),
            (
                "log_group",
                "log_retention_days",
                "log_format",
                "application_log_level",
                "system_log_level",
                "tracing",
            ),
        ),
        Section(
            "vpc",
            translate("Configuration", "VPC"),
            ("subnet_ids", "security_group_ids", "ipv6_dual_stack"),
        ),
        Section("fileSystems", translate("Configuration", "File systems"), ("file_systems",)),
        Section("deadLetterQueue", translate("Configuration", "Dead-letter queue"), ("dead_letter_arn",)),
        Section(
            "image",
            translate("Configuration", "Image configuration"),
            ("entry_point", "command", "working_directory"),
            lambda detail: not is_zip(detail),
        ),
        Section(
            "runtimeUpdates",
            translate("Configuration", "Runtime and code signing"),
            ("runtime_update_mode", "runtime_version_arn", "code_signing_config_arn"),
            is_zip,
        ),
        Section(
            "managed",
            translate("Configuration", "Managed instances"),
            (
                "capacity_provider_arn",
                "environment_concurrency",
                "memory_gib_per_vcpu",
                "min_environments",
                "max_environments",
            ),
            lambda detail: bool(detail.capacity_provider_arn),
        ),
        Section(
            "durable",
            translate("Configuration", "Durable execution"),
            ("durable_retention_days", "durable_timeout_s", "durable_kms_key_arn"),
            lambda detail: detail.durable_retention_days is not None or detail.durable_timeout_s is not None,
        ),
        Section("tags", translate("Configuration", "Tags"), ("tags",)),
    )
