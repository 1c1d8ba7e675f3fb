"""The sections of the form, their settings, and which functions have them."""

from dataclasses import dataclass

from workbench.core.messages import _
from workbench.functions.configuration import ROWS
from workbench.functions.model import FunctionDetail


@dataclass(frozen=True, slots=True)
class Section:
    """A group of settings.

    Attributes:
        name: For tests and style sheets.
        title: AWS's name of the section.
        settings: Attributes of Settings, in order.
    """

    name: str
    title: str
    settings: tuple[str, ...]

    def applies(self, detail: FunctionDetail) -> bool:
        """Whether a function has any of the settings."""
        return any(has_setting(detail, name) for name in self.settings)


def has_setting(detail: FunctionDetail, name: str) -> bool:
    """Whether a function has a setting: an image has no handler."""
    return ROWS[name].has(detail)


_FIRST = {
    "general": ("description", "image_uri", "runtime", "architecture"),
    "concurrency": ("reserved_concurrency", "provisioned"),
    "logging": ("log_group", "log_retention_days"),
    "runtimeUpdates": ("runtime_update_mode", "runtime_version_arn", "code_signing_config_arn"),
}
"""The first settings by section. The others follow in the order of the rows."""


def sections() -> tuple[Section, ...]:
    """All sections, in the order shown."""
    titles = {
        "general": _("General configuration"),
        "environment": _("Environment variables"),
        "permissions": _("Permissions"),
        "concurrency": _("Concurrency and recursion"),
        "layers": _("Layers"),
        "logging": _("Logging and tracing"),
        "vpc": _("VPC"),
        "fileSystems": _("File systems"),
        "deadLetterQueue": _("Dead-letter queue"),
        "image": _("Image configuration"),
        "runtimeUpdates": _("Runtime and code signing"),
        "managed": _("Managed instances"),
        "durable": _("Durable execution"),
        "tags": _("Tags"),
    }
    return tuple(Section(name, title, _settings(name)) for name, title in titles.items())


def _settings(section: str) -> tuple[str, ...]:
    first = _FIRST.get(section, ())
    others = (name for name, row in ROWS.items() if row.section == section and name not in first)
    return (*first, *others)
