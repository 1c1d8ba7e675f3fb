"""The form: a list of sections at the left, the fields of one beside it. Sections are made when opened."""

from collections.abc import Callable

from PySide6.QtCore import Qt, QTimer, Signal
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

from workbench.core.messages import _, ngettext
from workbench.functions.configuration import ROWS
from workbench.functions.model import FunctionDetail
from workbench.ui.configuring.draft import Draft
from workbench.ui.configuring.factory import TALL, WIDE, hint
from workbench.ui.configuring.labels import setting_title
from workbench.ui.configuring.sections import Section, has_setting, sections
from workbench.ui.kit.fields import Editor
from workbench.ui.kit.form import FormRow
from workbench.ui.kit.text import tool_tip
from workbench.ui.kit.text_size import scaled
from workbench.ui.named import named

_TALL_STRETCH = 100  # against that of the space at the end
_NAME = Qt.ItemDataRole.UserRole
_LIST_WIDTH, _MAX_FORM_WIDTH = 208, 760


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
        self.say(fault or unread or warning or note, "danger" if fault else "warning" if warning else "muted")

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

    section_shown = Signal(str)

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
        self.list.setFixedWidth(scaled(_LIST_WIDTH))
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        for section in self._sections.values():
            item = QListWidgetItem(section.title)
            item.setData(_NAME, section.name)
            self.list.addItem(item)
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
            self.list.setCurrentRow(0)

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
        self.section_shown.emit(name)

    def _page(self, section: Section) -> QScrollArea:
        body = QWidget()
        body.setMaximumWidth(_MAX_FORM_WIDTH)
        column = QVBoxLayout(body)
        column.setContentsMargins(20, 16, 20, 16)
        column.setSpacing(14)
        for name in section.settings:
            row = SettingRow(
                name,
                setting_title(name),
                self._make_editor(name),
                self._draft,
                wide=name in WIDE,
                hint=hint(name),
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
            mark = " ⚠" if wrong else " ●" if changed else ""
            item.setText(section.title + mark)
            item.setToolTip(tool_tip(self._counted(changed)))

    def _counted(self, changed: int) -> str:
        if not changed:
            return ""
        return ngettext("{count} setting changed", "{count} settings changed", changed).format(count=changed)
