"""A form: rows of a label, a field, and a line below for messages.

    form = Form()
    form.add(self.name, "Name")
    form.add(NumberEditor("timeout_s", "Timeout", (1, 900), "s"), "Timeout", hint="At most 15 minutes.")
    form.show_values({"timeout_s": 3})
    form.values()  # {"timeout_s": 3}

A row marks that its value was changed, and its line says what is wrong (danger), what to know (warning), or
what somebody else has changed. A field is any widget; `values` and `faults` use those of
workbench/ui/kit/fields.py, by the name of their row.
"""

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QFont, QFontMetrics
from PySide6.QtWidgets import QGroupBox, QHBoxLayout, QVBoxLayout, QWidget

from workbench.ui.kit.fields import Editor
from workbench.ui.kit.text import PlainLabel, named, restyle, show_message, text_label
from workbench.ui.kit.text_size import scaled

LABEL_WIDTH = 190
_MIN_LABEL_HEIGHT, _MAX_LABEL_HEIGHT = 28, 40
_LABEL_PADDING = 4
CHANGED_MARK = " ●"


class FormRow(QWidget):
    """A field with its label, and a line below that takes no room if it is empty.

    Args:
        name: Name of the value.
        title: Text of the label; empty for none.
        hint: Shown below if there is nothing else.
        wide: Whether the field takes the whole width, below its label.
        label_width: In px for texts of 100 %; 0 for the label's own width.
        dotted: Whether the parts are named "row.name", "label.name", "message.name" instead of "nameRow",
            "nameLabel", "nameFault".
    """

    def __init__(
        self,
        name: str,
        title: str,
        field: QWidget,
        *,
        hint: str = "",
        wide: bool = False,
        label_width: int = LABEL_WIDTH,
        dotted: bool = False,
    ) -> None:
        super().__init__()
        self.name, self.field = name, field
        self.hint = hint
        self._title, self._is_changed = title, False
        row, label, message = "row.{}", "label.{}", "message.{}"
        if not dotted:
            row, label, message = "{}Row", "{}Label", "{}Fault"
        self.setObjectName(row.format(name))
        self.setFocusProxy(field)
        self._description = (field.focusProxy() or field).accessibleDescription()
        self.label = named(PlainLabel(title), label.format(name))
        self.label.setBuddy(field.focusProxy() or field)
        self.label.setWordWrap(True)
        self.message = text_label(message.format(name), "", "muted")
        self.message.setVisible(False)
        right = QVBoxLayout()
        right.setSpacing(3)
        right.addWidget(field)
        right.addWidget(self.message)
        layout = QVBoxLayout(self) if wide else QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6 if wide else 12)
        if wide:
            if not title:
                self.label.hide()
            layout.addWidget(self.label)
            layout.addLayout(right)
        else:
            if label_width:
                self.label.setFixedWidth(scaled(label_width))
            height = field.sizeHint().height()
            self.label.setMinimumHeight(height if height < _MAX_LABEL_HEIGHT else scaled(_MIN_LABEL_HEIGHT))
            layout.addWidget(self.label, 0, Qt.AlignmentFlag.AlignTop)
            layout.addLayout(right, 1)
        self.set_message("")

    def set_title(self, title: str) -> None:
        self._title = title
        self._show_title()

    def title_width(self) -> int:
        """The width that the label needs, in px, including the mark of a change if there can be one."""
        if not isinstance(self.field, Editor):
            return self.label.fontMetrics().horizontalAdvance(self._title) + _LABEL_PADDING
        bold = QFont(self.label.font())
        bold.setBold(True)  # as the heading that the label becomes
        return QFontMetrics(bold).horizontalAdvance(self._title + CHANGED_MARK) + _LABEL_PADDING

    def mark_changed(self, *, changed: bool) -> None:
        """Marks that its value differs from what was read."""
        if changed != self._is_changed:
            self._is_changed = changed
            self._show_title()

    def _show_title(self) -> None:
        self.label.setText(self._title + CHANGED_MARK if self._is_changed else self._title)
        restyle(self.label, role="heading" if self._is_changed else "")

    def set_message(self, text: str, role: str = "danger") -> None:
        """Shows what is wrong, or ("warning", "muted") what to know; the hint if empty."""
        show_message(self.message, text or self.hint, role if text else "muted")
        target = self.field.focusProxy() or self.field
        description = self.message.text() or self._description
        if target.accessibleDescription() != description:
            target.setAccessibleDescription(description)


