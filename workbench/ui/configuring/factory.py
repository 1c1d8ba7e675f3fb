"""Makes the field of each setting, with the service model's limits; has the fields of single settings."""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontDatabase
from PySide6.QtWidgets import (
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
)

from workbench.aws.names import image_region
from workbench.aws.quotas import (
    EPHEMERAL_USUAL_LIMIT_MB,
    MEMORY_USUAL_LIMIT_MB,
    TIMEOUT_USUAL_LIMIT_S,
    NumberLimit,
)
from workbench.core.errors import WorkbenchError
from workbench.core.jobs import Job
from workbench.core.messages import _
from workbench.functions.account_resources import (
    NetworkPart,
    list_access_points,
    list_code_signing,
    list_dead_letter_targets,
    list_keys,
    list_security_groups,
    list_subnets,
)
from workbench.functions.configuration import ROWS, FileSystem, Setting
from workbench.functions.roles import Policy, Role, list_roles, read_policies
from workbench.functions.settings.limits import (
    MEMORY_GIB_PER_VCPU,
    RETENTION_DAYS,
    SECURITY_GROUPS_LIMIT,
    SUBNETS_LIMIT,
    TAGS_LIMIT,
)
from workbench.ui.configuring.editors import ArnButton, EditorContext, Lister, ReservedEditor
from workbench.ui.configuring.environment import EnvironmentEditor
from workbench.ui.configuring.labels import setting_title, unit_of, value_text
from workbench.ui.configuring.layers import LayersEditor
from workbench.ui.configuring.pairs import ProvisionedEditor, TagsEditor
from workbench.ui.configuring.pick_dialog import PickDialog
from workbench.ui.kit.fields import (
    CalmOpenChoice,
    ChoiceEditor,
    Editor,
    FlagEditor,
    LinesEditor,
    NumberEditor,
    TextEditor,
    length_fault,
)
from workbench.ui.kit.table_model import Column
from workbench.ui.kit.text import say, text_label
from workbench.ui.kit.text_size import scaled
from workbench.ui.named import named
from workbench.ui.services import OpenFunction

_USUAL_LIMITS = {
    "memory_mb": MEMORY_USUAL_LIMIT_MB,
    "timeout_s": TIMEOUT_USUAL_LIMIT_S,
    "ephemeral_storage_mb": EPHEMERAL_USUAL_LIMIT_MB,
}
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
_MIN_POLICIES_HEIGHT = 180


class ImageEditor(TextEditor):
    """Its URI; Lambda takes images of the function's own region only.

    Args:
        title: What it is called.
        context: Knows the function.
    """

    def __init__(self, title: str, context: EditorContext) -> None:
        wrong = _("This is not an Amazon ECR image in {region}.")
        super().__init__("image_uri", title, None, wrong)
        self._context = context

    def value(self) -> str:
        return super().value().strip()

    def fault(self) -> str:
        function = self._context.function()
        region = function.detail.region if function else ""
        if self.value() == self._shown or image_region(self.value()) == region:
            return ""
        return self._wrong.format(region=region)


