"""Lets tests that look for English texts use the program in the pseudo-language.

Tests read widgets as if these were in English, and may choose entries by their English texts. The program
itself, and what looks whether texts are translated and whole, sees what the user sees.
"""

import functools
import re
import sys
from collections.abc import Callable, Iterator
from typing import Any

from PySide6.QtCore import QModelIndex
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QComboBox,
    QListWidget,
    QListWidgetItem,
    QTableWidgetItem,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)

from workbench.core.errors import WorkbenchError
from workbench.core.messages import ACCENTED, pseudo

_GETTERS = (
    *("text", "toPlainText", "windowTitle", "title", "data", "itemText", "currentText", "tabText", "toolTip"),
    *("accessibleName", "accessibleDescription", "placeholderText", "informativeText", "statusTip"),
)
_ROOTS = (QWidget, QAction, QModelIndex, QListWidgetItem, QTableWidgetItem, QTreeWidgetItem)
_SETTERS = ((QComboBox, "setCurrentText"), (QComboBox, "findText"))
_FINDERS = ((QListWidget, "findItems"), (QTreeWidget, "findItems"))
_EXAMINERS = (__name__, "tests.ui.dialog_fit", "tests.ui.tab_walk", "tests.e2e.shown_texts")
_PLAIN = {accented: letter for letter, accented in ACCENTED.items()}
_LONGER = re.compile(r"( ~+)+(?![\w/])")


def in_english(text: str) -> str:
    """What `pseudo` made this text of."""
    return _LONGER.sub("", text).translate(_PLAIN)


def install() -> None:
    """Changes the classes that there are by now, for good: call it in a process of its own."""
    for kind in _kinds(_ROOTS):
        for name in _GETTERS:
            if callable(kind.__dict__.get(name)):
                setattr(kind, name, _reading(kind.__dict__[name]))
    for kind, name in _SETTERS:
        setattr(kind, name, _choosing(kind.__dict__[name]))
    for kind, name in _FINDERS:
        setattr(kind, name, _finding(kind.__dict__[name]))
    WorkbenchError.__str__ = _reading(WorkbenchError.__str__)  # type: ignore[method-assign]


def _kinds(roots: tuple[type, ...]) -> Iterator[type]:
    waiting, seen = list(roots), set()
    while waiting:
        kind = waiting.pop()
        if kind not in seen:
            seen.add(kind)
            waiting += type.__subclasses__(kind)
            yield kind


def _asked_by_test() -> bool:
    """Whether the caller of the function that asks this is a test, and not the program."""
    name = sys._getframe(2).f_globals.get("__name__", "")
    return name.startswith("tests.") and name not in _EXAMINERS


def _reading(get: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(get)
    def read(*args: Any, **options: Any) -> Any:
        found = get(*args, **options)
        return in_english(found) if isinstance(found, str) and _asked_by_test() else found

    return read


def _choosing(choose: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(choose)
    def by_english(box: QComboBox, text: str, *options: Any) -> Any:
        if _asked_by_test():
            texts = [QComboBox.itemText(box, number) for number in range(box.count())]
            text = next((each for each in map(str, texts) if in_english(each) == text), text)
        return choose(box, text, *options)

    return by_english


def _finding(find: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(find)
    def by_english(view: QWidget, text: str, *options: Any) -> Any:
        found = find(view, text, *options)
        return found or (find(view, pseudo(text), *options) if _asked_by_test() else found)

    return by_english