def side_by_side(name: str, *widgets: QWidget, stretched: QWidget) -> QWidget:
    """Makes a field of several widgets, of which one takes the room that is left."""
    field = named(QWidget(), name)
    row = QHBoxLayout(field)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(8)
    for widget in widgets:
        row.addWidget(widget, int(widget is stretched))
    field.setFocusProxy(widgets[0])
    return field


class Form(QWidget):
    """Rows whose labels are as wide as the widest.

    Args:
        min_label_width: In px for texts of 100 %; aligns several forms.

    Signals:
        changed: The user has changed the value of one of its fields (workbench/ui/kit/fields.py).
    """

    changed = Signal()

    def __init__(self, *, spacing: int = 10, min_label_width: int = 0, dotted: bool = False) -> None:
        super().__init__()
        self._min_label_width = min_label_width
        self.rows: dict[str, FormRow] = {}
        self._dotted = dotted
        self._original: dict[str, Any] = {}
        self._hidden: set[str] = set()
        self._group = ""
        self._column = self._rows = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(spacing)

    def add(
        self, field: QWidget, title: str, *, name: str = "", hint: str = "", wide: bool = False
    ) -> FormRow:
        """Adds a row at the end.

        Args:
            name: Name of the row; by default that of the field.
            field: Must have its object name.
        """
        name = name or field.objectName()
        row = FormRow(name, title, field, hint=hint, wide=wide, label_width=0, dotted=self._dotted)
        self.rows[name] = row
        if title and not field.accessibleName():
            field.setAccessibleName(f"{self._group}: {title}" if self._group else title)
        self._rows.addWidget(row)
        self._align_labels()
        if isinstance(field, Editor):
            field.edited.connect(lambda: self._edited(row))
        return row

    def add_widget(self, widget: QWidget) -> None:
        """Adds a widget without a label."""
        self._rows.addWidget(widget)

    def begin_group(self, title: str) -> None:
        """Adds a box for the rows that follow; what has no accessible name gets that of the group and row."""
        self._group, group = title, QGroupBox(title)
        self._column.addWidget(group)
        self._rows = QVBoxLayout(group)
        self._rows.setSpacing(self._column.spacing())

    def show_row(self, name: str, *, shown: bool) -> None:
        self.rows[name].setVisible(shown)
        (self._hidden.discard if shown else self._hidden.add)(name)
        self._align_labels()

    def show_faults(self, faults: Mapping[str, str]) -> None:
        """Shows what is wrong by the names of rows; clears the others."""
        for name, row in self.rows.items():
            row.set_message(faults.get(name, ""))

    # Values of fields ---------------------------------------------------------------------------------------

    def show_values(self, values: Mapping[str, Any]) -> None:
        """Shows these values, from which changes are derived."""
        self._original = dict(values)
        self.change_values(values)

    def change_values(self, values: Mapping[str, Any]) -> None:
        """Shows other values than those that changes are derived from, as if the user had typed them."""
        for name, value in values.items():
            self._field(name).show_value(value)
            self._mark(self.rows[name])

    def values(self) -> dict[str, Any]:
        """The values of the fields; only valid if there is no fault."""
        return {name: self._field(name).value() for name in self._original}

    def changes(self) -> dict[str, Any]:
        """The values that differ from those shown; only valid if there is no fault."""
        return {name: value for name, value in self.values().items() if value != self._original[name]}

    def faults(self) -> dict[str, str]:
        """What is wrong, by the names of rows."""
        found = {name: self._field(name).fault() for name in self._original}
        return {name: fault for name, fault in found.items() if fault}

    def reset(self) -> None:
        """Shows the original values again."""
        self.show_values(self._original)

    def _field(self, name: str) -> Editor:
        field = self.rows[name].field
        assert isinstance(field, Editor)
        return field

    def _edited(self, row: FormRow) -> None:
        self._mark(row)
        self.changed.emit()

    def _mark(self, row: FormRow) -> None:
        field = self._field(row.name)
        fault = field.fault()
        row.mark_changed(changed=bool(fault) or field.value() != self._original.get(row.name))
        row.set_message(fault or field.warning(), "danger" if fault else "warning")

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.StyleChange, QEvent.Type.FontChange):
            self._align_labels()

    def _align_labels(self) -> None:
        beside = [row for row in self.rows.values() if isinstance(row.layout(), QHBoxLayout)]
        shown = [row for row in beside if row.name not in self._hidden]
        least = scaled(self._min_label_width)
        width = max((row.title_width() for row in shown), default=least)
        width = max(width, least)
        for row in beside:
            row.label.setFixedWidth(min(width, scaled(LABEL_WIDTH)))