class FileSystemEditor(Editor):
    """One file system, or none: AWS takes no more. Others that a function has are kept."""

    def __init__(self, title: str, context: EditorContext) -> None:
        super().__init__()
        limits = self._limits = context.limits
        self._shown: tuple[FileSystem, ...] = ()
        arn, mount = _("Access point ARN"), _("Mount path")
        direct = _("Direct S3 read")
        self.arn = named(QLineEdit(), "setting.file_systems", f"{title}: {arn}")
        self.arn.setPlaceholderText(_("None"))
        self.mount = named(QLineEdit(), "mount.file_systems", f"{title}: {mount}")
        self.mount.setPlaceholderText("/mnt/data")
        self.direct = named(QComboBox(), "direct.file_systems", f"{title}: {direct}")
        self.direct.addItem(_("AWS default"), "")
        for value in limits.known("direct_s3_read"):
            self.direct.addItem(value, value)
        self.browse = ArnButton("file_systems", arn, context, list_access_points)
        self.browse.picked.connect(self._take)
        access_point = QHBoxLayout()
        access_point.setSpacing(8)
        access_point.addWidget(self.arn, 1)
        access_point.addWidget(self.browse)
        form = QFormLayout(self)
        form.setContentsMargins(0, 0, 0, 0)
        form.setSpacing(8)
        form.addRow(arn, access_point)
        form.addRow(mount, self.mount)
        form.addRow(direct, self.direct)
        self.setFocusProxy(self.arn)
        for line in (self.arn, self.mount):
            line.textEdited.connect(self.edited)
        self.direct.activated.connect(self.edited)

    def show_value(self, value: Any) -> None:
        self._shown = tuple(value)
        first = self._shown[0] if self._shown else FileSystem("", "")
        for line, text in ((self.arn, first.arn), (self.mount, first.mount_path)):
            if line.text() != text:
                line.setText(text)
        if self.direct.findData(first.direct_s3_read) < 0:
            self.direct.addItem(first.direct_s3_read, first.direct_s3_read)
        self.direct.setCurrentIndex(self.direct.findData(first.direct_s3_read))

    def _take(self, arn: str) -> None:
        self.arn.setText(arn)
        self.arn.setCursorPosition(0)
        self.edited.emit()

    def value(self) -> tuple[FileSystem, ...]:
        arn, mount = self.arn.text().strip(), self.mount.text().strip()
        if not arn and not mount:
            return self._shown[1:]
        return (FileSystem(arn, mount, self.direct.currentData() or ""), *self._shown[1:])

    def fault(self) -> str:
        value = self.value()
        if value == self._shown or not value:
            return ""
        arn, mount = self._limits.text("file_systems"), self._limits.text("mount_path")
        if arn is not None and not arn.accepts(value[0].arn):
            return _("Enter the ARN of an Amazon EFS or S3 Files access point.")
        if mount is not None and not mount.accepts(value[0].mount_path):
            return _("Enter a path below /mnt, such as /mnt/data.")
        return ""


class NetworkEditor(LinesEditor):
    """Ids, one a line.

    Args:
        name: Of the setting.
        title: What they are called.
        context: Where to look.
        lister: Reads what there is.
        most: How many there may be.
        wrong: Said of one that has not the right form, with {value} for it.
    """

    def __init__(
        self, name: str, title: str, context: EditorContext, lister: Lister, most: int, wrong: str
    ) -> None:
        super().__init__(
            name,
            title,
            context.limits.text(name),
            most,
            _("One ID per line"),
            wrong,
        )
        self._name, self._title, self._context, self._lister = name, title, context, lister
        words = _("Choose…")
        self.browse = named(QPushButton(words), f"browse.{name}", f"{words} {title}")
        self.browse.clicked.connect(self._browse)
        row = self.layout()
        assert row is not None
        row.addWidget(self.browse)

    def add(self, id_: str) -> None:
        """Puts one at the end, unless it is there."""
        if id_ not in self.value():
            self.text.setPlainText("\n".join((*self.value(), id_)))

    def _browse(self) -> None:
        function = self._context.function()
        if function is None:
            return
        columns = (
            Column[NetworkPart](_("ID"), lambda part: part.id, 220),
            Column[NetworkPart](_("Name"), lambda part: part.name, 160),
            Column[NetworkPart](_("VPC"), lambda part: part.vpc_id, 200),
            Column[NetworkPart](_("Details"), lambda part: part.about),
        )
        dialog = PickDialog(f"pick.{self._name}", self._title, columns, self.window())
        dialog.picked.connect(self.add)
        dialog.read(self._context.jobs, lambda ctx: self._lister(function.connection, ctx))
        dialog.open()


