"""Makes the field of each setting, with the service model's limits."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QCoreApplication

from workbench.aws.quotas import EPHEMERAL_USUAL_LIMIT_MB, MEMORY_USUAL_LIMIT_MB, TIMEOUT_USUAL_LIMIT_S
from workbench.functions.account_resources import (
    list_code_signing,
    list_dead_letter_targets,
    list_keys,
    list_security_groups,
    list_subnets,
)
from workbench.functions.settings.limits import (
    MEMORY_GIB_PER_VCPU,
    RETENTION_DAYS,
    SECURITY_GROUPS_LIMIT,
    SUBNETS_LIMIT,
    TAGS_LIMIT,
)
from workbench.ui.configuring.browsing import BrowseButton, Lister
from workbench.ui.configuring.choices import ChoiceEditor, FlagEditor
from workbench.ui.configuring.editors import Editor, NumberEditor, TextEditor
from workbench.ui.configuring.environment import EnvironmentEditor
from workbench.ui.configuring.file_system import FileSystemEditor
from workbench.ui.configuring.image import ImageEditor
from workbench.ui.configuring.layers import LayersEditor
from workbench.ui.configuring.lines import LinesEditor
from workbench.ui.configuring.network import NetworkEditor
from workbench.ui.configuring.reserved import ReservedEditor
from workbench.ui.configuring.role import RoleEditor
from workbench.ui.configuring.supply import Supply
from workbench.ui.configuring.tables import ProvisionedEditor, TagsEditor
from workbench.ui.configuring.words import setting_title, unit_of, value_text

_NUMBERS = ("memory_mb", "timeout_s", "ephemeral_storage_mb")
_USUAL_LIMITS = {
    "memory_mb": MEMORY_USUAL_LIMIT_MB,
    "timeout_s": TIMEOUT_USUAL_LIMIT_S,
    "ephemeral_storage_mb": EPHEMERAL_USUAL_LIMIT_MB,
}
_OPTIONAL_NUMBERS = (
    "environment_concurrency",
    "min_environments",
    "max_environments",
    "durable_retention_days",
    "durable_timeout_s",
)
_CHOICES = ("architecture", "snap_start", "tracing", "log_format", "recursion", "runtime_update_mode")
_LISTERS: dict[str, Lister] = {
    "kms_key_arn": list_keys,
    "durable_kms_key_arn": list_keys,
    "dead_letter_arn": list_dead_letter_targets,
    "code_signing_config_arn": list_code_signing,
}
"""Settings that are the ARN of something that the account has."""
WIDE = ("environment", "tags", "provisioned", "layers")
"""Settings whose fields take the whole width."""
TALL = ("role_arn",)
"""Settings whose fields take all the height there is: the policies are read there."""


class Factory:
    """Makes fields.

    Args:
        supply: What they look things up with.
    """

    def __init__(self, supply: Supply) -> None:
        self._supply, self._limits = supply, supply.limits

    def editor(self, name: str) -> Editor:
        """The field of a setting."""
        title, limits = setting_title(name), self._limits
        if name in self._own:
            return self._own[name](title)
        if name in _NUMBERS or name in _OPTIONAL_NUMBERS:
            return NumberEditor(
                name,
                title,
                limits.number(name),
                unit_of(name),
                optional=name in _OPTIONAL_NUMBERS,
                warn=partial(_beyond, name) if name in _USUAL_LIMITS else None,
            )
        if name in _CHOICES:
            return ChoiceEditor(name, title, [(value, value) for value in limits.known(name)])
        return self._text(name, title)

    @property
    def _own(self) -> dict[str, Callable[[str], Editor]]:
        limits, translate = self._limits, QCoreApplication.translate
        return {
            "environment": lambda title: EnvironmentEditor(title, limits.text("variable"), self._supply.jobs),
            "tags": lambda title: TagsEditor(title, limits.text("tag"), limits.text("tag_value"), TAGS_LIMIT),
            "provisioned": lambda title: ProvisionedEditor(title, self._supply),
            "reserved_concurrency": ReservedEditor,
            "runtime": lambda title: ChoiceEditor(
                "runtime", title, [(value, value) for value in limits.known("runtime")], open_ended=True
            ),
            "application_log_level": lambda title: self._level("application_log_level", title),
            "system_log_level": lambda title: self._level("system_log_level", title),
            "log_retention_days": lambda title: ChoiceEditor(
                "log_retention_days",
                title,
                [(days, value_text("log_retention_days", days)) for days in (None, *RETENTION_DAYS)],
            ),
            "ipv6_dual_stack": lambda title: FlagEditor(
                "ipv6_dual_stack", title, translate("Configuration", "Allow IPv6 traffic")
            ),
            "memory_gib_per_vcpu": lambda title: NumberEditor(
                "memory_gib_per_vcpu", title, None, "GiB", optional=True, fraction=MEMORY_GIB_PER_VCPU
            ),
            "file_systems": lambda title: FileSystemEditor(title, self._supply),
            "layers": lambda title: LayersEditor(title, self._supply),
            "role_arn": lambda title: RoleEditor(title, self._supply),
            "image_uri": lambda title: ImageEditor(title, self._supply),
            "subnet_ids": lambda title: NetworkEditor(
                "subnet_ids",
                title,
                self._supply,
                list_subnets,
                SUBNETS_LIMIT,
                translate("Configuration", "“%1” is not a subnet ID, such as subnet-0123456789abcdef0."),
            ),
            "security_group_ids": lambda title: NetworkEditor(
                "security_group_ids",
                title,
                self._supply,
                list_security_groups,
                SECURITY_GROUPS_LIMIT,
                translate("Configuration", "“%1” is not a security group ID, such as sg-0123456789abcdef0."),
            ),
            "entry_point": lambda title: self._arguments("entry_point", title),
            "command": lambda title: self._arguments("command", title),
        }

    def _arguments(self, name: str, title: str) -> LinesEditor:
        words = QCoreApplication.translate("Configuration", "Image default. One argument per line.")
        return LinesEditor(name, title, None, 0, words)

    def _level(self, name: str, title: str) -> ChoiceEditor:
        unset = QCoreApplication.translate("Configuration", "AWS default")
        return ChoiceEditor(name, title, [("", unset), *((each, each) for each in self._limits.known(name))])

    def _text(self, name: str, title: str) -> TextEditor:
        translate = QCoreApplication.translate
        wrong = {
            "handler": translate("Configuration", "A handler cannot contain spaces. Example: app.handler."),
            "log_group": translate("Configuration", "Use letters (A–Z), digits and . - _ / #"),
            "capacity_provider_arn": translate("Configuration", "This is not a capacity provider ARN."),
            "runtime_version_arn": translate("Configuration", "This is not a runtime version ARN."),
            "code_signing_config_arn": translate(
                "Configuration", "This is not a code signing configuration ARN."
            ),
        }.get(name, translate("Configuration", "This is not a valid ARN."))
        placeholder = {
            "description": "",
            "kms_key_arn": translate("Configuration", "AWS managed key"),
            "durable_kms_key_arn": translate("Configuration", "AWS managed key"),
            "working_directory": translate("Configuration", "Image default"),
        }.get(name, translate("Configuration", "None"))
        optional = name not in ("handler", "log_group", "capacity_provider_arn")
        lister = _LISTERS.get(name)
        return TextEditor(
            name,
            title,
            self._limits.text(name),
            wrong,
            optional=optional,
            placeholder=placeholder,
            browse=BrowseButton(name, title, self._supply, lister) if lister else None,
        )


def hint(name: str) -> str:
    """What a person may want to know of a setting before changing it."""
    translate = QCoreApplication.translate
    return {
        "architecture": translate("Configuration", "Changing this redeploys the current code."),
        "image_uri": translate(
            "Configuration",
            "Lambda keeps using the image that the tag referred to when it was deployed. To use "
            "a newer image with the same tag, specify its digest: name@sha256:…",
        ),
        "memory_mb": translate("Configuration", "1,769 MB equals one vCPU."),
        "log_retention_days": translate(
            "Configuration", "Applies to the whole log group, which other sources might also use."
        ),
        "application_log_level": translate("Configuration", "Applies to logs in JSON format."),
        "system_log_level": translate("Configuration", "Applies to logs in JSON format."),
        "recursion": translate(
            "Configuration", "Terminate: Lambda stops recursive loops through SQS, SNS and S3."
        ),
        "runtime_version_arn": translate("Configuration", "Used with Manual updates."),
        "snap_start": translate("Configuration", "Takes effect when the next version is published."),
        "dead_letter_arn": translate("Configuration", "A queue or topic for failed events."),
        "code_signing_config_arn": translate("Configuration", "If not set, unsigned code is accepted."),
        "min_environments": translate(
            "Configuration", "For the latest published version. Each environment is billed."
        ),
        "provisioned": translate("Configuration", "Billed for as long as it is configured."),
    }.get(name, "")


def _beyond(name: str, number: int) -> str:
    """What a person should know of a number that the service model takes, and AWS mostly does not."""
    most = _USUAL_LIMITS[name]
    if number <= most:
        return ""
    words = QCoreApplication.translate(
        "Configuration", "Above %1 %2, AWS accepts this only for some types of functions."
    )
    return words.replace("%1", f"{most:,}").replace("%2", unit_of(name))
