"""The form of a source's parameters: made of their descriptions, rare ones behind More."""

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from workbench.triggers.parameter import Entry, Parameter
from workbench.ui.configuring.editors import Editor
from workbench.ui.kit.text import PlainLabel, tool_tip
from workbench.ui.kit.text_size import scaled
from workbench.ui.named import named
from workbench.ui.sign_in.form import text_label
from workbench.ui.triggers.fields import range_words

_LABEL_WIDTH = 190


class ParameterRow(QWidget):
    """One parameter: its label, its field, and what is to be said of it.

    Args:
        parameter: Which.
        editor: Its field.
        locked: Whether AWS refuses to change it any more.
    """

    def __init__(self, parameter: Parameter, editor: Editor, *, locked: bool) -> None:
        super().__init__()
        self.parameter, self.editor = parameter, editor
        self._locked = locked
        self._was_edited = False
        self.setObjectName(f"row.{parameter.name}")
        label = named(PlainLabel(parameter.label), f"label.{parameter.name}")
        label.setWordWrap(True)
        label.setFixedWidth(scaled(_LABEL_WIDTH))
        label.setMinimumHeight(scaled(28))
        label.setBuddy(editor.focusProxy() or editor)
        label.setToolTip(tool_tip(parameter.name))
        self.message = text_label(f"message.{parameter.name}", "", "muted")
        right = QVBoxLayout()
        right.setSpacing(3)
        right.addWidget(editor)
        right.addWidget(self.message)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(12)
        row.addWidget(label, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(right, 1)
        editor.setEnabled(not locked)
        self.mark()

    @property
    def is_untouched(self) -> bool:
        """Whether it only waits for something that AWS needs."""
        return self.parameter.required and not self._was_edited

    def note_edit(self) -> None:
        """A person has changed what it holds."""
        self._was_edited = True
        self.mark()

    def mark(self) -> str:
        """Says what is wrong, or what to know; returns the fault."""
        fault = "" if self._locked else self.editor.fault()
        if fault and self.is_untouched:
            words, role = " ".join(filter(None, (self.tr("A value is required."), self._hint()))), "muted"
        else:
            words, role = (fault, "danger") if fault else (self._hint(), "muted")
        if words != self.message.text() or role != self.message.property("role"):
            self.message.setText(words)
            self.message.setAccessibleName(words)
            self.message.setProperty("role", role)
            self.message.style().unpolish(self.message)
            self.message.style().polish(self.message)
            target = self.editor.focusProxy()
            if isinstance(target, QWidget):
                target.setAccessibleDescription(words)
        self.message.setVisible(bool(words))
        return fault

    def _hint(self) -> str:
        parameter, parts = self.parameter, []
        if parameter.help:
            parts.append(parameter.help)
        if parameter.entry is Entry.NUMBER and (parameter.minimum, parameter.maximum) != (None, None):
            parts.append(range_words(parameter))
        if self._locked:
            parts.append(
                self.tr("AWS does not allow this to be changed later. Remove the trigger and add it again.")
            )
        elif parameter.create_only:
            parts.append(self.tr("Cannot be changed later."))
        return " ".join(parts)


class ParameterForm(QWidget):
    """The fields of a source.

    Args:
        make_field: Makes the field of a parameter.
    """

    changed = Signal()

    def __init__(self, make_field: Callable[[Parameter], Editor]) -> None:
        super().__init__()
        self.setObjectName("parameterForm")
        self._make_field = make_field
        self.rows: dict[str, ParameterRow] = {}
        self._parameters: tuple[Parameter, ...] = ()
        self._is_edit = False
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(12)
        self._body: QWidget | None = None
        self._rare: QWidget | None = None
        self.more = named(QToolButton(), "parameterMore", self.tr("More settings"))
        self.more.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.more.setCheckable(True)
        self.more.setVisible(False)
        self.more.toggled.connect(self._show_rare)
        self._column.addWidget(self.more, 0, Qt.AlignmentFlag.AlignLeft)

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """What the fields were made of."""
        return self._parameters

    def show_parameters(
        self, parameters: Sequence[Parameter], values: Mapping[str, object], *, is_edit: bool = False
    ) -> None:
        """Shows fields for these, with what they hold.

        Args:
            parameters: Of the source.
            values: By name; what is not in it is not set.
            is_edit: Whether the trigger is there already: what AWS does not change is locked.
        """
        if (tuple(parameters), is_edit) != (self._parameters, self._is_edit) or self._body is None:
            self._parameters, self._is_edit = tuple(parameters), is_edit
            self._make()
        for name, row in self.rows.items():
            row.editor.show_value(values.get(name))
            row.mark()

    def set_value(self, name: str, value: object) -> None:
        """Sets one, as a fix does; a rare one comes to sight."""
        if (row := self.rows.get(name)) is not None:
            row.editor.show_value(value)
            if row.parameter.advanced:
                self.more.setChecked(True)
            self._edited(row)

    def values(self) -> dict[str, object]:
        """What is set; only to be asked for when there is no fault."""
        held = {name: row.editor.value() for name, row in self.rows.items()}
        return {name: value for name, value in held.items() if value is not None}

    def typed(self, name: str) -> str:
        """The text of one field; empty for none, and for what is wrong."""
        row = self.rows.get(name)
        value = None if row is None or row.editor.fault() else row.editor.value()
        return str(value or "")

    def faults(self) -> dict[str, str]:
        """What is wrong, by parameter."""
        found = {name: row.mark() for name, row in self.rows.items()}
        return {name: fault for name, fault in found.items() if fault}

    def missing(self) -> list[str]:
        """What is still to be filled in, if nothing else is wrong."""
        rows = [self.rows[name] for name in self.faults()]
        return [row.parameter.label for row in rows] if all(row.is_untouched for row in rows) else []

    def focus_first(self) -> None:
        """Gives the keyboard to the first field."""
        for row in self.rows.values():
            row.editor.setFocus()
            return

    def _make(self) -> None:
        for old in (self._body, self._rare):
            if old is not None:
                self._column.removeWidget(old)
                old.hide()
                old.deleteLater()
        self.rows = {}
        self._body, self._rare = _column(), _column()
        for parameter in self._parameters:
            editor = self._make_field(parameter)
            row = ParameterRow(parameter, editor, locked=self._is_edit and parameter.create_only)
            self.rows[parameter.name] = row
            editor.edited.connect(lambda row=row: self._edited(row))
            place = self._rare if parameter.advanced else self._body
            layout = place.layout()
            assert layout is not None
            layout.addWidget(row)
        has_rare = any(parameter.advanced for parameter in self._parameters)
        self._column.insertWidget(0, self._body)
        self._column.addWidget(self._rare)
        self.more.setVisible(has_rare)
        self._show_rare(shown=self.more.isChecked())

    def _show_rare(self, shown: bool) -> None:
        self.more.setText(self.tr("Less") if shown else self.tr("More"))
        self.more.setArrowType(Qt.ArrowType.DownArrow if shown else Qt.ArrowType.RightArrow)
        if self._rare is not None:
            self._rare.setVisible(shown and self.more.isVisibleTo(self))

    def _edited(self, row: ParameterRow) -> None:
        row.note_edit()
        self.changed.emit()


def _column() -> QWidget:
    widget = QWidget()
    column = QVBoxLayout(widget)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(12)
    return widget
