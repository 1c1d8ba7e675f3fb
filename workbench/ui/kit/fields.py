"""Fields of forms: texts, numbers, choices, flags, lines. Each says what is wrong with its value."""

import re
from collections.abc import Callable, Sequence
from typing import Any, Protocol

from PySide6.QtCore import QEvent, QObject, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QFocusEvent, QMouseEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QCheckBox,
    QComboBox,
    QCompleter,
    QHBoxLayout,
    QPlainTextEdit,
    QPushButton,
    QSizePolicy,
    QSpinBox,
    QWidget,
)

from workbench.core.messages import _
from workbench.ui.kit.choices import CalmChoice, CalmSpinBox
from workbench.ui.kit.text import PlainLabel, PlainLine, complete_plainly, named
from workbench.ui.kit.text_size import scaled

NUMBER_WIDTH = 110
_LIST_HEIGHT = 76
_VISIBLE_ITEMS = 12
_AS_IN_LISTS_PX = 7


class TextLimit(Protocol):
    """The limits of a text."""

    @property
    def max_length(self) -> int | None:
        """In characters."""

    def accepts(self, text: str) -> bool:
        """Whether a text is right."""


class BrowseButton(QPushButton):
    """Chooses a text for a field. Its creator asks the user when it is clicked.

    Signals:
        picked: The chosen text.
    """

    picked = Signal(str)


class Editor(QWidget):
    """A field for one value.

    Signals:
        edited: The user has changed its value.
    """

    edited = Signal()

    def show_value(self, value: Any) -> None:
        """Shows a value without emitting `edited`."""
        raise NotImplementedError

    def value(self) -> Any:
        """Its value; only valid if `fault` is empty."""
        raise NotImplementedError

    def fault(self) -> str:
        """What is wrong with its value, and what would be right; empty for nothing."""
        return ""

    def warning(self) -> str:
        """What the user should know about its value."""
        return ""

    def _hold(self, *widgets: QWidget, stretch: bool = True) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        for widget in widgets:
            row.addWidget(widget, int(stretch and widget is widgets[0]))
        if not stretch:
            row.addStretch(1)
        self.setFocusProxy(widgets[0])


def length_fault(text: str, limit: TextLimit | None, wrong: str) -> str:
    """What is wrong with a text: its length, or (`wrong`) its form."""
    if limit is None or limit.accepts(text):
        return ""
    if limit.max_length is not None and len(text) > limit.max_length:
        words = _("{count} characters; the maximum is {max_length}.")
        return words.format(count=f"{len(text):,}", max_length=f"{limit.max_length:,}")
    return wrong


class TextEditor(Editor):
    """A line of text.

    Args:
        wrong: Shown if the text does not have the right form.
        optional: Whether it may be empty.
        placeholder: The meaning of an empty field.
        browse: Offers choices; its `picked` carries a text.
        limit: The limits of the service model.
    """

    def __init__(
        self,
        name: str,
        title: str,
        limit: TextLimit | None,
        wrong: str = "",
        *,
        optional: bool = True,
        placeholder: str = "",
        browse: BrowseButton | None = None,
    ) -> None:
        super().__init__()
        self._limit, self._wrong, self._optional = limit, wrong, optional
        self.line = named(PlainLine(), f"setting.{name}", title)
        self.line.setPlaceholderText(placeholder)
        self.line.textEdited.connect(self.edited)
        self._shown = ""
        if browse is None:
            self._hold(self.line)
        else:
            self._hold(self.line, browse)
            browse.picked.connect(self._take)

    def show_value(self, value: Any) -> None:
        self._shown = str(value)
        if self.line.text() != self._shown:  # otherwise the cursor would jump while typing
            self.line.setText(self._shown)
            self.line.setCursorPosition(0)

    def value(self) -> str:
        return self.line.text()

    def _take(self, text: str) -> None:
        self.line.setText(text)
        self.line.setCursorPosition(0)
        self.edited.emit()

    def fault(self) -> str:
        text = self.line.text()
        if text == self._shown:
            return ""  # AWS has this value, whatever the model says
        if not text:
            return "" if self._optional else self._wrong
        return length_fault(text, self._limit, self._wrong)


