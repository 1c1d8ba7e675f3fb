"""The form: a list of sections at the left, the fields of one beside it. Sections are made when opened."""

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QScrollArea,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from workbench.aws.quotas import (
    EPHEMERAL_USUAL_LIMIT_MB,
    MEMORY_USUAL_LIMIT_MB,
    TIMEOUT_USUAL_LIMIT_S,
    NumberLimit,
)
from workbench.core.messages import _, ngettext
from workbench.functions.account_resources import (
    list_code_signing,
    list_dead_letter_targets,
    list_keys,
    list_security_groups,
    list_subnets,
)
from workbench.functions.configuration import ROWS, Setting, setting_name
from workbench.functions.model import FunctionDetail
from workbench.functions.settings import (
    MEMORY_GIB_PER_VCPU,
    RETENTION_DAYS,
    SECURITY_GROUPS_LIMIT,
    SUBNETS_LIMIT,
    TAGS_LIMIT,
    Section,
    has_setting,
    sections,
)
from workbench.ui.features.configuration.draft import Draft, value_text
from workbench.ui.features.configuration.fields import (
    ArnButton,
    EditorContext,
    FileSystemEditor,
    ImageEditor,
    Lister,
    NetworkEditor,
    ReservedEditor,
    RoleEditor,
)
from workbench.ui.features.configuration.layers import LayersEditor
from workbench.ui.features.configuration.pairs import EnvironmentEditor, ProvisionedEditor, TagsEditor
from workbench.ui.kit.fields import ChoiceEditor, Editor, FlagEditor, LinesEditor, NumberEditor, TextEditor
from workbench.ui.kit.form import CHANGED_MARK, FormRow
from workbench.ui.kit.text import named, tool_tip
from workbench.ui.kit.text_size import scaled

_TALL_STRETCH = 100  # against that of the space at the end
_NAME = Qt.ItemDataRole.UserRole
_LIST_WIDTH, _MAX_LIST_WIDTH, _MAX_FORM_WIDTH = 208, 290, 760
_WRONG_MARK = " ⚠"
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


class SettingRow(FormRow):
    """Binds a field to the draft. A changed setting is marked; an unknown one cannot be changed.

    Args:
        name: Of the setting.
        title: What it is called.
        editor: Its field.
        draft: What is being changed.
        wide: Whether the field takes the whole width, below the name.
        hint: Said below as long as nothing else is.
    """

    def __init__(
        self, name: str, title: str, editor: Editor, draft: Draft, *, wide: bool = False, hint: str = ""
    ) -> None:
        super().__init__(name, title, editor, hint=hint, wide=wide, dotted=True)
        self.editor = editor
        self._draft = draft
        self._locked, self._is_fixed = False, ROWS[name].is_fixed
        editor.edited.connect(self._edited)

    def refill(self) -> None:
        """Shows what is wanted now."""
        if not self._draft.is_faulty(self.name):  # what is typed there is nowhere else
            self.editor.show_value(getattr(self._draft.wanted, self.name))
        self.mark()

    def lock(self, *, locked: bool) -> None:
        """Keeps the field from being changed."""
        self._locked = locked
        self.mark()

    def mark(self) -> None:
        """Says whether it is changed, what is wrong, or why it cannot be changed."""
        unread = self._draft.unread(self.name)
        self.editor.setEnabled(not unread and not self._locked and not self._is_fixed)
        self.mark_changed(changed=self._draft.is_changed(self.name))
        fault = self._draft.faults.get(self.name, "")
        warning = "" if fault or unread else self.editor.warning()
        note = "\n".join(filter(None, (self._draft.note(self.name), self.hint)))
        self.set_message(
            fault or unread or warning or note, "danger" if fault else "warning" if warning else "muted"
        )

    def _edited(self) -> None:
        fault = self.editor.fault()
        self._draft.set(self.name, None if fault else self.editor.value(), fault)


