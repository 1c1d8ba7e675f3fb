"""The status line of a view, and texts in it."""

from PySide6.QtWidgets import QLabel

from workbench.core.messages import _, ngettext
from workbench.ui.kit.text import tool_tip


def show_status(label: QLabel, text: str, *, danger: bool = False) -> None:
    """Puts a text into a label; `danger` shows it as an error."""
    label.setText(text)
    label.setToolTip(tool_tip(text))
    label.setProperty("role", "danger" if danger else "muted")
    label.style().unpolish(label)
    label.style().polish(label)


def invocations_text(count: int, lines: int) -> str:
    """How many invocations there are; of none, how many lines all the same."""
    if not count and lines:
        words = ngettext("{count:,} line", "{count:,} lines", lines).format(count=lines)
        return _("{words} without an invocation").format(words=words)
    return ngettext("{count:,} invocation", "{count:,} invocations", count).format(count=count)
