"""The form of a source's parameters. A field that holds nothing is not sent: AWS's default applies then."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from workbench.aws.quotas import TextLimit
from workbench.core.messages import _
from workbench.triggers.model import SourceKind
from workbench.triggers.parameter import Entry, Parameter, problem_of
from workbench.ui.features.triggers.fields import (
    ChoicesField,
    FiltersField,
    JsonField,
    MomentField,
    PatternField,
    sample_event,
)
from workbench.ui.kit.fields import NUMBER_WIDTH, ChoiceEditor, Editor, FlagEditor, TextEditor, whole_number
from workbench.ui.kit.form import FormRow
from workbench.ui.kit.text import PlainLabel, PlainLine, named, tool_tip
from workbench.ui.kit.text_size import scaled


class NumberField(Editor):
    """A number, or one of the few outside the range that mean something: those are ticks beside it."""

    def __init__(self, parameter: Parameter) -> None:
        super().__init__()
        self._parameter = parameter
        unit = parameter.unit
        title = f"{parameter.label} ({unit})" if unit else parameter.label
        self.line = named(PlainLine(), f"setting.{parameter.name}", title)
        self.line.setFixedWidth(scaled(NUMBER_WIDTH))
        if isinstance(parameter.default, int) and parameter.default not in dict(parameter.also):
            self.line.setPlaceholderText(f"{parameter.default:,}")
        self.ticks = {number: QCheckBox(words) for number, words in parameter.also}
        unit_label = named(PlainLabel(unit), f"unit.{parameter.name}", role="muted")
        self._hold(self.line, unit_label, *self.ticks.values(), stretch=False)
        for number, tick in self.ticks.items():
            named(tick, f"setting.{parameter.name}.{number}", f"{parameter.label}: {tick.text()}")
            tick.clicked.connect(lambda on, number=number: self._ticked(number, on=on))
        self.line.textEdited.connect(self._typed)

    def show_value(self, value: Any) -> None:
        for number, tick in self.ticks.items():
            tick.setChecked(value == number)
        text = "" if value is None or value in self.ticks else f"{value}"
        if self.line.text() != text:
            self.line.setText(text)
        self._switch()

    def value(self) -> int | None:
        for number, tick in self.ticks.items():
            if tick.isChecked():
                return number
        text = self.line.text().strip()
        return whole_number(text) if text else None

    def fault(self) -> str:
        text = self.line.text().strip()
        if any(tick.isChecked() for tick in self.ticks.values()):
            return ""
        if not text:
            needed = self._parameter.required and self._parameter.default is None
            return _("A number is required.") if needed else ""
        try:
            number = whole_number(text)
        except ValueError:
            return range_text(self._parameter)
        minimum, maximum = self._parameter.minimum, self._parameter.maximum
        if number in self.ticks:
            return ""
        if (minimum is None or number >= minimum) and (maximum is None or number <= maximum):
            return ""
        return range_text(self._parameter)

    def _ticked(self, number: int, *, on: bool) -> None:
        for other, tick in self.ticks.items():
            if on and other != number:
                tick.setChecked(False)
        self._switch()
        self.edited.emit()

    def _typed(self) -> None:
        for tick in self.ticks.values():
            tick.setChecked(False)
        self.edited.emit()

    def _switch(self) -> None:
        self.line.setEnabled(not any(tick.isChecked() for tick in self.ticks.values()))


class LineField(TextEditor):
    """A text on one line; the field is empty for what is not set."""

    def __init__(self, parameter: Parameter) -> None:
        limit = TextLimit(parameter.minimum or 0, parameter.maximum, parameter.pattern)
        default = parameter.default if isinstance(parameter.default, str) else ""
        needed = parameter.required and not default
        super().__init__(
            parameter.name,
            parameter.label,
            limit,
            _format_fault(parameter),
            optional=not needed,
            placeholder=default,
        )
        self._needed = needed

    def show_value(self, value: Any) -> None:
        super().show_value("" if value is None else value)

    def value(self) -> str | None:  # type: ignore[override]  # nothing is not an empty text
        return self.line.text().strip() or None

    def fault(self) -> str:
        if not self.line.text().strip():
            return _("A value is required.") if self._needed else ""
        return super().fault()


class NamesField(LineField):
    """One text, or several separated by commas or blanks."""

    def __init__(self, parameter: Parameter) -> None:
        super().__init__(parameter)
        self._parameter = parameter

    def show_value(self, value: Any) -> None:
        super().show_value(", ".join(value) if value else None)

    def value(self) -> tuple[str, ...] | None:  # type: ignore[override]  # several texts
        text = self.line.text().strip()
        texts = (text,) if self._parameter.items == 1 else re.split(r"[,\s]+", text)
        return tuple(filter(None, texts)) or None

    def fault(self) -> str:
        texts = self.value()
        if texts is None:
            return super().fault()
        return _format_fault(self._parameter) if problem_of(self._parameter, texts) else ""


class ChoiceField(ChoiceEditor):
    """One of some values, or AWS's default."""

    def __init__(self, parameter: Parameter) -> None:
        choices: list[tuple[Any, str]] = [(choice, choice) for choice in parameter.choices]
        default = parameter.default
        if parameter.is_open:
            pass
        elif not parameter.required:
            words = _("AWS default ({default})")
            none = _("Not set")
            choices.insert(0, (None, words.format(default=str(default)) if default else none))
        elif default is None:
            choices.insert(0, (None, _("Choose…")))
        super().__init__(parameter.name, parameter.label, choices, open_ended=parameter.is_open)
        self._parameter = parameter
        if (line := self.box.lineEdit()) is not None and default:
            line.setPlaceholderText(str(default))

    def show_value(self, value: Any) -> None:
        if value is None and self._parameter.required:
            value = self._parameter.default
        super().show_value(value)

    def value(self) -> Any:
        return super().value() or None

    def fault(self) -> str:
        if self._parameter.required and self.value() is None:
            return _("Choose a value.")
        return ""