class SettingsForm(QWidget):
    """Shows a draft.

    Args:
        draft: What is being changed.
        make_editor: Makes the field of a setting.
        extras: What stands below a setting, by the setting's name.
    """

    def __init__(
        self,
        draft: Draft,
        make_editor: Callable[[str], Editor],
        extras: dict[str, Callable[[], QWidget]],
    ) -> None:
        super().__init__()
        self._draft, self._make_editor, self._extras = draft, make_editor, extras
        self._sections = {section.name: section for section in sections()}
        self._pages: dict[str, QScrollArea] = {}
        self.rows: dict[str, SettingRow] = {}
        self._locked = False
        self._detail: FunctionDetail | None = None
        self.list = named(QListWidget(), "configurationSections", _("Sections"))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        for section in self._sections.values():
            item = QListWidgetItem(section.title)
            item.setData(_NAME, section.name)
            self.list.addItem(item)
        self.list.ensurePolished()
        mark = max(map(self.list.fontMetrics().horizontalAdvance, (CHANGED_MARK, _WRONG_MARK)))
        content = self.list.sizeHintForColumn(0) + mark + 2 * self.list.frameWidth()
        self.list.setFixedWidth(min(max(content, scaled(_LIST_WIDTH)), scaled(_MAX_LIST_WIDTH)))
        self.stack = named(QStackedWidget(), "configurationStack", _("Settings"))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self.list)
        row.addWidget(self.stack, 1)
        self.setFocusProxy(self.list)
        self.list.currentItemChanged.connect(lambda item, _before: self._show(item))
        # Typing changes the draft at every key: what follows from that is said once the key is through.
        self._marking = QTimer(self, singleShot=True, interval=0)
        self._marking.timeout.connect(self._mark)
        draft.changed.connect(self._marking.start)
        draft.refilled.connect(self._refill)

    def show_kind(self, detail: FunctionDetail) -> None:
        """Shows the sections that such a function has."""
        self._detail = detail
        for place in range(self.list.count()):
            item = self.list.item(place)
            item.setHidden(not self._sections[item.data(_NAME)].applies(detail))
        for name, row in self.rows.items():
            row.setVisible(has_setting(detail, name))
        current = self.list.currentItem()
        if current is None or current.isHidden():
            current = self.list.item(0)
        self.list.setCurrentItem(current)  # the keyboard alone makes an item current, but selects none

    def lock(self, *, locked: bool) -> None:
        """Keeps everything from being changed."""
        self._locked = locked
        for row in self.rows.values():
            row.lock(locked=locked)

    def show_section(self, name: str) -> None:
        """Goes to a section."""
        for place in range(self.list.count()):
            if self.list.item(place).data(_NAME) == name:
                self.list.setCurrentRow(place)

    def show_setting(self, name: str) -> None:
        """Goes to a field."""
        for section in self._sections.values():
            if name in section.settings:
                self.show_section(section.name)
                self.rows[name].editor.setFocus()

    def _show(self, item: QListWidgetItem | None) -> None:
        if item is None:
            return
        name = item.data(_NAME)
        if name not in self._pages:
            self._pages[name] = self._page(self._sections[name])
            self.stack.addWidget(self._pages[name])
        self.stack.setCurrentWidget(self._pages[name])

    def _page(self, section: Section) -> QScrollArea:
        body = QWidget()
        body.setMaximumWidth(_MAX_FORM_WIDTH)
        column = QVBoxLayout(body)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(14)
        for name in section.settings:
            row = SettingRow(
                name,
                setting_name(name),
                self._make_editor(name),
                self._draft,
                wide=name in WIDE,
                hint=ROWS[name].hint,
            )
            self.rows[name] = row
            row.lock(locked=self._locked)
            row.refill()
            if self._detail is not None:
                row.setVisible(has_setting(self._detail, name))
            column.addWidget(row, _TALL_STRETCH if name in TALL else 0)
            if name in self._extras:
                column.addWidget(self._extras[name]())
        column.addStretch(1)
        area = named(QScrollArea(), f"section.{section.name}", section.title)
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setWidget(body)
        area.setAlignment(Qt.AlignmentFlag.AlignLeft)
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # Tab goes from the list to the first field
        return area

    def _refill(self) -> None:
        for row in self.rows.values():
            row.refill()

    def _mark(self) -> None:
        faults = self._draft.faults
        for row in self.rows.values():
            row.mark()
        for place in range(self.list.count()):
            item = self.list.item(place)
            section = self._sections[item.data(_NAME)]
            changed = sum(self._draft.is_changed(name) for name in section.settings)
            wrong = any(name in faults for name in section.settings)
            mark = _WRONG_MARK if wrong else CHANGED_MARK if changed else ""
            item.setText(section.title + mark)
            item.setToolTip(tool_tip(self._counted(changed)))

    def _counted(self, changed: int) -> str:
        if not changed:
            return ""
        return ngettext("{count} setting changed", "{count} settings changed", changed).format(count=changed)


class Factory:
    """Makes fields.

    Args:
        context: What they look things up with.
    """

    def __init__(self, context: EditorContext) -> None:
        self._context, self._limits = context, context.limits

    def editor(self, name: str) -> Editor:
        """The field of a setting."""
        title, limits = setting_name(name), self._limits
        if name in self._own:
            return self._own[name](title)
        row = ROWS[name]
        if row.number:
            return NumberEditor(
                name,
                title,
                _range(limits.number(name)),
                ROWS[name].unit,
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
            "environment": lambda title: EnvironmentEditor(title, self._context),
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


def _beyond(name: str, number: int) -> str:
    """What the user should know of a number that the service model takes, and AWS mostly does not."""
    most = _USUAL_LIMITS[name]
    if number <= most:
        return ""
    words = _("Above {most} {name}, AWS accepts this only for some types of functions.")
    return words.format(most=f"{most:,}", name=ROWS[name].unit)