_WHOLE_NUMBER = re.compile("-?([0-9]{1,18}|[0-9]{1,3}(,[0-9]{3}){1,5})")


def whole_number(text: str) -> int:
    """A whole number as typed, or grouped as Workbench writes it ("1,024").

    int() also accepts "1_000", "+5" and digits of other scripts, which nobody means here.

    Raises:
        ValueError: It is anything else, or longer than any number that AWS takes.
    """
    if _WHOLE_NUMBER.fullmatch(text) is None:
        raise ValueError(text)
    return int(text.replace(",", ""))


class NumberEditor(Editor):
    """A `whole_number`, or any number with `fraction`; may be empty if `optional`.

    Args:
        limits: The range; None for any non-negative number.
        unit: Shown after it.
        optional: Whether it may be empty, meaning None.
        fraction: The range of a number that may be fractional, in place of `limits`.
        warn: Returns what the user should know about a value.
    """

    def __init__(
        self,
        name: str,
        title: str,
        limits: tuple[int, int] | None,
        unit: str = "",
        *,
        optional: bool = False,
        fraction: tuple[float, float] | None = None,
        warn: Callable[[int], str] | None = None,
    ) -> None:
        super().__init__()
        self._limits, self._optional, self._fraction, self._warn = limits, optional, fraction, warn
        self._shown = ""
        self.line = named(PlainLine(), f"setting.{name}", f"{title} ({unit})" if unit else title)
        self.line.setFixedWidth(scaled(NUMBER_WIDTH))
        self.line.textEdited.connect(self.edited)
        unit_label = named(PlainLabel(unit), f"unit.{name}", role="muted")
        self._hold(self.line, unit_label, stretch=False)

    def show_value(self, value: Any) -> None:
        self._shown = "" if value is None else f"{value}"
        if self.line.text() != self._shown:
            self.line.setText(self._shown)

    def value(self) -> Any:
        text = self.line.text().strip()
        if not text:
            return None
        return float(text) if self._fraction else whole_number(text)

    def fault(self) -> str:
        text = self.line.text().strip()
        if (not text and self._optional) or (text and text == self._shown):
            return ""  # AWS has this value, whatever the model says
        try:
            number = self.value()
        except ValueError:
            number = None
        least, most = self._range()
        if number is not None and least <= number and (most is None or number <= most):
            return ""
        if most is None:
            return _("Enter a whole number of at least 0.")
        words = (
            _("Enter a number from {least} to {most}.")
            if self._fraction
            else _("Enter a whole number from {least} to {most}.")
        )
        return words.format(least=f"{least:,}", most=f"{most:,}")

    def warning(self) -> str:
        value = None if self.fault() else self.value()
        return self._warn(value) if self._warn and value is not None else ""

    def _range(self) -> tuple[float, float | None]:
        return self._fraction or self._limits or (0, None)