class FlagField(FlagEditor):
    """Yes or no; what is AWS's default is not sent."""

    def __init__(self, parameter: Parameter) -> None:
        super().__init__(parameter.name, parameter.label, "")
        self._default = bool(parameter.default)
        self._shown: Any = None

    def show_value(self, value: Any) -> None:
        self._shown = value
        super().show_value(self._default if value is None else value)

    def value(self) -> bool | None:  # type: ignore[override]  # nothing is not a no
        on = super().value()
        return None if self._shown is None and on == self._default else on


def range_text(parameter: Parameter) -> str:
    """Which numbers a parameter takes."""
    minimum, maximum = parameter.minimum, parameter.maximum
    if minimum is None and maximum is None:
        words = _("Enter a whole number.")
    elif maximum is None:
        words = _("Enter a whole number of at least {minimum:,}.")
    elif minimum is None:
        words = _("Enter a whole number of at most {maximum:,}.")
    else:
        words = _("Enter a whole number from {minimum:,} to {maximum:,}.")
    return words.format(minimum=minimum, maximum=maximum)


def _format_fault(parameter: Parameter) -> str:
    if parameter.entry is Entry.ARN:
        return _("This ARN is not valid here.")
    if parameter.help:
        return _("This value is not valid. {help}").format(help=parameter.help)
    if parameter.pattern:
        return _("This text is not valid. It has to match {pattern}").format(pattern=parameter.pattern)
    return _("This text is not valid.")


_RULES_PATTERN, _TOPICS_POLICY = "EventPattern", "FilterPolicy"


def field_of(parameter: Parameter, kind: SourceKind) -> Editor:
    """The field; patterns get a tester with an event of the source."""
    if parameter.entry is Entry.FILTERS:
        return FiltersField(parameter, lambda: sample_event(kind))
    if parameter.name in (_RULES_PATTERN, _TOPICS_POLICY):
        return PatternField(parameter, lambda: sample_event(kind))
    makers: dict[Entry, Callable[[Parameter], Editor]] = {
        Entry.NUMBER: NumberField,
        Entry.CHOICE: ChoiceField,
        Entry.CHOICES: ChoicesField,
        Entry.FLAG: FlagField,
        Entry.MOMENT: MomentField,
        Entry.NAMES: NamesField,
        Entry.JSON: JsonField,
    }
    return makers.get(parameter.entry, LineField)(parameter)


class ParameterRow(FormRow):
    """One parameter: its label, its field, and what is to be said of it.

    Args:
        parameter: Which.
        editor: Its field.
        locked: Whether AWS refuses to change it any more.
    """

    def __init__(self, parameter: Parameter, editor: Editor, *, locked: bool) -> None:
        super().__init__(parameter.name, parameter.label, editor, dotted=True)
        self.parameter, self.editor = parameter, editor
        self._locked = locked
        self._was_edited = False
        self.label.setToolTip(tool_tip(parameter.name))
        editor.setEnabled(not locked)
        self.mark()

    @property
    def is_untouched(self) -> bool:
        """Whether it only waits for something that AWS needs."""
        return self.parameter.required and not self._was_edited

    def note_edit(self) -> None:
        """The user has changed the value."""
        self._was_edited = True
        self.mark()

    def mark(self) -> str:
        """Says what is wrong, or what to know; returns the fault."""
        fault = "" if self._locked else self.editor.fault()
        if fault and self.is_untouched:
            self.set_message(" ".join(filter(None, (_("A value is required."), self._hint()))), "muted")
        else:
            self.set_message(fault or self._hint(), "danger" if fault else "muted")
        return fault

    def _hint(self) -> str:
        parameter, parts = self.parameter, []
        if parameter.help:
            parts.append(parameter.help)
        if parameter.entry is Entry.NUMBER and (parameter.minimum, parameter.maximum) != (None, None):
            parts.append(range_text(parameter))
        if self._locked:
            parts.append(
                _("AWS does not allow this to be changed later. Remove the trigger and add it again.")
            )
        elif parameter.create_only:
            parts.append(_("Cannot be changed later."))
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
        self.more = named(QToolButton(), "parameterMore", _("More settings"))
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
            section = self._rare if parameter.advanced else self._body
            layout = section.layout()
            assert layout is not None
            layout.addWidget(row)
        has_rare = any(parameter.advanced for parameter in self._parameters)
        self._column.insertWidget(0, self._body)
        self._column.addWidget(self._rare)
        self.more.setVisible(has_rare)
        self._show_rare(shown=self.more.isChecked())

    def _show_rare(self, shown: bool) -> None:
        self.more.setText(_("Less") if shown else _("More"))
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