class RoleEditor(Editor):
    """A role.

    Args:
        title: What it is called.
        context: Where to look.
    """

    def __init__(self, title: str, context: EditorContext) -> None:
        super().__init__()
        self._context = context
        self._shown = ""
        self._listed_for: OpenFunction | None = None
        self._quiet = False
        self._words = ""
        self._unlisted = ""  # why the roles are not known: an ARN can still be typed
        self.box = CalmOpenChoice("setting.role_arn", title)
        self.box.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.state = text_label("policiesState", "", "muted")
        self.policies = named(QPlainTextEdit(), "policies", _("Policies of the role"))
        self.policies.setReadOnly(True)
        self.policies.setTabChangesFocus(True)
        self.policies.setFont(QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont))
        self.policies.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.policies.setMinimumHeight(scaled(_MIN_POLICIES_HEIGHT))
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        for widget in (self.box, self.state, self.policies):
            column.addWidget(widget)
        self.setFocusProxy(self.box)
        self.box.currentTextChanged.connect(self._typed)

    def show_value(self, value: Any) -> None:
        self._shown = str(value)
        self._put(self._shown)
        self.look_up()

    def value(self) -> str:
        return self.box.text

    def fault(self) -> str:
        text = self.box.text
        wrong = _("Enter a role ARN: arn:aws:iam::123456789012:role/NAME.")
        if text == self._shown:
            return ""
        return length_fault(text, self._context.limits.text("role_arn"), wrong) if text else wrong

    def setEnabled(self, enabled: bool) -> None:
        """Keeps the role from being changed; its policies can still be read."""
        self.box.setEnabled(enabled)

    def look_up(self) -> None:
        """Reads the roles, once for an account, and what the chosen one allows; while it can be seen."""
        function = self._context.function()
        if function is None or not self.isVisible():
            return
        if self._listed_for is None or self._listed_for.connection is not function.connection:
            self._listed_for, self._unlisted = function, ""
            self._list(function)
        self._read(function)

    def showEvent(self, event: Any) -> None:
        super().showEvent(event)
        self.look_up()

    def add_roles(self, roles: Sequence[Role]) -> None:
        """Takes roles that have just come; what is typed stays."""
        text = self.box.text
        self._quiet = True
        for role in roles:
            if self.box.findText(role.arn) < 0:
                self.box.addItem(role.arn)
        self._quiet = False
        self._put(text)

    def _put(self, text: str) -> None:
        if text == self.box.currentText():
            return
        self._quiet = True
        self.box.setEditText(text)
        line = self.box.lineEdit()
        if line is not None and not line.hasFocus():
            line.setCursorPosition(0)
        self._quiet = False

    def _typed(self) -> None:
        if not self._quiet:
            self.edited.emit()
            if (function := self._context.function()) is not None and not self.fault():
                self._read(function)

    def _list(self, function: OpenFunction) -> None:
        self._context.jobs.submit(
            Job(
                _("Reading the roles"),
                lambda ctx: list_roles(function.connection, ctx),
                replaces="configuration.roles",
                quiet=True,
                on_item=lambda page: self.add_roles(page) if isinstance(page, tuple) else None,
                on_error=self._not_listed,
            )
        )

    def _not_listed(self, error: WorkbenchError) -> None:
        self._unlisted = str(error)
        self._show_state(self._words, "warning")

    def _read(self, function: OpenFunction) -> None:
        role_arn = self.box.text
        self._show_state(_("Reading its policies…"), "muted")
        self._context.jobs.submit(
            Job(
                _("Reading the policies"),
                lambda ctx: read_policies(function.connection, role_arn, ctx),
                replaces="configuration.policies",
                quiet=True,
                on_done=self._show,
                on_error=self._failed,
            )
        )

    def _show(self, policies: Sequence[Policy]) -> None:
        parts = []
        for policy in policies:
            kind = policy.arn or _("inline")
            head = f"# {policy.name} ({kind})" if policy.name else "#"
            parts.append(f"{head}\n{policy.document or policy.problem}")
        self.policies.setPlainText("\n\n".join(parts))
        self._show_state(
            "" if parts else _("The role has no policies, so it grants no permissions."),
            "muted",
        )

    def _failed(self, error: WorkbenchError) -> None:
        self.policies.setPlainText("")
        self._show_state(str(error), "warning")

    def _show_state(self, words: str, role: str) -> None:
        self._words = words
        words = "\n".join(filter(None, (self._unlisted, words)))
        role = "warning" if self._unlisted else role
        say(self.state, words, role)


