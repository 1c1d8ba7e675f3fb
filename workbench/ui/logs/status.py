"""The status line of a view, and texts in it."""

from PySide6.QtCore import QCoreApplication
from PySide6.QtWidgets import QLabel

from workbench.ui.kit.text import tool_tip

translate = QCoreApplication.translate


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
        one, many = translate("Logs", "1 line"), translate("Logs", "%1 lines")
        words = one if lines == 1 else many.replace("%1", f"{lines:,}")
        return translate("Logs", "%1 without an invocation").replace("%1", words)
    one, many = translate("Logs", "1 invocation"), translate("Logs", "%1 invocations")
    return one if count == 1 else many.replace("%1", f"{count:,}")