class OpenChoice(CalmChoice):
    """A list that also accepts typed values.

    A click opens the whole list, as in lists that take no text; typing finds entries that contain the text.
    """

    def __init__(self, name: str, title: str, items: Sequence[str] = ()) -> None:
        super().__init__()
        named(self, name, title)
        self.setEditable(True)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(12)
        self.addItems(list(items))
        completer = QCompleter(self.model(), self)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
        completer.setMaxVisibleItems(_VISIBLE_ITEMS)
        if (popup := completer.popup()) is not None:
            popup.setProperty("part", "choices")
        self.setCompleter(complete_plainly(completer))
        line = self.lineEdit()
        assert line is not None
        named(line, f"{name}Text", title)
        self._is_pressed = self._is_entered = False  # by the mouse
        line.installEventFilter(self)
        self.currentIndexChanged.connect(lambda: line.home(False))  # shows the beginning of a long text

    @property
    def text(self) -> str:
        return self.currentText().strip()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        line = self.lineEdit()
        if watched is line and line is not None and isinstance(event, QMouseEvent):
            is_left = event.button() is Qt.MouseButton.LeftButton
            if is_left and event.type() == QEvent.Type.MouseButtonPress:
                self._is_pressed = True
            elif is_left and event.type() == QEvent.Type.MouseButtonRelease:
                # What was selected with the mouse stays, to be copied or typed over.
                if self._is_pressed and not line.hasSelectedText():
                    self._open_list(select=self._is_entered)
                self._is_pressed = self._is_entered = False
        return super().eventFilter(watched, event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self._is_entered = event.reason() is Qt.FocusReason.MouseFocusReason

    def showPopup(self) -> None:
        """Opens the list in which typing goes on, also for the arrow and the keys that open lists."""
        self._open_list(select=True)

    def _open_list(self, *, select: bool) -> None:
        """Opens the whole list.

        Args:
            select: Whether the text is selected, so that typing replaces it.
        """
        line, completer = self.lineEdit(), self.completer()
        if line is None or completer is None or not self.count():
            return
        line.setFocus(Qt.FocusReason.MouseFocusReason)
        completer.setCompletionPrefix("")
        completer.complete(self.rect())
        row = self.findText(self.currentText(), Qt.MatchFlag.MatchExactly)
        popup = completer.popup()
        if popup is not None and row >= 0:
            with QSignalBlocker(popup.selectionModel()):
                popup.setCurrentIndex(completer.completionModel().index(row, 0))
        if select:
            line.selectAll()


class SuggestedChoice(OpenChoice):
    """An OpenChoice that is given its value until the user chooses one. No suggestion changes that."""

    def __init__(self, name: str, title: str, items: Sequence[str] = ()) -> None:
        super().__init__(name, title, items)
        self._suggested = self.text
        self._was_edited = False
        line = self.lineEdit()
        assert line is not None
        line.textEdited.connect(self._choose)
        self.activated.connect(self._choose)

    @property
    def chosen(self) -> str:
        """What the user has chosen or typed; "" while the value is only a suggestion."""
        return self.text if self.is_chosen else ""

    @property
    def is_chosen(self) -> bool:
        """Whether the value is the user's, which may be empty."""
        return self._was_edited or self.text != self._suggested

    def suggest(self, text: str, items: Sequence[str] | None = None) -> None:
        """Sets the value unless the user has chosen one.

        Args:
            items: The new entries of the list; None keeps those that are there.
        """
        is_chosen, shown = self.is_chosen, self.text
        if items is not None and list(items) != [self.itemText(row) for row in range(self.count())]:
            with QSignalBlocker(self):
                self.clear()
                self.addItems(list(items))
                self.setEditText(shown)
        if not is_chosen:
            self._suggested = text
            if self.text != text:
                self.setEditText(text)

    def release(self) -> None:
        """Lets suggestions set the value again."""
        self._suggested, self._was_edited = self.text, False

    def _choose(self) -> None:
        self._was_edited = True


class ChoiceEditor(Editor):
    """One of some values. A value that is not among them is shown and kept.

    Args:
        open_ended: Whether another value may be typed.
    """

    def __init__(
        self, name: str, title: str, items: Sequence[tuple[Any, str]], *, open_ended: bool = False
    ) -> None:
        super().__init__()
        self._open = open_ended
        self.box: QComboBox
        if open_ended:
            self.box = OpenChoice(f"setting.{name}", title)
        else:
            self.box = named(CalmChoice(), f"setting.{name}", title)
        for value, words in items:
            self.box.addItem(words, value)
        self._hold(self.box)
        if open_ended:
            self.box.currentTextChanged.connect(self._typed)
        else:
            self.box.activated.connect(self.edited)
        self._quiet = False

    def show_value(self, value: Any) -> None:
        self._quiet = True
        place = self.box.findData(value)
        if place < 0 and value not in (None, ""):
            self.box.addItem(str(value), value)
            place = self.box.count() - 1
        self.box.setCurrentIndex(place)
        if place < 0 and self._open:
            self.box.setEditText("")
        self._quiet = False

    def value(self) -> Any:
        if self._open:
            text = self.box.currentText().strip()
            place = self.box.findText(text, Qt.MatchFlag.MatchExactly)
            return self.box.itemData(place) if place >= 0 else text
        return self.box.currentData()

    def fault(self) -> str:
        if self._open and not self.box.currentText().strip():
            return _("Choose a value.")
        return ""

    def _typed(self) -> None:
        if not self._quiet:
            self.edited.emit()


class FlagEditor(Editor):
    """A check box."""

    def __init__(self, name: str, title: str, words: str) -> None:
        super().__init__()
        self.box = named(QCheckBox(words), f"setting.{name}", title)
        self.box.clicked.connect(self.edited)
        self._hold(self.box)

    def show_value(self, value: Any) -> None:
        self.box.setChecked(bool(value))

    def value(self) -> bool:
        return self.box.isChecked()


class LinesEditor(Editor):
    """Several texts, one per line, in order.

    Args:
        limit: The limits of one text.
        most: Maximum number; 0 for no limit.
        placeholder: The meaning of an empty field.
        wrong: Shown for a text that does not have the right form, with {value} for the text.
    """

    def __init__(
        self,
        name: str,
        title: str,
        limit: TextLimit | None,
        most: int = 0,
        placeholder: str = "",
        wrong: str = "",
    ) -> None:
        super().__init__()
        self._limit, self._most, self._wrong = limit, most, wrong
        self._shown: tuple[str, ...] = ()
        self.text = named(QPlainTextEdit(), f"setting.{name}", title)
        self.text.setPlaceholderText(placeholder)
        self.text.setTabChangesFocus(True)
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.text.setFixedHeight(scaled(_LIST_HEIGHT))
        self._quiet = False
        self.text.textChanged.connect(self._typed)
        self._hold(self.text)

    def show_value(self, value: Any) -> None:
        self._shown = tuple(value)
        if self.value() == self._shown:
            return  # nor does the cursor jump while typing
        self._quiet = True
        self.text.setPlainText("\n".join(self._shown))
        self._quiet = False

    def value(self) -> tuple[str, ...]:
        lines = (line.strip() for line in self.text.toPlainText().splitlines())
        return tuple(line for line in lines if line)

    def fault(self) -> str:
        lines = self.value()
        if self._most and len(lines) > self._most:
            words = _("{count} values; the maximum is {most}.")
            return words.format(count=str(len(lines)), most=str(self._most))
        if self._limit is None:
            return ""
        for number, line in enumerate(lines):
            if line in lines[:number]:
                return _("{line} is listed twice.").format(line=line)
            if line not in self._shown and not self._limit.accepts(line):
                return self._wrong.format(value=line[:60])
        return ""

    def _typed(self) -> None:
        if not self._quiet:
            self.edited.emit()


def number_box(object_name: str, accessible_name: str, least: int, most: int, suffix: str = "") -> QSpinBox:
    """Makes a field for a whole number with a unit, for forms that do not use Editor.

    Args:
        object_name: See `named`.
        accessible_name: See `named`; empty where a label beside it is its buddy.
        least: The smallest number.
        most: The largest number.
        suffix: The unit with a space before it (" MB"), or nothing.
    """
    box = named(CalmSpinBox(), object_name, accessible_name)
    indent(box)
    box.setRange(least, most)
    box.setSuffix(suffix)
    return box


def indent(box: QAbstractSpinBox) -> None:
    """Lets its text stand as far in as that of the lists beside it: Qt's style sheets do not reach it."""
    box.lineEdit().setTextMargins(_AS_IN_LISTS_PX, 0, 0, 0)


def segmented(name: str, title: str, buttons: Sequence[QAbstractButton]) -> QWidget:
    """Joins buttons, which belong to an exclusive QButtonGroup, into one control.

    Args:
        title: What is chosen, for screen readers.
        buttons: From left to right; they keep their names and signals.
    """
    control = named(QWidget(), name, title)
    control.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
    row = QHBoxLayout(control)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(0)
    for number, button in enumerate(buttons):
        is_last = number == len(buttons) - 1
        button.setProperty("segment", "last" if is_last else "first" if number == 0 else "middle")
        row.addWidget(button)
    return control
