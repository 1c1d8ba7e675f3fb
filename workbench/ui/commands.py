"""The actions as rows of a list: what the command palette and the shortcut sheet show."""

import re
from dataclasses import dataclass

from PySide6.QtGui import QAction, QKeySequence

from workbench.ui.actions import ActionRegistry


@dataclass(frozen=True, slots=True)
class Command:
    """An action in words: its title and menu without mnemonics, its keys as this platform writes them."""

    action: QAction
    title: str
    menu: str
    keys: str


def commands(actions: ActionRegistry) -> tuple[Command, ...]:
    """Every action, enabled or not, in the table's order."""
    return tuple(
        Command(
            action,
            without_mnemonic(action.text()),
            without_mnemonic(menu),
            action.shortcut().toString(QKeySequence.SequenceFormat.NativeText),
        )
        for menu, entries in actions.menus().items()
        for action in entries
    )


def without_mnemonic(text: str) -> str:
    """The text without the mark of its access key: "&File" and "ファイル(&F)" lose it, "&&" is a real "&"."""
    return re.sub(r"\(&\w\)|&(.)", r"\1", text)