class Factory:
    """Makes fields.

    Args:
        context: What they look things up with.
    """

    def __init__(self, context: EditorContext) -> None:
        self._context, self._limits = context, context.limits

    def editor(self, name: str) -> Editor:
        """The field of a setting."""
        title, limits = setting_title(name), self._limits
        if name in self._own:
            return self._own[name](title)
        row = ROWS[name]
        if row.number:
            return NumberEditor(
                name,
                title,
                _range(limits.number(name)),
                unit_of(name),
                optional=row.default is None and not row.is_required,
                warn=partial(_beyond, name) if name in _USUAL_LIMITS else None,
            )
        if row.values:
            return ChoiceEditor(name, title, self._choices(row))
        return self._text(name, title)

    @property
    def _own(self) -> dict[str, Callable[[str], Editor]]:
        limits = self._limits
        return {
            "environment": lambda title: EnvironmentEditor(
                title, limits.text("variable"), self._context.jobs
            ),
            "tags": lambda title: TagsEditor(title, limits.text("tag"), limits.text("tag_value"), TAGS_LIMIT),
            "provisioned": lambda title: ProvisionedEditor(title, self._context),
            "reserved_concurrency": ReservedEditor,
            "runtime": lambda title: ChoiceEditor(
                "runtime", title, [(value, value) for value in limits.known("runtime")], open_ended=True
            ),
            "log_retention_days": lambda title: ChoiceEditor(
                "log_retention_days",
                title,
                [(days, value_text("log_retention_days", days)) for days in (None, *RETENTION_DAYS)],
            ),
            "ipv6_dual_stack": lambda title: FlagEditor("ipv6_dual_stack", title, _("Allow IPv6 traffic")),
            "memory_gib_per_vcpu": lambda title: NumberEditor(
                "memory_gib_per_vcpu", title, None, "GiB", optional=True, fraction=MEMORY_GIB_PER_VCPU
            ),
            "file_systems": lambda title: FileSystemEditor(title, self._context),
            "layers": lambda title: LayersEditor(title, self._context),
            "role_arn": lambda title: RoleEditor(title, self._context),
            "image_uri": lambda title: ImageEditor(title, self._context),
            "subnet_ids": lambda title: NetworkEditor(
                "subnet_ids",
                title,
                self._context,
                list_subnets,
                SUBNETS_LIMIT,
                _("“{value}” is not a subnet ID, such as subnet-0123456789abcdef0."),
            ),
            "security_group_ids": lambda title: NetworkEditor(
                "security_group_ids",
                title,
                self._context,
                list_security_groups,
                SECURITY_GROUPS_LIMIT,
                _("“{value}” is not a security group ID, such as sg-0123456789abcdef0."),
            ),
            "entry_point": lambda title: self._arguments("entry_point", title),
            "command": lambda title: self._arguments("command", title),
        }

    def _arguments(self, name: str, title: str) -> LinesEditor:
        words = _("Image default. One argument per line.")
        return LinesEditor(name, title, None, 0, words)

    def _choices(self, row: Setting) -> list[tuple[str, str]]:
        unset = _("AWS default")
        if row.is_fixed:
            unset = _("None")
        known = [(each, each) for each in self._limits.known(row.name)]
        return [("", unset), *known] if row.is_optional and not row.default else known

    def _text(self, name: str, title: str) -> TextEditor:
        wrong = {
            "handler": _("A handler cannot contain spaces. Example: app.handler."),
            "log_group": _("Use letters (A–Z), digits and . - _ / #"),
            "custom_runtime_arn": _("This is not a runtime ARN."),
            "custom_runtime_alias": _("Enter the name of a runtime alias."),
            "capacity_provider_arn": _("This is not a capacity provider ARN."),
            "runtime_version_arn": _("This is not a runtime version ARN."),
            "code_signing_config_arn": _("This is not a code signing configuration ARN."),
        }.get(name, _("This is not a valid ARN."))
        placeholder = {
            "description": "",
            "kms_key_arn": _("AWS managed key"),
            "durable_kms_key_arn": _("AWS managed key"),
            "working_directory": _("Image default"),
        }.get(name, _("None"))
        lister = _LISTERS.get(name)
        return TextEditor(
            name,
            title,
            self._limits.text(name),
            wrong,
            optional=not ROWS[name].is_required,
            placeholder=placeholder,
            browse=ArnButton(name, title, self._context, lister) if lister else None,
        )


def _range(limit: NumberLimit | None) -> tuple[int, int] | None:
    return (limit.minimum, limit.maximum) if limit is not None else None


def hint(name: str) -> str:
    """What the user may want to know of a setting before changing it."""
    return ROWS[name].hint


def _beyond(name: str, number: int) -> str:
    """What the user should know of a number that the service model takes, and AWS mostly does not."""
    most = _USUAL_LIMITS[name]
    if number <= most:
        return ""
    words = _("Above {most} {name}, AWS accepts this only for some types of functions.")
    return words.format(most=f"{most:,}", name=unit_of(name))
