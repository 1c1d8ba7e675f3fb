"""Changes a text only where it differs from another: a large one costs no more than the change."""

from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QPlainTextEdit

from workbench.ui.editor import TextEdit


def replace_text(field: QPlainTextEdit, text: str, before: str = "") -> None:
    """Puts a text in a field as one step that can be undone.

    Args:
        field: Takes it.
        text: What it holds then.
        before: What it holds now, where that is known; empty to replace all.
    """
    cursor = field.textCursor()
    if not before:
        cursor.select(QTextCursor.SelectionType.Document)
        cursor.insertText(text)
        return
    begin, end, changed = difference(before, text)
    first = _units(before[:begin])
    cursor.setPosition(first)
    cursor.setPosition(first + _units(before[begin:end]), QTextCursor.MoveMode.KeepAnchor)
    cursor.insertText(changed)


def edit_of(before: str, text: str) -> TextEdit:
    """What the code editor has to change to make one text of another."""
    begin, end, changed = difference(before, text)
    return TextEdit(*_place(before, begin), *_place(before, end), changed)


def difference(before: str, text: str) -> tuple[int, int, str]:
    """The part of a text that was changed, its begin and end, and what stands there now."""
    most = min(len(before), len(text))
    begin = _same(before, text, most)
    end = _same(before, text, most - begin, at_end=True)
    return begin, len(before) - end, text[begin : len(text) - end]


def _place(text: str, at: int) -> tuple[int, int]:
    """Line and column, both from 1."""
    line_begin = text.rfind("\n", 0, at) + 1
    return text.count("\n", 0, at) + 1, _units(text[line_begin:at]) + 1


def _same(old: str, new: str, most: int, *, at_end: bool = False) -> int:
    """How many characters are the same at one end: each step looks at half of what is not known yet."""
    known = 0
    while known < most:
        until = (known + most + 1) // 2
        if at_end:
            is_same = old[len(old) - until : len(old) - known] == new[len(new) - until : len(new) - known]
        else:
            is_same = old[known:until] == new[known:until]
        known, most = (until, most) if is_same else (known, until - 1)
    return known


def _units(text: str) -> int:
    """The length as Qt and the code editor count."""
    return len(text) if text.isascii() else len(text.encode("utf-16-le", "surrogatepass")) // 2
